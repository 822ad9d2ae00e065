"""Converts local times to instants, with rules for the two clock changes of a year.

When clocks are set forward, some local times do not exist: a run due at such a time runs once, at
the next existing time. When clocks are set back, some local times occur twice: a run due at such a
time runs at the first one only, unless it is due every hour.
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
        note: How a clock change affects it, or an empty string.
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
        every_hour: Whether the schedule is due every hour: then a time that occurs twice is due
            twice, and a time that does not exist is not due.
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
