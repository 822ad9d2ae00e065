"""The instants at which a schedule is due, for the scheduler, previews and the check of files."""

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clerkwork import clock
from clerkwork.config.times.cron import parse_cron
from clerkwork.config.times.local_time import Moment, midnight, moments
from clerkwork.model.project.calendars import DAY, Calendar, minute_of, zone_of
from clerkwork.model.project.workflows import Schedule

MOST_DAYS = 3660
MOST_KEPT = 64
JUST = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class DueInstant:
    """A due instant, and whether something runs then.

    Attributes:
        instant: The instant.
        skipped: Why nothing runs at this instant, or an empty string. A skipped day has one such
            instant, the first of the day, which represents all of them.
        note: A remark on the run, such as the day from which it was moved, or an empty string.
    """

    instant: datetime
    skipped: str = ""
    note: str = ""


class Due:
    """Calculates when a schedule is due; every process gets the same instants."""

    def __init__(self, schedule: Schedule, calendars: Mapping[str, Calendar] | None = None) -> None:
        """Prepare *schedule*.

        Args:
            schedule: The schedule.
            calendars: The project's calendars by name.

        Raises:
            ValueError: The cron expression, the time zone or the calendar is invalid; says why.
        """
        self.zone = zone_of(schedule.timezone)
        self._schedule = schedule
        self._every_ms = max(1, round((schedule.every_s or 0) * 1000))
        self._cron = None if schedule.cron is None else parse_cron(schedule.cron)
        self._calendar = _named(schedule, calendars or {})
        self._roll = "run" if self._calendar is None else schedule.on_holiday
        times = () if self._cron is None else self._cron.minutes
        self._minutes = times if schedule.at is None else (minute_of(schedule.at),)
        self._kept: dict[date, list[Moment]] = {}

    @property
    def every(self) -> timedelta | None:
        """Return the interval between two instants, or None for times of day."""
        if self._schedule.every_s is None:
            return None
        return timedelta(milliseconds=self._every_ms)

    def following(self, after: datetime) -> datetime | None:
        """Return the first due instant later than *after*, or None if there are no more.

        Intervals are counted from 1970-01-01 UTC, not from the start of a process, so that all
        processes plan the same instants.
        """
        if self.every is not None:
            return self._interval(after)
        day = after.astimezone(self.zone).date()
        for _ in range(MOST_DAYS):
            instants = self._instants(day)
            position = bisect_right(instants, after)
            if position < len(instants):
                return instants[position]
            day += DAY
        return None

    def latest(self, *, after: datetime, until: datetime) -> datetime | None:
        """Return the last due instant later than *after* and not later than *until*, or None."""
        if self.every is not None:
            found = clock.from_ms(clock.to_ms(until) // self._every_ms * self._every_ms)
            found = min(found, self._first_if_off(found))
            return found if found > after else None
        day, first = until.astimezone(self.zone).date(), after.astimezone(self.zone).date()
        for _ in range(min(MOST_DAYS, (day - first).days + 1)):  # backwards: the gap may be long
            instants = self._instants(day)
            position = bisect_right(instants, until)
            if position:
                return instants[position - 1] if instants[position - 1] > after else None
            day -= DAY
        return None

    def between(self, after: datetime, before: datetime) -> Iterator[datetime]:
        """Yield the due instants later than *after* and earlier than *before*, in order."""
        instant = self.following(after)
        while instant is not None and instant < before:
            yield instant
            instant = self.following(instant)

    def next_run(self, after: datetime) -> datetime | None:
        """Return the first instant later than *after* at which something is run, or None."""
        instant = self.following(after)
        while instant is not None and self.look(instant).skipped:
            instant = self.following(instant)
        return instant

    def look(self, instant: datetime) -> DueInstant:
        """Return whether something runs at the due *instant*, and remarks on it."""
        day = instant.astimezone(self.zone).date()
        if self._roll == "skip" and self._is_off(day):
            return DueInstant(
                instant=instant, skipped=f"{day} is no workday: {self.reason_off(day)}"
            )
        notes = [f"moved from {origin}, {self.reason_off(origin)}" for origin in self.origins(day)]
        if self.every is None:
            notes += [one.note for one in self._moments(day) if one.instant == instant and one.note]
        return DueInstant(instant=instant, note="; ".join(notes))

    def origins(self, day: date) -> list[date]:
        """Return the days off whose runs are moved to *day*."""
        if self._roll not in {"forward", "back"} or self._is_off(day):
            return []
        step = -DAY if self._roll == "forward" else DAY
        found, origin = [], day + step
        while self._is_off(origin) and abs((origin - day).days) < MOST_DAYS:
            if self._matches(origin):
                found.append(origin)
            origin += step
        return sorted(found)

    def moved_to(self, day: date) -> date | None:
        """Return the day to which the runs of the day off *day* are moved, or None."""
        if self._calendar is None or not self._is_off(day) or not self._matches(day):
            return None
        if self._roll == "forward":
            return self._calendar.workday_from(day)
        return self._calendar.workday_until(day) if self._roll == "back" else None

    def reason_off(self, day: date) -> str:
        """Return why *day* is a day off in the schedule's calendar, or an empty string."""
        if self._calendar is None or not self._is_off(day):
            return ""
        return f"{self._calendar.why(day)} (calendar {self._calendar.name})"

    def is_provisional(self, day: date) -> bool:
        """Return whether the calendar's dates for the year of *day* may still change."""
        return self._calendar is not None and self._calendar.is_provisional(day.year)

    def _interval(self, after: datetime) -> datetime:
        while True:
            found = clock.from_ms((clock.to_ms(after) // self._every_ms + 1) * self._every_ms)
            if found <= self._first_if_off(found):
                return found
            day = found.astimezone(self.zone).date()
            after = midnight(day + DAY, self.zone) - JUST

    def _first_if_off(self, instant: datetime) -> datetime:
        """Return the first instant of the day if that day is skipped, else *instant* itself."""
        day = instant.astimezone(self.zone).date()
        if self._roll != "skip" or not self._is_off(day):
            return instant
        start = clock.to_ms(midnight(day, self.zone))
        return clock.from_ms(-(-start // self._every_ms) * self._every_ms)

    def _instants(self, day: date) -> list[datetime]:
        return [moment.instant for moment in self._moments(day)]

    def _moments(self, day: date) -> list[Moment]:
        if day not in self._kept:
            if len(self._kept) >= MOST_KEPT:
                self._kept.clear()
            self._kept[day] = self._find(day)
        return self._kept[day]

    def _find(self, day: date) -> list[Moment]:
        off = self._roll != "run" and self._is_off(day)
        matches = self._matches(day) and not (off and self._roll != "skip")
        if not (matches or self.origins(day)):
            return []
        every_hour = self._cron is not None and self._cron.every_hour
        found = moments(day, self._minutes, self.zone, every_hour=every_hour)
        return found[:1] if off else found

    def _matches(self, day: date) -> bool:
        if self._cron is not None:
            return self._cron.matches(day)
        number = self._schedule.nth_business_day
        if number is None or self._calendar is None:
            return False
        return self._calendar.nth_workday(day.year, day.month, number) == day

    def _is_off(self, day: date) -> bool:
        return self._calendar is not None and not self._calendar.is_workday(day)


def _named(schedule: Schedule, calendars: Mapping[str, Calendar]) -> Calendar | None:
    if schedule.calendar is None:
        return None
    if schedule.calendar not in calendars:
        known = ", ".join(sorted(calendars)) or "none"
        raise ValueError(f"there is no calendar {schedule.calendar!r}; known: {known}")
    return calendars[schedule.calendar]
