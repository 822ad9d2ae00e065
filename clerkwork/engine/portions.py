"""Splits changes of many items into short transactions, so that other writers do not wait long.

SQLite has one writer at a time, and a waiting process checks every 100 ms whether it may write. A
longer pause after each transaction gives it a chance to start before the next transaction does.
"""

import threading
from datetime import timedelta

from clerkwork import clock
from clerkwork.store.database import Store

LONGEST = timedelta(milliseconds=250)
PAUSE = timedelta(milliseconds=110)
_NEVER = threading.Event()


class Portion:
    """The time budget of one transaction."""

    def __init__(self) -> None:
        """Start the budget; create the object right after the transaction begins."""
        self._end = clock.monotonic() + LONGEST

    def is_over(self) -> bool:
        """Return whether the transaction should end now."""
        return clock.monotonic() >= self._end


def give_way(store: Store) -> None:
    """Pause so that other processes can write; PostgreSQL needs no pause."""
    if store.engine.dialect.name != "postgresql":
        _NEVER.wait(PAUSE.total_seconds())
