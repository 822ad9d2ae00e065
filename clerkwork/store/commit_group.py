"""Commits of threads that write at the same time, joined into one wait for the disk.

SQLite has one writer at a time, and a commit waits for the disk. When other threads of the process
wait to write, a thread that is done does not commit: it hands the open transaction on, and the last
one commits for all of them. Nobody goes on before that commit is on the disk, so what a thread is
told is kept is kept. Each thread's part is a savepoint: an error takes back its own part alone. If
the one commit fails, it failed for each of them.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from pysqlite3 import dbapi2

from clerkwork import clock

PART = "part_of_group"
LONGEST = timedelta(milliseconds=25)  # an older group takes no more parts: its first one waits
LOOK_S = 0.05  # how often a thread that waits looks whether the one it handed on to gave up


class Group:
    """One transaction with the parts of several threads.

    Attributes:
        lead: The connection that it runs on.
        parts: How many threads took part so far.
        began: When it began, on the monotonic clock.
        ended: Set when it was committed or given up.
        error: Why it was not committed.
    """

    def __init__(self, lead: dbapi2.Connection) -> None:
        self.lead = lead
        self.parts = 0
        self.began = clock.monotonic()
        self.ended = threading.Event()
        self.error: str | None = None

    def end(self) -> None:
        """Commit, or note why that could not be."""
        try:
            self.lead.execute("COMMIT")  # refused, too, when a full disk has taken all parts back
        except dbapi2.Error as error:
            self.error = str(error)
            if self.lead.in_transaction:
                self.lead.execute("ROLLBACK")
        finally:
            self.ended.set()

    def insist(self) -> None:
        """Make sure that it was committed.

        Raises:
            dbapi2.OperationalError: It was not.
        """
        if self.error is not None:
            raise dbapi2.OperationalError(self.error)


class Turns:
    """Who of a process's threads writes, and with whom it commits.

    Attributes:
        waiting: How many threads wait to write.
        committed: Called after each commit; an error of it is the commit's.
    """

    def __init__(self, longest: timedelta = LONGEST) -> None:
        self.waiting = 0
        self.committed: Callable[[], None] = lambda: None
        self._longest = longest
        self._turn = threading.Lock()
        self._count = threading.Lock()
        self._open: Group | None = None  # looked at and changed by whose turn it is

    def begin(self, connection: "Connection", patience_s: float) -> None:
        """Wait for the turn and begin a part of the open group, or a new one.

        When the patience ends *connection* begins alone: SQLite's own lock has the last word.
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
            dbapi2.Error: It could not be committed.
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
        """Take back the part of *connection*, and commit those of the others.

        Raises:
            dbapi2.Error: Those could not be committed; what the part saw of them never was.
        """
        if not connection.holds_turn:  # interrupted while it waited for the others' commit
            self._await(group)
            connection.group = None
            return
        connection.group, connection.holds_turn = None, False
        if group.lead is connection.own:  # the first part is the first to end: there is no other
            try:
                if group.lead.in_transaction:
                    group.lead.execute("ROLLBACK")
            finally:
                self._open = None
                self._turn.release()
            return
        whole = group.lead.in_transaction  # not so when SQLite took all back, on a full disk
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
        """Wait for the group's end; end it if the thread that was waiting to join gave up."""
        while not group.ended.wait(LOOK_S):
            if self._turn.acquire(blocking=False):
                if self._open is group:
                    self._close(group)
                else:
                    self._turn.release()


class Connection:
    """A driver's connection whose writes run on that of the group it takes part in.

    Attributes:
        own: The driver's connection.
        group: The group that it takes part in.
        holds_turn: Whether its part is open.
    """

    def __init__(self, own: dbapi2.Connection, turns: Turns) -> None:
        self.own = own
        self.group: Group | None = None
        self.holds_turn = False
        self._turns = turns

    def __getattr__(self, name: str) -> Any:
        """Be the driver's connection in everything that is not named here."""
        return getattr(self.own if self.group is None else self.group.lead, name)

    @property
    def isolation_level(self) -> str | None:
        """How the driver opens transactions by itself."""
        level: str | None = self.own.isolation_level
        return level

    @isolation_level.setter
    def isolation_level(self, level: str | None) -> None:
        """Change how the driver opens transactions by itself."""
        self.own.isolation_level = level

    def begin(self, patience_s: float) -> None:
        """Begin a transaction that writes."""
        self._turns.begin(self, patience_s)

    def commit(self) -> None:
        """Commit; returns when it is on the disk.

        Raises:
            dbapi2.Error: It could not be.
            StoreLost: It was, into a file that was deleted or replaced.
        """
        if self.group is None:
            self.own.commit()
        else:
            self._turns.commit(self, self.group)
        self._turns.committed()

    def rollback(self) -> None:
        """Take back what was written since the beginning.

        Raises:
            dbapi2.Error: See :meth:`Turns.rollback`.
        """
        if self.group is None:
            self.own.rollback()
        else:
            self._turns.rollback(self, self.group)

    def close(self) -> None:
        """Close; an open transaction is rolled back."""
        if self.group is not None:
            self.rollback()
        self.own.close()
