"""The journal of the mixed part: what senders and people asked of the system, and its answers.

An operation has a line when it begins and one when it was acknowledged. One without the second line
may have been done or not, because who asked for it was killed.
"""

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from clerkwork import clock


@dataclass(slots=True, kw_only=True)
class Operation:
    """One operation.

    Attributes:
        begun_ms: When it began, by the clock that nobody sets.
        facts: What it was about: what, workflow, reference, note and more.
        answer: What it was answered, or None.
        acknowledged: Whether it was answered.
    """

    begun_ms: int
    facts: dict[str, Any]
    answer: Any = None
    acknowledged: bool = False


@dataclass(frozen=True, slots=True)
class Journal:
    """A file of lines, to which one process at a time appends."""

    file: Path

    def begin(self, key: str, **facts: Any) -> None:
        """Note that the operation *key* begins."""
        self._append({"key": key, "at": _now_ms(), "facts": facts})

    def end(self, key: str, answer: Any = True) -> None:
        """Note that the operation *key* was acknowledged."""
        self._append({"key": key, "answer": answer})

    def operations(self) -> dict[str, Operation]:
        """Return the operations by their keys, in the order in which they began."""
        found: dict[str, Operation] = {}
        if not self.file.exists():
            return found
        for line in self.file.read_text("utf-8").splitlines():
            entry = json.loads(line)
            if "facts" in entry:
                made = Operation(begun_ms=entry["at"], facts=entry["facts"])
                found.setdefault(entry["key"], made)
            else:
                found[entry["key"]].acknowledged = True
                found[entry["key"]].answer = entry["answer"]
        return found

    def _append(self, entry: dict[str, Any]) -> None:
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        number = os.open(self.file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(number, line)  # one call, so that a kill leaves no part of a line
        finally:
            os.close(number)


def _now_ms() -> int:
    return round(clock.monotonic().total_seconds() * 1000)
