"""The events of the run log: one for every step, effect, decision and exception."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class Kind(StrEnum):
    """The kind of an event."""

    ITEM_ADDED = "item_added"
    ITEM_MERGED = "item_merged"  # the same reference arrived again
    ITEM_CHANGED = "item_changed"  # a person cancelled, edited, expired or requeued it
    DEADLINE = "deadline"  # the item is due soon, or overdue
    RUN_STARTED = "run_started"
    STEP_STARTED = "step_started"
    STEP_DONE = "step_done"
    EFFECT_INTENT = "effect_intent"
    EFFECT_FOUND = "effect_found"  # the record was already in the target
    EFFECT_SENT = "effect_sent"
    EFFECT_CONFIRMED = "effect_confirmed"
    REVIEW_OPENED = "review_opened"
    REVIEW_ANSWERED = "review_answered"
    EXCEPTION = "exception"
    POSTPONED = "postponed"
    TAKEN_OVER = "taken_over"
    RUN_ENDED = "run_ended"
    NOTE = "note"
    EVIDENCE = "evidence"
    ATTACHED = "attached"  # a file of the bot
    HEALED = "healed"  # a field was found on a changed page by its fingerprint
    FILE_TAKEN = "file_taken"
    FILE_REJECTED = "file_rejected"
    PLANNED_RUN = "planned_run"
    DRIFT = "drift"  # a sample proved a higher error rate than allowed; a threshold was raised
    TARGET = "target"  # its breaker opened or closed, or a person paused or resumed it


class Level(StrEnum):
    """The severity of an event."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of a run log.

    Attributes:
        number: The number in the store, ascending; 0 before it is stored.
        item_id: The item that the event is about, or None for events of the system.
        run_id: Name of the run, or None.
        message: A sentence with ``{name}`` for the values in *data*.
        data: JSON data: ``code``, ``ms`` (duration), ``sha256`` (evidence) and the facts.
    """

    number: int = 0
    at: datetime
    kind: Kind
    level: Level = Level.INFO
    item_id: int | None = None
    run_id: str | None = None
    attempt: int = 0
    worker: str | None = None
    step: str | None = None
    message: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def as_data(self) -> dict[str, Any]:
        """Return the event with the keys of a log file's line; *at* is still an instant."""
        return {
            "number": self.number,
            "at": self.at,
            "kind": self.kind,
            "level": self.level,
            "item": self.item_id,
            "run": self.run_id,
            "attempt": self.attempt,
            "worker": self.worker,
            "step": self.step,
            "message": self.message,
            "data": self.data,
        }
