"""Dates as they are written: every common order, and all that the same signs can mean.

Nothing is decided here: a date of figures whose day and month may be swapped comes with both days,
the day first. Another date in the same document may show the order; see :func:`order_shown`.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import yaml

from clerkwork.documents.values.numerals import CHINESE_DIGITS, chinese_integer, normal

_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
MONTHS = {name: number for number, names in enumerate(_WORDS["months"], start=1) for name in names}
EARLIEST, LATEST = 1990, 2100
_MONTH = f"({'|'.join(sorted(MONTHS, key=len, reverse=True))})"
_BETWEEN = rf"[\s.,/'’-]*(?:(?:{'|'.join(_WORDS['between'])})\b[\s.]*)?"
_YEAR = r"((?:19|20)\d\d|\d\d(?!\d))"
_DAY = r"(?<!\d)(\d{1,2})(?:st|nd|rd|th|er|\.)?"
_CENTURY = r"((?:19|20)\d\d)"
_CHINESE = "[〇零一二三四五六七八九十]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """One date in a text.

    Attributes:
        start: Where it begins in the text.
        end: Where it ends.
        options: The days it can mean, the likeliest first, never empty.
        weak: Whether the same signs are as often no date at all, such as eight digits in a row.
    """

    start: int
    end: int
    options: tuple[date, ...]
    weak: bool = False


Parts = list[tuple[str | int, str | int, str | int]]


def _figures(match: re.Match[str]) -> Parts:
    first, sign, second, year = match.groups()
    if sign == ".":  # a point is never written month first
        return [(year, second, first)]
    return [(year, second, first), (year, first, second)]


def _short_year_first(match: re.Match[str]) -> Parts:
    year, _, month, day = match.groups()
    return [(year, month, day)]


def _chinese(match: re.Match[str]) -> Parts:
    year = "".join(str(CHINESE_DIGITS[char]) for char in match[1])
    return [(year, chinese_integer(match[2]) or 0, chinese_integer(match[3]) or 0)]


def _compact(match: re.Match[str]) -> Parts:
    text = match[0]
    year_first: Parts = [(text[:4], text[4:6], text[6:])]
    year_last: Parts = [(text[4:], text[2:4], text[:2]), (text[4:], text[:2], text[2:4])]
    return [*year_first, *year_last]


_FORMS: list[tuple[re.Pattern[str], Callable[[re.Match[str]], Parts]]] = [
    (
        re.compile(
            rf"(?<!\d){_CENTURY}\s?[-/.年]\s?(\d{{1,2}})\s?[-/.月]\s?(\d{{1,2}})(?!\d)\s?日?"
        ),
        lambda match: [(match[1], match[2], match[3])],
    ),
    (
        re.compile(rf"(?<![\d/.-])(\d{{1,2}})\s?([-/.])\s?(\d{{1,2}})\s?\2\s?{_YEAR}(?![/-]\d)"),
        _figures,
    ),
    (
        re.compile(rf"{_DAY}{_BETWEEN}{_MONTH}[a-z]*{_BETWEEN}{_YEAR}"),
        lambda match: [(match[3], MONTHS[match[2]], match[1])],
    ),
    (
        re.compile(rf"\b{_MONTH}[a-z]*{_BETWEEN}{_DAY}(?!\d){_BETWEEN}{_YEAR}"),
        lambda match: [(match[3], MONTHS[match[1]], match[2])],
    ),
    (
        re.compile(rf"(?<!\d){_CENTURY}{_BETWEEN}{_MONTH}[a-z]*{_BETWEEN}(\d{{1,2}})(?!\d)"),
        lambda match: [(match[1], MONTHS[match[2]], match[3])],
    ),
    (
        re.compile(rf"({_CHINESE}{{4}})年({_CHINESE}{{1,3}})月({_CHINESE}{{1,3}})日"),
        _chinese,
    ),
    (
        re.compile(r"(?<![\d/.-])(\d\d)([-/])(\d\d)\2(\d\d)(?![/\d])"),
        _short_year_first,
    ),
    (re.compile(r"(?<![\d.,/-])\d{8}(?!\d|[.,]\d|-)"), _compact),
]
_COMPACT = len(_FORMS) - 1


def dates_in(text: str, order: str = "") -> list[Written]:
    """Return the dates in *text*, from the left.

    Args:
        text: As printed on the page.
        order: ``dmy`` or ``mdy`` where the order of dates in digits is known, else empty.
    """
    plain = text.lower()
    taken: list[Written] = []
    for number, (form, meant) in enumerate(_FORMS):
        for match in form.finditer(plain):
            if any(match.start() < other.end and other.start < match.end() for other in taken):
                continue
            options = tuple(_days(meant(match), order))
            if options:
                span = {"start": match.start(), "end": match.end()}
                taken.append(Written(**span, options=options, weak=number == _COMPACT))
    return sorted(taken, key=lambda one: one.start)


def parse_dates(text: str, order: str = "") -> list[date]:
    """Return the dates *text* as a whole can mean: two when day and month may be swapped."""
    plain = normal(text).strip(" .,;:")
    for written in dates_in(plain, order):
        if written.start == 0 and written.end == len(plain) and not written.weak:
            return list(written.options)
    return []


def order_shown(texts: Iterable[str]) -> str:
    """Return ``dmy`` or ``mdy`` when dates in digits in *texts* show the order of all.

    A day above twelve shows it; it is empty when none does, or when they show both.
    """
    shown = set()
    for text in texts:
        for match in _FORMS[1][0].finditer(text.lower()):
            first, second = int(match[1]), int(match[3])
            if first != second and max(first, second) > 12 and _days(_figures(match), ""):
                shown.add("dmy" if first > 12 else "mdy")
    return shown.pop() if len(shown) == 1 else ""


def _days(parts: Parts, order: str) -> Iterator[date]:
    """Yield the days that exist, each once; with a known *order* only the one it means."""
    found: list[date] = []
    for year, month, day in parts:
        whole = int(year) if len(str(year)) == 4 else 2000 + int(year)
        try:
            candidate = date(whole, int(month), int(day))
        except ValueError:
            continue
        if candidate not in found and EARLIEST <= candidate.year <= LATEST:
            found.append(candidate)
    if len(found) > 1 and order == "mdy":
        found = found[1:2]
    elif len(found) > 1 and order:
        found = found[:1]
    yield from found
