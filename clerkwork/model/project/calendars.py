"""Business calendars: workdays, working hours and deadlines.

A day is a workday if it is a make-up workday, or if its day of the week is worked and it is not a
holiday. This module is pure; ``config.files.calendars`` reads the files.
"""

import calendar as months
import itertools
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from clerkwork.model.strict import Name, Strict

WEEK = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = timedelta(days=1)
FARTHEST = timedelta(days=3660)
LAST_MINUTE = 24 * 60


def minutes_of(text: str) -> tuple[int, int]:
    """Return start and end of hours such as ``09:00-12:30`` in minutes from midnight.

    Raises:
        ValueError: The text has another form, or the hours end before they begin.
    """
    begin, dash, end = text.partition("-")
    first, last = minute_of(begin), LAST_MINUTE if end == "24:00" else minute_of(end)
    if not dash or first >= last:
        raise ValueError("write hours such as `09:00-12:30`, the earlier time first")
    return first, last


def minute_of(text: str) -> int:
    """Return a time such as ``09:30`` as minutes from midnight.

    Raises:
        ValueError: The text has another form.
    """
    hour, _, minute = text.partition(":")
    right = len(hour) == len(minute) == 2 and (hour + minute).isascii()
    if not (right and hour.isdigit() and minute.isdigit() and int(hour) < 24 and int(minute) < 60):
        raise ValueError('write a time of day in quotes, such as "09:30"')
    return int(hour) * 60 + int(minute)


def _time_of_day(text: str) -> str:
    minute_of(text)
    return text


TimeOfDay = Annotated[str, AfterValidator(_time_of_day)]


def _in_order(hours: list[str]) -> list[str]:
    spans = [minutes_of(text) for text in hours]
    if any(before[1] > after[0] for before, after in itertools.pairwise(spans)):
        raise ValueError("the hours overlap or are not in order; write the earlier ones first")
    return hours


Hours = Annotated[list[str], Field(min_length=1), AfterValidator(_in_order)]


class Holiday(Strict):
    """A holiday of one or several days."""

    day: date = Field(description="The day, or the first of several, such as `2026-10-01`.")
    last: date | None = Field(None, description="The last of several days, inclusive.")
    name: str = Field(min_length=1, description="Its name, shown in reasons.")

    def days(self) -> list[date]:
        """Return all its days."""
        return [
            self.day + DAY * step for step in range(((self.last or self.day) - self.day).days + 1)
        ]

    @model_validator(mode="after")
    def _forward(self) -> "Holiday":
        if self.last is not None and not self.day <= self.last <= self.day + timedelta(days=60):
            raise ValueError("`last` must be at most 60 days after `day`, and not before it")
        return self


class Workday(Strict):
    """A workday on a day of the week that is normally off, such as a Chinese make-up workday."""

    day: date = Field(description="The day.")
    name: str = Field(min_length=1, description="The holiday that it makes up for.")


class HalfDay(Strict):
    """A workday with special hours."""

    day: date = Field(description="The day.")
    hours: Hours = Field(description="Its hours, such as `[09:00-12:00]`.")
    name: str = Field(min_length=1, description="Its name.")


class Year(Strict):
    """The holidays and special workdays of one year."""

    year: int = Field(ge=1970, le=2200, description="The year.")
    source: str = Field(min_length=1, description="Publisher of the dates, and where to find them.")
    provisional: bool = Field(
        False, description="Whether the final dates are not published yet; previews show this."
    )
    holidays: list[Holiday] = Field(default_factory=list, description="Days off.")
    workdays: list[Workday] = Field(
        default_factory=list, description="Workdays on days of the week that are normally off."
    )
    half_days: list[HalfDay] = Field(
        default_factory=list, description="Workdays with special hours."
    )

    @model_validator(mode="after")
    def _consistent(self) -> "Year":
        off = {day for holiday in self.holidays for day in holiday.days()}
        worked = [plus.day for plus in self.workdays] + [half.day for half in self.half_days]
        for day in sorted({*off, *worked}):
            if day.year != self.year:
                raise ValueError(f"{day} is not in {self.year}; move it to its own year")
        if both := sorted(off.intersection(worked)):
            raise ValueError(f"{both[0]} is a holiday and a worked day; remove one of them")
        return self


class Calendar(Strict):
    """The workdays and working hours of a place or company."""

    name: Name = Field(description="Unique name, the same as the file's.")
    title: str = Field(description="Title in English.")
    title_zh: str = Field("", description="Title in Chinese.")
    timezone: str = Field("UTC", description="IANA time zone of `hours`, such as `Asia/Shanghai`.")
    week: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default=["mon", "tue", "wed", "thu", "fri"],
        min_length=1,
        description="Days of the week that are workdays.",
    )
    hours: Hours = Field(default=["09:00-17:00"], description="Hours of a workday, in order.")
    years: list[Year] = Field(
        default_factory=list, description="Holidays and special workdays, by year."
    )

    _off: dict[date, str] = PrivateAttr(default_factory=dict)
    _worked: dict[date, str] = PrivateAttr(default_factory=dict)
    _half: dict[date, HalfDay] = PrivateAttr(default_factory=dict)
    _years: dict[int, Year] = PrivateAttr(default_factory=dict)

    @model_validator(mode="after")
    def _right(self) -> "Calendar":
        zone_of(self.timezone)
        numbers = [year.year for year in self.years]
        if twice := [number for number in numbers if numbers.count(number) > 1]:
            raise ValueError(f"the year {twice[0]} occurs twice; merge the two entries")
        return self

    def model_post_init(self, _context: Any, /) -> None:
        """Index the special days by date."""
        self._years.update({year.year: year for year in self.years})
        for year in self.years:
            for holiday in year.holidays:
                self._off.update(dict.fromkeys(holiday.days(), holiday.name))
            self._worked.update({special.day: special.name for special in year.workdays})
            self._half.update({special.day: special for special in year.half_days})

    def covers(self, year: int) -> bool:
        """Return whether the calendar knows the holidays of *year*."""
        return year in self._years

    def is_provisional(self, year: int) -> bool:
        """Return whether the dates of *year* may still change, or are not known at all."""
        return not self.covers(year) or self._years[year].provisional

    def is_workday(self, day: date) -> bool:
        """Return whether *day* is a workday or a half day."""
        if day in self._worked or day in self._half:
            return True
        return day not in self._off and WEEK[day.weekday()] in self.week

    def why(self, day: date) -> str:
        """Return the name of a special *day* or of a weekday that is off; else an empty string."""
        named = self._worked.get(day) or self._off.get(day)
        if named is None and day in self._half:
            named = self._half[day].name
        return named or ("" if self.is_workday(day) else f"{day:%A}")

    def workday_from(self, day: date) -> date:
        """Return *day* if it is a workday, else the first workday after it.

        Raises:
            ValueError: The next ten years have no workday.
        """
        return self._seek(day, DAY)

    def workday_until(self, day: date) -> date:
        """Return *day* if it is a workday, else the last workday before it.

        Raises:
            ValueError: The ten years before have no workday.
        """
        return self._seek(day, -DAY)

    def next_workday(self, day: date) -> date:
        """Return the first workday after *day*."""
        return self._seek(day + DAY, DAY)

    def previous_workday(self, day: date) -> date:
        """Return the last workday before *day*."""
        return self._seek(day - DAY, -DAY)

    def nth_workday(self, year: int, month: int, number: int) -> date | None:
        """Return the *number*-th workday of a month, or None if it has fewer.

        Args:
            year: The year.
            month: The month, from 1.
            number: From 1; negative counts from the end of the month.

        Raises:
            ValueError: *number* is 0.
        """
        if number == 0:
            raise ValueError("there is no business day 0; write 1 for the first, -1 for the last")
        days = [date(year, month, day + 1) for day in range(months.monthrange(year, month)[1])]
        worked = [day for day in days if self.is_workday(day)]
        position = number - 1 if number > 0 else number
        return worked[position] if -len(worked) <= position < len(worked) else None

    def spans(self, day: date) -> list[tuple[datetime, datetime]]:
        """Return start and end of the working hours of *day* in UTC; none on a day off."""
        if not self.is_workday(day):
            return []
        hours = self._half[day].hours if day in self._half else self.hours
        zone = zone_of(self.timezone)
        return [
            (_at(day, first, zone), _at(day, last, zone)) for first, last in map(minutes_of, hours)
        ]

    def _seek(self, day: date, step: timedelta) -> date:
        last = day + step * FARTHEST.days
        while day != last:
            if self.is_workday(day):
                return day
            day += step
        raise ValueError(f"the calendar {self.name} has no workday near {last}")


def business_deadline(start: datetime, duration: timedelta, calendar: Calendar) -> datetime:
    """Return the instant at which *duration* of working time has passed since *start*.

    Time outside working hours does not count. A deadline can be the last instant of the working
    hours. With a duration of zero it is *start*, or the next start of working hours.

    Raises:
        ValueError: *duration* is negative, or the calendar has too little working time.
    """
    if duration < timedelta():
        raise ValueError("a deadline cannot be before its start")
    day = start.astimezone(zone_of(calendar.timezone)).date()
    last = day + FARTHEST
    left = duration
    while day <= last:
        for opening, closing in calendar.spans(day):
            begin = max(opening, start)
            if begin < closing and left <= closing - begin:
                return begin + left
            left -= max(closing - begin, timedelta())
        day += DAY
    raise ValueError(
        f"the calendar {calendar.name} has less than {duration} of working time in ten years"
    )


def zone_of(name: str) -> ZoneInfo:
    """Return the time zone with this *name*.

    Raises:
        ValueError: The time zone is not known.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            f"the time zone {name!r} is not known; write one such as Asia/Shanghai"
        ) from None


def _at(day: date, minute: int, zone: ZoneInfo) -> datetime:
    whole = day + DAY if minute == LAST_MINUTE else day
    local = time(minute % LAST_MINUTE // 60, minute % 60)
    return datetime.combine(whole, local, zone).astimezone(UTC)
