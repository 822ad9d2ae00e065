"""The run log: each event once in the store, and as one JSON line in a file of its run.

The store comes first, so that a figure never counts what no list shows. An event that tells of a
change is committed with it: neither is ever there without the other, and the disk is waited for
once. The file is opened, written and closed for every line, so that it can be read to its last line
whatever happens to the process.
"""

import contextlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger
from sqlalchemy.engine import Connection

from clerkwork.model.events import Event
from clerkwork.model.storable import storable
from clerkwork.safety.redact import Redactor
from clerkwork.store import events
from clerkwork.store.database import Store

if TYPE_CHECKING:
    from loguru import Message

SYSTEM = "system"


class Writing:
    """An open transaction for a change and the events that tell of it.

    Attributes:
        db: The connection.
        events: What was written so far.
    """

    def __init__(self, db: Connection, redactor: Redactor) -> None:
        self.db = db
        self.events: list[Event] = []
        self._redactor = redactor

    def event(self, event: Event) -> None:
        """Redact *event* and add it; its line follows when the transaction is committed.

        What cannot be stored, such as half a character of a file's name, is replaced.
        """
        event = replace(
            event,
            message=storable(self._redactor.text(event.message)),
            data=storable(self._redactor.data(event.data)),
        )
        self.events.append(replace(event, number=events.add(self.db, event)))


class RunLog:
    """Writes events."""

    def __init__(self, store: Store, folder: Path, redactor: Redactor) -> None:
        self._store = store
        self._folder = folder
        self._redactor = redactor
        self._log = logger.bind(run_log=str(folder))
        self._sink = logger.add(
            self._write_line,
            format="{message}",
            level="INFO",
            diagnose=False,  # tracebacks with values would hold secrets
            backtrace=False,
            catch=False,  # a log that cannot be written is a failure, not a remark
            filter=lambda record: record["extra"].get("run_log") == str(folder),
        )

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Open a transaction of the store; its events go to their files once it is committed."""
        with self._store.write() as db:
            writing = Writing(db, self._redactor)
            yield writing
        for event in writing.events:
            self.show(event)

    def write(self, event: Event) -> None:
        """Redact *event* and write it to the store and to its run's file."""
        with self.writing() as writing:
            writing.event(event)

    def show(self, event: Event) -> None:
        """Write the line of an event that the store has."""
        at = event.at.isoformat(timespec="milliseconds")
        line = json.dumps(event.as_data() | {"at": at}, ensure_ascii=False)
        self._log.bind(file=event.run_id or SYSTEM).log(event.level.upper(), line)

    def close(self) -> None:
        """Stop writing."""
        with contextlib.suppress(ValueError):  # the process's set-up of logs took all sinks away
            logger.remove(self._sink)

    def _write_line(self, message: "Message") -> None:
        file = self._folder / "runs" / f"{message.record['extra']['file']}.jsonl"
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(message.record["message"] + "\n")
