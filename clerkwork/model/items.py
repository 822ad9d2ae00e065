"""Work items: their states, the moves between them, and how a finished one came to its end."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any


class ItemState(StrEnum):
    """Where a work item stands."""

    WAITING = "waiting"  # in its queue, any worker may reserve it
    RUNNING = "running"  # reserved by a worker under a lease
    POSTPONED = "postponed"  # goes back to waiting at its not-before instant
    IN_REVIEW = "in_review"  # in the fallback queue, a person decides
    DONE = "done"
    REJECTED = "rejected"  # a person decided that it must not be done
    RETURNED = "returned"  # sent back to whoever sent it, to be put right and sent again
    CANCELLED = "cancelled"


class Outcome(StrEnum):
    """How a closed item came to its end."""

    BY_BOT = "by_bot"  # no person touched it
    ASSISTED = "assisted"  # the bot finished it after at least one decision of a person
    BY_HAND = "by_hand"  # a person did the work outside the bot
    REJECTED = "rejected"
    RETURNED = "returned"
    CANCELLED = "cancelled"


CLOSED = frozenset({ItemState.DONE, ItemState.REJECTED, ItemState.RETURNED, ItemState.CANCELLED})

MOVES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.WAITING: frozenset(
        {
            ItemState.RUNNING,
            ItemState.POSTPONED,
            ItemState.CANCELLED,
        }  # postponed: its group is busy
    ),
    ItemState.RUNNING: frozenset(
        {
            ItemState.RUNNING,  # taken over from a dead worker
            ItemState.POSTPONED,
            ItemState.IN_REVIEW,
            ItemState.DONE,
        }
    ),
    ItemState.POSTPONED: frozenset(
        {
            ItemState.WAITING,
            ItemState.RUNNING,  # a quick worker skips waiting
            ItemState.POSTPONED,  # its group is busy still
            ItemState.CANCELLED,
        }
    ),
    ItemState.IN_REVIEW: frozenset(
        {
            ItemState.POSTPONED,  # answered: the sweep lets its run go on
            ItemState.WAITING,  # answered: a new run on the corrected data
            ItemState.DONE,  # done by hand
            ItemState.REJECTED,
            ItemState.RETURNED,
            ItemState.CANCELLED,
        }
    ),
    ItemState.RETURNED: frozenset({ItemState.WAITING, ItemState.IN_REVIEW}),  # sent again
    ItemState.DONE: frozenset(),
    ItemState.REJECTED: frozenset(),
    ItemState.CANCELLED: frozenset(),
}


def sources(target: ItemState) -> tuple[ItemState, ...]:
    """Return the states from which an item may move to *target*, for use in SQL guards."""
    return tuple(state for state, targets in MOVES.items() if target in targets)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One unit of work as intake hands it to the engine.

    Attributes:
        workflow: Name of the workflow it belongs to.
        reference: Business key, unique in the workflow; adding it twice is one item.
        payload: JSON data of the first bot's model.
        group_key: Items with one key are never at work at once; None: no such limit.
        source: Where it came from, for people: file, sheet, row, schedule.
        parent_id: The item that caused this one, or None.
        priority: From 1 (first) to 1000; 100 is normal.
    """

    workflow: str
    reference: str
    payload: dict[str, Any]
    group_key: str | None = None
    source: dict[str, Any] = field(default_factory=dict)
    parent_id: int | None = None
    priority: int = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A work item as the store keeps it.

    Attributes:
        id: The store's number of the item.
        run_no: Number of the present run, from 1; a new run starts at the first step.
        attempt: Number of times a worker reserved the item, from 1 once it was reserved. It is
            also the fence: a worker whose attempt is not the present one may not act.
        worker: The worker that holds or last held it, or None.
        touched: Whether a person has been asked about it at least once.
        reason_code: Why it is in review or postponed, or None.
        not_before: The earliest instant of the next run while postponed.
        failures: Number of application exceptions of the present run.
        takeovers: Number of times its worker died over it.
        bot_ms: Milliseconds that bots worked on it, over all attempts.
    """

    id: int
    workflow: str
    reference: str
    group_key: str | None
    queue: str
    state: ItemState
    outcome: Outcome | None
    reason_code: str | None
    reason: str | None
    payload: dict[str, Any]
    result: dict[str, Any] | None
    source: dict[str, Any]
    parent_id: int | None
    priority: int
    run_no: int
    attempt: int
    failures: int
    takeovers: int
    worker: str | None
    touched: bool
    not_before: datetime | None
    arrived: datetime
    finished: datetime | None
    updated: datetime
    bot_ms: int

    @property
    def run_id(self) -> str:
        """Return the name of the present run, as it stands in run logs and in the engine."""
        return f"item-{self.id}-{self.run_no}"


class Added(StrEnum):
    """What became of a new item."""

    NEW = "new"
    MERGED = "merged"  # the same reference with the same content was there: one item
    REOPENED = "reopened"  # it had been returned to its sender and came again
    CONFLICT = "conflict"  # the reference was there with other content: a person decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to a submitted item.

    Attributes:
        item_id: The item that now stands for it.
        added: What became of it.
    """

    item_id: int
    added: Added
