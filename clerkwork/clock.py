"""The one place that reads the time, so that tests can decide what time it is.

All instants in the toolkit are timezone-aware UTC ``datetime`` objects; all durations are
``timedelta`` objects. Numbers of milliseconds appear only in the store and at the edges, and then
say so by name.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present instant in UTC."""
    return datetime.now(UTC)


def monotonic() -> timedelta:
    """Return the time since an arbitrary start; setting the wall clock does not change it."""
    return timedelta(seconds=time.monotonic())


def to_ms(instant: datetime) -> int:
    """Return *instant* as whole milliseconds since 1970-01-01 UTC."""
    return round(instant.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """Return the instant that is *milliseconds* after 1970-01-01 UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def parsed(text: str) -> datetime:
    """Return the instant given by *text* in ISO 8601; without an offset it is in UTC.

    Raises:
        ValueError: It is not an instant.
    """
    given = datetime.fromisoformat(text)
    try:
        return given.replace(tzinfo=UTC) if given.tzinfo is None else given.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(text) from error
