"""Times on the wall and the instants they mean, on the two odd days of the year too.

When the clocks are set forward, some local times do not exist: what is due then runs once, at the
next time that exists. When they are set back, some come twice: what is due then runs the first
time only, unless it is due every hour.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """An instant at which a local time is due.

    Attributes:
        instant: The instant, in UTC.
        note: What is odd about it, or an empty string.
    """

    instant: datetime
    note: str = ""


def moments(
    day: date, minutes: tuple[int, ...], zone: ZoneInfo, *, every_hour: bool = False
) -> list[Moment]:
    """Return the instants at which *day* shows these minutes of the day, in order, each once.

    Args:
        day: The local day.
        minutes: Minutes from midnight.
        zone: The time zone.
        every_hour: Whether the hour does not matter: then a time that comes twice is due twice, and
            one that does not exist is due not at all.
    """
    found: dict[datetime, Moment] = {}
    for minute in minutes:
        local = datetime.combine(day, time(minute // 60, minute % 60))
        for moment in _meant(local, zone, every_hour=every_hour):
            found.setdefault(moment.instant, moment)
    return [found[instant] for instant in sorted(found)]


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the instant in UTC at which *day* begins in *zone*."""
    return moments(day, (0,), zone)[0].instant


def _meant(local: datetime, zone: ZoneInfo, *, every_hour: bool) -> list[Moment]:
    first = local.replace(tzinfo=zone).astimezone(UTC)
    second = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first == second:
        return [Moment(instant=first)]
    if first < second:
        if every_hour:
            return [Moment(instant=first), Moment(instant=second)]
        return [Moment(instant=first, note=f"{local:%H:%M} comes twice; runs the first time")]
    if every_hour:
        return []
    instant = _end_of_gap(second, first, zone)
    shown = instant.astimezone(zone)
    return [Moment(instant=instant, note=f"{local:%H:%M} does not exist; runs at {shown:%H:%M}")]


def _end_of_gap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """Return the first instant with the offset of *after*; both are in UTC."""
    offset = after.astimezone(zone).utcoffset()
    while after - before > MINUTE:
        middle = before + (after - before) // 2
        if middle.astimezone(zone).utcoffset() == offset:
            after = middle
        else:
            before = middle
    return after.replace(second=0, microsecond=0)
