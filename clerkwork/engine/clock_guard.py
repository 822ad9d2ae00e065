"""Notices that somebody set the wall clock, so that no wait is believed to be over that is not.

Instants in the store are of the wall clock, the only one that processes and restarts share. When it
jumps ahead, a quiet period or a lease would seem over in a moment; when it is set back, a short
wait would last for hours. Either is taken for an event of its own: from then on everything waits
once more.
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
    """Compares the wall clock with the one that nobody can set."""

    def __init__(self, store: Store) -> None:
        """Prepare the guard; what it compares with comes from the first ``check``."""
        self._store = store
        self._lock = threading.Lock()
        self._booted: datetime | None = None

    def check(self) -> datetime:
        """Note in the store when the clock was set; return when this host began to count its time.

        The first check of a process compares with what the last worker of this host saw, so that a
        step is noticed which no process lived through. A restart of the host looks like one.
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
        """Return when the clock was set last, by the clock as it is now, or None.

        An instant that is still to come was noted by a clock that was ahead: it was set back since.
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
