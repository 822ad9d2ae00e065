"""Five-field cron expressions with the meaning of crontab.

Our own parser, because libraries differ in two rules: weekdays are counted from Sunday, and a
schedule with a day of the month *and* a day of the week is due on either.
"""

from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("weekday", 0, 7, DAYS),
)
SOME_LEAP_YEAR = date(2024, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """A parsed cron expression.

    Attributes:
        minutes: The due minutes of a matching day, from 0 and in order.
        every_hour: Whether the hour field is ``*``: then a clock change does not shift the runs.
        either: Whether a day matches if its day of the month or of the week matches; if not, both
            must match.
    """

    minutes: tuple[int, ...]
    every_hour: bool
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def matches(self, day: date) -> bool:
        """Return whether the expression is due on *day*."""
        of_month = day.day in self.days
        of_week = day.isoweekday() % 7 in self.weekdays
        right = (of_month or of_week) if self.either else (of_month and of_week)
        return right and day.month in self.months


def parse_cron(text: str) -> Cron:
    """Parse the expression *text*.

    Raises:
        ValueError: The expression is invalid, or no day ever matches; says why.
    """
    fields = text.lower().split()
    if len(fields) != 5:
        raise ValueError(
            f"`cron` has {len(fields)} fields; write five: minute hour day month weekday"
        )
    minute, hour, day, month, weekday = (
        _values(field, *kind) for field, kind in zip(fields, FIELDS, strict=True)
    )
    cron = Cron(
        minutes=tuple(60 * at + past for at in sorted(hour) for past in sorted(minute)),
        every_hour=fields[1] == "*",
        days=day,
        months=month,
        weekdays=frozenset(number % 7 for number in weekday),
        either=not (fields[2].startswith("*") or fields[4].startswith("*")),
    )
    if not any(cron.matches(SOME_LEAP_YEAR + timedelta(days=step)) for step in range(366 * 28)):
        raise ValueError(f"`cron`: day {fields[2]} of month {fields[3]} does not exist; correct it")
    return cron


def _values(field: str, name: str, low: int, high: int, names: tuple[str, ...]) -> frozenset[int]:
    found: set[int] = set()
    for part in field.split(","):
        span, slash, every = part.partition("/")
        first, dash, last = span.partition("-")
        if slash and not (every.isdecimal() and int(every) > 0 and (dash or span == "*")):
            raise ValueError(f"`cron`: {part!r} is not a step; write `*/5` or `8-18/2`")
        begin = low if span == "*" else _number(first, name, low, high, names)
        end = _number(last, name, low, high, names) if dash else begin
        end = min(high, 6 if name == "weekday" else high) if span == "*" else end
        if begin > end:
            raise ValueError(
                f"`cron`: {part!r} ends before it begins; write two parts with a comma"
            )
        found.update(range(begin, end + 1, int(every or 1)))
    return frozenset(found)


def _number(text: str, name: str, low: int, high: int, names: tuple[str, ...]) -> int:
    if text in names:
        return names.index(text) + low
    if text.isdecimal() and low <= int(text) <= high:
        return int(text)
    known = f" or {names[0]} to {names[-1]}" if names else ""
    raise ValueError(f"`cron`: {text!r} is not a {name}; write {low} to {high}{known}")
