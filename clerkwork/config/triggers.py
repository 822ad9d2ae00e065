"""The instants at which a workflow's schedule is due, for the check of files and for the clock."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from apscheduler.triggers.cron import CronTrigger

from clerkwork import clock
from clerkwork.model.workflows import Schedule

DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat", "sun")
FIRST_WINDOW = timedelta(minutes=1)
LONGEST_WINDOW = timedelta(days=3660)


class Due:
    """When a schedule is due: the same instants in every process that asks."""

    def __init__(self, schedule: Schedule) -> None:
        """Prepare *schedule*.

        Raises:
            ValueError: The cron expression or the time zone is not understood; says why.
        """
        self._every_ms = max(1, round((schedule.every_s or 0) * 1000))
        self._cron = _cron(schedule) if schedule.cron is not None else None

    @property
    def every(self) -> timedelta | None:
        """Return the interval between two instants, or None for a cron expression."""
        return timedelta(milliseconds=self._every_ms) if self._cron is None else None

    def following(self, after: datetime) -> datetime | None:
        """Return the first due instant later than *after*, or None if there is none any more.

        Intervals are counted from 1970-01-01 UTC and not from the start of a process, so that two
        processes plan the same instants.
        """
        if self._cron is None:
            return clock.from_ms((clock.to_ms(after) // self._every_ms + 1) * self._every_ms)
        found = self._cron.get_next_fire_time(None, after + timedelta(microseconds=1))
        return None if found is None else clock.from_ms(clock.to_ms(found))

    def latest(self, *, after: datetime, until: datetime) -> datetime | None:
        """Return the last due instant later than *after* and not later than *until*, or None."""
        if self._cron is None:
            found = clock.from_ms(clock.to_ms(until) // self._every_ms * self._every_ms)
            return found if found > after else None
        window = FIRST_WINDOW
        while window < LONGEST_WINDOW:  # backwards in growing steps: a gap may be years long
            start = max(after, until - window)
            due = list(self.between(start, until + timedelta(microseconds=1)))
            if due or start == after:
                return due[-1] if due else None
            window *= 4
        return None

    def between(self, after: datetime, before: datetime) -> Iterator[datetime]:
        """Yield the due instants later than *after* and earlier than *before*, in order."""
        instant = self.following(after)
        while instant is not None and instant < before:
            yield instant
            instant = self.following(instant)


def _cron(schedule: Schedule) -> CronTrigger:
    fields = str(schedule.cron).split()
    if len(fields) != 5:
        raise ValueError(
            f"`cron` has {len(fields)} fields; write five: minute hour day month weekday"
        )
    try:
        zone = ZoneInfo(schedule.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"the time zone {schedule.timezone!r} is not known; write one such as Asia/Shanghai"
        ) from None
    minute, hour, day, month, weekday = fields
    return CronTrigger(
        minute=minute,
        hour=hour,
        day=day,
        month=month,
        day_of_week=_named_days(weekday),
        timezone=zone,
    )


def _named_days(field: str) -> str:
    """Return a weekday field with names for numbers: cron counts from Sunday, the library does not.

    Ranges with numbers and steps are spelled out day by day.
    """
    parts = []
    for part in field.lower().split(","):
        span, slash, step = part.partition("/")
        if re.fullmatch(r"[0-7]", span):
            span = DAYS[int(span)]
        elif match := re.fullmatch(r"([0-7])-([0-7])", "0-6" if slash and span == "*" else span):
            days = DAYS[int(match[1]) : int(match[2]) + 1]
            span, slash, step = ",".join(days[:: int(step or 1)]), "", ""
        parts.append(span + slash + step)
    return ",".join(parts)
