"""Detects a change of the wall clock, so that no wait ends too early because of it.

Instants in the store come from the wall clock, the only clock that processes and restarts share.
After a jump forward, a quiet period or a lease would seem to be over at once; after a jump back, a
short wait would last for hours. A change is therefore recorded, and every wait starts again.
"""

import socket
import threading
from datetime import datetime, timedelta

from clerkwork import clock
from clerkwork.store.database import Store
from clerkwork.store.instants import Milestone, reach, reached
from clerkwork.store.items import repairs
from clerkwork.store.runs import workers

MOST_DRIFT = timedelta(seconds=2)


class ClockGuard:
    """Compares the wall clock with the monotonic clock, which nobody can set."""

    def __init__(self, store: Store) -> None:
        """Prepare the guard; the first ``check`` takes the values to compare with."""
        self._store = store
        self._lock = threading.Lock()
        self._booted: datetime | None = None

    def check(self) -> datetime:
        """Record a change of the wall clock; return when this host started, by the wall clock.

        The first check of a process compares with the value that the last worker of this host
        recorded, so a change made while no process ran is detected too. A restart of the host
        looks like a change.
        """
        now = clock.now()
        booted = now - clock.monotonic()
        with self._lock:
            known, self._booted = self._booted or self._seen_last(), booted
        if known is not None and abs(booted - known) > MOST_DRIFT:
            with self._store.write() as db:
                reach(db, Milestone.CLOCK_SET, now=now)
                repairs.bring_forward(db, now=now)
        return booted

    def last_set(self) -> datetime | None:
        """Return the instant of the last change, or None.

        A recorded instant in the future means that the clock was ahead and has been set back since.
        """
        self.check()
        now = clock.now()
        with self._store.read() as db:
            last = reached(db, Milestone.CLOCK_SET)
        if last is None or last <= now:
            return last
        with self._store.write() as db:
            reach(db, Milestone.CLOCK_SET, now=now)
            repairs.bring_forward(db, now=now)
        return now

    def set_within(self, period: timedelta) -> bool:
        """Return whether the clock was set less than *period* ago."""
        last = self.last_set()
        return last is not None and clock.now() - period < last

    def _seen_last(self) -> datetime | None:
        with self._store.read() as db:
            return workers.last_booted(db, socket.gethostname())
