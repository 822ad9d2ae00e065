"""Addresses with a filter: every figure links to the list of exactly its items."""

from dataclasses import fields
from datetime import UTC, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import Request
from pydantic import Field, TypeAdapter, ValidationError

from clerkwork.store.items.items import Filter

TRUTH = {"yes": True, "no": False}
Number = Annotated[int, Field(ge=0, lt=2**63)]  # the range of row numbers in a database
_NUMBER: TypeAdapter[int] = TypeAdapter(Number)


def items_url(wanted: Filter, **more: object) -> str:
    """Return the address of the list of the items that match *wanted*."""
    query = {
        field.name: _text(value)
        for field in fields(wanted)
        if (value := getattr(wanted, field.name)) is not None
    }
    query |= {name: str(value) for name, value in more.items() if value is not None}
    return f"/items?{urlencode(query)}" if query else "/items"


def filter_of(request: Request) -> Filter:
    """Return the filter in the address of *request*; unreadable parts are ignored."""
    query = request.query_params
    plain = ("workflow", "state", "outcome", "code", "text")
    found: dict[str, Any] = {name: query.get(name, "").strip()[:200] or None for name in plain}
    for name in ("touched", "healed"):
        found[name] = TRUTH.get(query.get(name, ""))
    found["since"] = _instant(query.get("since", ""))
    found["until"] = _instant(query.get("until", ""))
    return Filter(**found)


def with_query(request: Request, **changes: str) -> str:
    """Return the path and query of *request* with some parameters changed."""
    changed = request.url.include_query_params(**changes)
    return f"{changed.path}?{changed.query}"


def number_of(request: Request, name: str) -> int | None:
    """Return a whole number from the address of *request*, or None."""
    return number_in(request.query_params.get(name, ""))


def number_in(text: str) -> int | None:
    """Return *text* as the number of a row, or None where no row can have it."""
    try:
        return _NUMBER.validate_python(text)
    except ValidationError:
        return None


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    return str(value)


def _instant(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo else None
