"""Changes of many items in short transactions, so that no other writer waits long for the store.

SQLite has one writer at a time, and another process looks every 100 ms whether it may write: after
each transaction there is a pause that is longer, or it would come upon the next one every time.
"""

import threading
from datetime import timedelta

from clerkwork import clock
from clerkwork.store.database import Store

LONGEST = timedelta(milliseconds=250)
PAUSE = timedelta(milliseconds=110)
_NEVER = threading.Event()


class Portion:
    """One transaction's share of the work, by time."""

    def __init__(self) -> None:
        """Begin; to be made when the transaction has begun."""
        self._end = clock.monotonic() + LONGEST

    def is_over(self) -> bool:
        """Tell whether the transaction should end now."""
        return clock.monotonic() >= self._end


def give_way(store: Store) -> None:
    """Let other processes write before the next portion; PostgreSQL has many writers at a time."""
    if store.engine.dialect.name != "postgresql":
        _NEVER.wait(PAUSE.total_seconds())
