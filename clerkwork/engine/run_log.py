"""The run log: each event once in the store, and as one JSON line in the file of its run.

The store comes first, so that metrics never count an event that no list shows. An event about a
change is committed together with the change. The line is written after the commit; if that fails,
the change remains, and the line is written later.
"""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from loguru import logger
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from clerkwork import clock
from clerkwork.engine.log_lines import MOST_MISSED, SYSTEM, LogLines, LogProblem
from clerkwork.errors import fill
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.storable import storable
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store
from clerkwork.store.runs import events

MISSED = "The log {path} cannot be written: {why}. Its lines follow when it can."
MENDED = (
    "The log can be written again; the lines that were missed followed, the newest {most} at most. "
    "The store has all."
)
_AS_JSON = json.JSONEncoder(ensure_ascii=False).encode  # json.dumps would create one per line


class Writing:
    """An open transaction for a change and the events about it.

    Attributes:
        db: The connection.
        events: The events written so far.
    """

    def __init__(self, db: Connection, redactor: Redactor) -> None:
        self.db = db
        self.events: list[Event] = []
        self._redactor = redactor
        self._at_end: list[Callable[[bool], None]] = []

    def event(self, *added: Event) -> None:
        """Redact events and add them; their lines are written after the commit.

        Characters that cannot be stored, such as an unpaired surrogate in a file name, are
        replaced.
        """
        new = [
            replace(
                event,
                message=storable(self._redactor.text(event.message)),
                data=storable(self._redactor.data(event.data)),
            )
            for event in added
        ]
        numbers = events.add_all(self.db, new) if new else []
        self.events += [replace(one, number=n) for one, n in zip(new, numbers, strict=True)]

    def at_end(self, call: Callable[[bool], None]) -> None:
        """Call *call* after the transaction, with whether it was committed."""
        self._at_end.append(call)

    def end(self, *, committed: bool) -> None:
        """Make the calls that were registered with ``at_end``."""
        for call in self._at_end:
            call(committed)


class RunLog:
    """Writes events to the store and to the log files."""

    def __init__(self, store: Store, folder: Path, redactor: Redactor) -> None:
        self._store = store
        self._redactor = redactor
        self._lines = LogLines(folder / "runs")
        self._lock = threading.Lock()
        self._fails = False

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction of the store; the lines of its events are written after the commit."""
        committed, writing = False, None
        try:
            with self._store.write() as db:
                writing = Writing(db, self._redactor)
                yield writing
            committed = True
        finally:
            if writing is not None:
                writing.end(committed=committed)
        for event in writing.events:
            self.show(event)

    def write(self, event: Event) -> None:
        """Redact *event* and write it to the store and to its run's file."""
        with self.writing() as writing:
            writing.event(event)

    def show(self, event: Event) -> None:
        """Write the line of an event that is already in the store."""
        at = event.at.isoformat(timespec="milliseconds")
        line = _AS_JSON(event.as_data() | {"at": at})
        self._note(self._lines.append(event.run_id or SYSTEM, line))

    def problem(self) -> LogProblem | None:
        """Write the missed lines; return why lines cannot be written now, or None."""
        problem = self._lines.problem()
        if problem is None:
            self._note(None)
        return problem

    def _note(self, problem: LogProblem | None) -> None:
        """Record in the store when lines start to be missed, and when all of them were written."""
        with self._lock:
            before, self._fails = self._fails, problem is not None
        if before is self._fails:
            return
        message, facts = MENDED, {"most": str(MOST_MISSED)}
        if problem is not None:
            message, facts = MISSED, {"path": problem.path, "why": problem.why}
            logger.warning("{}", fill(f"{MISSED} {problem.advice}", facts))
        level = Level.INFO if problem is None else Level.WARNING
        note = Event(at=clock.now(), kind=Kind.NOTE, level=level, message=message, data=facts)
        try:
            self.write(note)
        except DBAPIError:  # the change itself is committed; the disk may be full now
            logger.exception("the store refused a note about the log")
