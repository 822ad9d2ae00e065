"""Work items: their states, the moves between them, and how a finished one came to its end."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
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
    EXPIRED = "expired"  # nobody worked on it in time


class Outcome(StrEnum):
    """How a closed item came to its end."""

    BY_BOT = "by_bot"  # no person touched it
    ASSISTED = "assisted"  # the bot finished it after at least one decision of a person
    BY_HAND = "by_hand"  # a person did the work outside the bot
    REJECTED = "rejected"
    RETURNED = "returned"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


CLOSED = frozenset(
    {
        ItemState.DONE,
        ItemState.REJECTED,
        ItemState.RETURNED,
        ItemState.CANCELLED,
        ItemState.EXPIRED,
    }
)
NORMAL = 100  # the priority of an item whose workflow names none

MOVES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.WAITING: frozenset(
        {
            ItemState.RUNNING,
            ItemState.WAITING,  # edited or superseded: a new run
            ItemState.POSTPONED,  # held, or its group or its target does not take it now
            ItemState.IN_REVIEW,  # overdue
            ItemState.CANCELLED,
            ItemState.EXPIRED,
        }
    ),
    ItemState.RUNNING: frozenset(
        {
            ItemState.RUNNING,  # taken over from a dead worker
            ItemState.POSTPONED,
            ItemState.IN_REVIEW,
            ItemState.DONE,
            ItemState.CANCELLED,  # at its next step
        }
    ),
    ItemState.POSTPONED: frozenset(
        {
            ItemState.WAITING,
            ItemState.RUNNING,  # a quick worker skips waiting
            ItemState.POSTPONED,  # its group or its target does not take it yet
            ItemState.IN_REVIEW,  # overdue
            ItemState.CANCELLED,
            ItemState.EXPIRED,
        }
    ),
    ItemState.IN_REVIEW: frozenset(
        {
            ItemState.POSTPONED,  # answered: the sweep lets its run go on
            ItemState.WAITING,  # answered, edited or superseded: a new run
            ItemState.DONE,  # done by hand
            ItemState.REJECTED,
            ItemState.RETURNED,
            ItemState.CANCELLED,
            ItemState.EXPIRED,
        }
    ),
    ItemState.RETURNED: frozenset(
        {ItemState.WAITING, ItemState.IN_REVIEW, ItemState.POSTPONED}  # sent again, or requeued
    ),
    ItemState.REJECTED: frozenset({ItemState.WAITING, ItemState.POSTPONED}),  # requeued
    ItemState.CANCELLED: frozenset({ItemState.WAITING, ItemState.POSTPONED}),
    ItemState.EXPIRED: frozenset({ItemState.WAITING, ItemState.POSTPONED}),
    ItemState.DONE: frozenset(),
}


def sources(target: ItemState) -> tuple[ItemState, ...]:
    """Return the states from which an item may move to *target*, for use in SQL guards."""
    return tuple(state for state, targets in MOVES.items() if target in targets)


def require_moves(starts: Iterable[ItemState], target: ItemState) -> None:
    """Refuse a move that the transition table does not have; to ask for one is a fault of code.

    Raises:
        ValueError: An item in one of *starts* may not move to *target*.
    """
    illegal = sorted(set(starts) - set(sources(target)))
    if illegal:
        raise ValueError(f"the transition table has no move from {', '.join(illegal)} to {target}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One unit of work as intake hands it to the engine.

    Attributes:
        workflow: Name of the workflow it belongs to.
        reference: Business key, unique in the workflow; adding it twice is one item. It is stored
            as ``plain_reference`` spells it.
        payload: JSON data of the first bot's model.
        group_key: Items with one key are never at work at once; None: no such limit.
        source: Where it came from, for people: file, sheet, row, schedule.
        parent_id: The item that caused this one, or None.
        cause: The run and the step of it that caused this one, or None.
        priority: From 1 (first) to 1000; None: the workflow's.
        not_before: No bot works on it before this instant, or None.
        due: Until when it should be closed, or None: by the workflow's rule.
        batch_id: The batch it came with, or None.
    """

    workflow: str
    reference: str
    payload: dict[str, Any]
    group_key: str | None = None
    source: dict[str, Any] = field(default_factory=dict)
    parent_id: int | None = None
    cause: str | None = None
    priority: int | None = None
    not_before: datetime | None = None
    due: datetime | None = None
    batch_id: str | None = None

    def __post_init__(self) -> None:
        """Spell the reference in the one way."""
        object.__setattr__(self, "reference", plain_reference(self.reference))


def plain_reference(text: str) -> str:
    """Return a business key in its one spelling: no blanks around it, composed characters (NFC).

    Case and width stay, because ``a-1`` and ``A-1`` may be two records, and so may ``A²`` and
    ``A2``.
    """
    return unicodedata.normalize("NFC", text).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a sender says of an item beside its content; None: as the workflow says.

    Attributes:
        priority: From 1 (first) to 1000.
        not_before: No bot works on it before this instant.
        due: Until when it should be closed.
    """

    priority: int | None = None
    not_before: datetime | None = None
    due: datetime | None = None

    def of(self, new: NewItem) -> NewItem:
        """Return *new* with these terms."""
        return replace(new, priority=self.priority, not_before=self.not_before, due=self.due)


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
        breaks: Number of executions that an error outside of its bot ended before their end.
        bot_ms: Milliseconds that bots worked on it, over all attempts.
        due: Until when it should be closed, or None.
        warn: When the run log warns that the due instant is near, or None.
        batch_id: The batch it came with, or None.
        cancel_by: Who asked to cancel it while it was running, or None.
        from_step: The step its requeued run begins with, or None.
        cause: The run and the step of its parent that caused it, or None.
        revision: Number of moves between states so far.
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
    due: datetime | None = None
    warn: datetime | None = None
    batch_id: str | None = None
    cancel_by: str | None = None
    from_step: str | None = None
    cause: str | None = None
    revision: int = 0
    breaks: int = 0

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
    REFUSED = "refused"  # the same, and the workflow's policy is to drop the newcomer
    SUPERSEDED = "superseded"  # the same, and the newcomer's content takes its place


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to a submitted item.

    Attributes:
        item_id: The item that now stands for it.
        added: What became of it.
    """

    item_id: int
    added: Added
