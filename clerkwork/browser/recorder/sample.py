"""The sample: the item that was entered during the recording, and how a page shows its values."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

DAYS = ("%Y-%m-%d", "%m/%d/%Y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y年%m月%d日")


def parts_of(payload: Mapping[str, Any], before: str = "") -> dict[str, str]:
    """Return the values of *payload* as texts, by path, such as ``lines.0.code``."""
    found: dict[str, str] = {}
    for name, value in payload.items():
        found.update(_parts(f"{before}{name}", value))
    return found


def _parts(path: str, value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        yield from parts_of(value, f"{path}.").items()
    elif isinstance(value, list):
        for at, one in enumerate(value):
            yield from _parts(f"{path}.{at}", one)
    elif isinstance(value, bool):
        yield path, "yes" if value else "no"
    elif value is not None:
        yield path, str(value)


def differing_keys(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """Return the keys that only one of two samples has, regardless of their numbers of lines."""
    mine, others = _keys(first), _keys(second)
    return sorted(mine ^ others)


def _keys(payload: Mapping[str, Any]) -> set[str]:
    """Return all paths in *payload*, without the numbers of lines."""
    return {
        ".".join(word for word in path.split(".") if not word.isdigit())
        for name, value in payload.items()
        for path in (dict(_parts(name, value)) or [name])
    }


def shows_value(shown: str, value: str) -> bool:
    """Return whether the text *shown* means *value*, in any number or date notation."""
    one, other = " ".join(shown.split()), " ".join(value.split())
    if one == other:
        return True
    numbers = _number(one), _number(other)
    if None not in numbers:
        return numbers[0] == numbers[1]
    return day_format(one, other) != ""


def day_format(shown: str, value: str) -> str:
    """Return the date format in which *shown* is the ISO day *value*, or an empty text."""
    try:
        day = date.fromisoformat(value)
    except ValueError:
        return ""
    return next((form for form in DAYS if _day(shown, form) == day), "")


def _day(text: str, form: str) -> date | None:
    try:
        return datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", ""))
    except InvalidOperation:
        return None
