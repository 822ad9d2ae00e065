"""The run log: each event once in the store, and as one JSON line in a file of its run.

The store comes first, so that a figure never counts what no list shows; the file is opened,
written and closed for every line, so that it can be read to its last line whatever happens to the
process.
"""

import contextlib
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loguru import logger

from clerkwork.model.events import Event
from clerkwork.safety.redact import Redactor
from clerkwork.store import events
from clerkwork.store.database import Store

if TYPE_CHECKING:
    from loguru import Message

SYSTEM = "system"


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

    def write(self, event: Event) -> None:
        """Redact *event* and write it to the store and to its run's file."""
        event = replace(
            event,
            message=self._redactor.text(event.message),
            data=self._redactor.data(event.data),
        )
        with self._store.write() as db:
            number = events.add(db, event)
        line = json.dumps(_line(replace(event, number=number)), ensure_ascii=False)
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


def _line(event: Event) -> dict[str, Any]:
    return {
        "number": event.number,
        "at": event.at.isoformat(timespec="milliseconds"),
        "kind": event.kind,
        "level": event.level,
        "item": event.item_id,
        "run": event.run_id,
        "attempt": event.attempt,
        "worker": event.worker,
        "step": event.step,
        "message": event.message,
        "data": event.data,
    }
