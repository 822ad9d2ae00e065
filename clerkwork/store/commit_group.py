"""Joins commits of threads that write at the same time, so that they wait for the disk once.

SQLite has one writer at a time, and a commit waits for the disk. When other threads of the process
wait to write, a finished thread does not commit: it passes the open transaction on, and the last
thread commits for all. Every thread continues only after that commit, so the promise of durability
holds. Each thread's part is a savepoint: an error rolls back only that part. If the joint commit
fails, it fails for every thread.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pysqlite3 import dbapi2

from clerkwork import clock

PART = "part_of_group"
LONGEST = timedelta(milliseconds=25)  # an older group accepts no more parts: its first one waits
LOOK_S = 0.05  # how often a waiting thread checks whether the next thread gave up


class Group:
    """One transaction with the parts of several threads.

    Attributes:
        lead: The connection of the transaction.
        parts: Number of threads that took part so far.
        began: When it began, on the monotonic clock.
        ended: Set when it was committed or given up.
        error: Why it was not committed, or None.
    """

    def __init__(self, lead: dbapi2.Connection) -> None:
        self.lead = lead
        self.parts = 0
        self.began = clock.monotonic()
        self.ended = threading.Event()
        self.error: str | None = None

    def end(self) -> None:
        """Commit, or record the error."""
        try:
            self.lead.execute("COMMIT")  # also fails when a full disk has rolled everything back
        except dbapi2.Error as error:
            self.error = str(error)
            if self.lead.in_transaction:
                self.lead.execute("ROLLBACK")
        finally:
            self.ended.set()

    def insist(self) -> None:
        """Check that the transaction was committed.

        Raises:
            dbapi2.OperationalError: It was not committed.
        """
        if self.error is not None:
            raise dbapi2.OperationalError(self.error)


class Turns:
    """Decides which thread of the process writes, and with which threads it commits.

    Attributes:
        waiting: Number of threads that wait to write.
        committed: Called after each commit; its error becomes that of the commit.
    """

    def __init__(self, longest: timedelta = LONGEST) -> None:
        self.waiting = 0
        self.committed: Callable[[], None] = lambda: None
        self._longest = longest
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._open: Group | None = None  # only used by the thread that may write

    def begin(self, connection: "Connection", patience_s: float) -> None:
        """Wait for the turn to write, and begin a part of the open group or a new group.

        When the patience ends, *connection* begins alone and waits for SQLite's own lock.
        """
        with self._count:
            self.waiting += 1
        held = self._turn.acquire(timeout=patience_s)
        with self._count:
            self.waiting -= 1
        if not held:
            connection.own.execute("BEGIN IMMEDIATE")
            return
        try:
            self._join(connection)
        except BaseException:
            self._turn.release()
            raise

    def _join(self, connection: "Connection") -> None:
        if self._open is None:
            connection.own.execute("BEGIN IMMEDIATE")
            self._open = Group(connection.own)
        else:
            self._open.lead.execute(f"SAVEPOINT {PART}")
        self._open.parts += 1
        connection.group, connection.holds_turn = self._open, True

    def commit(self, connection: "Connection", group: Group) -> None:
        """End the part of *connection* and return when the group is on the disk.

        Raises:
            dbapi2.Error: The group could not be committed.
        """
        if group.lead is not connection.own and group.lead.in_transaction:
            group.lead.execute(f"RELEASE {PART}")
        connection.holds_turn = False
        young = clock.monotonic() - group.began < self._longest
        if self.waiting and young and group.lead.in_transaction:
            self._turn.release()
            self._await(group)
        else:
            self._close(group)
        connection.group = None
        group.insist()

    def rollback(self, connection: "Connection", group: Group) -> None:
        """Roll back the part of *connection*, and commit the other parts.

        Raises:
            dbapi2.Error: The other parts could not be committed, so what this part read of them
                was never stored.
        """
        if not connection.holds_turn:  # interrupted while it waited for the joint commit
            self._await(group)
            connection.group = None
            return
        connection.group, connection.holds_turn = None, False
        if group.lead is connection.own:  # the first part ends first: there is no other part
            try:
                if group.lead.in_transaction:
                    group.lead.execute("ROLLBACK")
            finally:
                self._open = None
                self._turn.release()
            return
        whole = group.lead.in_transaction  # False when SQLite rolled back on a full disk
        if whole:
            group.lead.execute(f"ROLLBACK TO {PART}")
            group.lead.execute(f"RELEASE {PART}")
        self._close(group)
        if whole:
            group.insist()

    def _close(self, group: Group) -> None:
        try:
            group.end()
        finally:
            self._open = None
            self._turn.release()

    def _await(self, group: Group) -> None:
        """Wait for the group's end; end it if the thread that was about to join gave up."""
        while not group.ended.wait(LOOK_S):
            if self._turn.acquire(blocking=False):
                if self._open is group:
                    self._close(group)
                else:
                    self._turn.release()


class Connection:
    """A driver connection that writes through the connection of its group.

    Attributes:
        own: The driver connection.
        group: The group that it takes part in, or None.
        holds_turn: Whether its part is open.
    """

    def __init__(self, own: dbapi2.Connection, turns: Turns) -> None:
        self.own = own
        self.group: Group | None = None
        self.holds_turn = False
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        """Forward everything else to the driver connection."""
        return getattr(self.own if self.group is None else self.group.lead, name)

    @property
    def isolation_level(self) -> str | None:
        """The driver's isolation level, which controls its implicit transactions."""
        level: str | None = self.own.isolation_level
        return level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        """Set the driver's isolation level."""
        self.own.isolation_level = level

    def begin(self, patience_s: float) -> None:
        """Begin a writing transaction."""
        self._turns.begin(self, patience_s)

    def commit(self) -> None:
        """Commit, and return when the data is on the disk.

        Raises:
            dbapi2.Error: The commit failed.
            StoreLost: The commit went into a file that was deleted or replaced.
        """
        if self.group is None:
            self.own.commit()
        else:
            self._turns.commit(self, self.group)
        self._turns.committed()

    def rollback(self) -> None:
        """Roll back everything since ``begin``.

        Raises:
            dbapi2.Error: See :meth:`Turns.rollback`.
        """
        if self.group is None:
            self.own.rollback()
        else:
            self._turns.rollback(self, self.group)

    def close(self) -> None:
        """Close the connection; an open transaction is rolled back."""
        if self.group is not None:
            self.rollback()
        self.own.close()
