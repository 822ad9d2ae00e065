"""Work items: their states, transitions and outcomes."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any


class ItemState(StrEnum):
    """The state of a work item."""

    WAITING = "waiting"  # in its queue, any worker may reserve it
    RUNNING = "running"  # reserved by a worker under a lease
    POSTPONED = "postponed"  # waits again from its not-before instant
    IN_REVIEW = "in_review"  # in the fallback queue, a person decides
    DONE = "done"
    REJECTED = "rejected"  # a person decided that it must not be done
    RETURNED = "returned"  # back to the sender, to be corrected and sent again
    CANCELLED = "cancelled"
    EXPIRED = "expired"  # not processed before its deadline


class Outcome(StrEnum):
    """The outcome of a closed item."""

    BY_BOT = "by_bot"  # without a person
    ASSISTED = "assisted"  # by the bot, after at least one decision of a person
    BY_HAND = "by_hand"  # by a person, outside the bot
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
NORMAL = 100  # the default priority

MOVES: dict[ItemState, frozenset[ItemState]] = {
    ItemState.WAITING: frozenset(
        {
            ItemState.RUNNING,
            ItemState.WAITING,  # edited or superseded: a new run
            ItemState.POSTPONED,  # paused, or its group or target is not available
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
            ItemState.RUNNING,  # a fast worker skips waiting
            ItemState.POSTPONED,  # its group or target is not available yet
            ItemState.IN_REVIEW,  # overdue
            ItemState.CANCELLED,
            ItemState.EXPIRED,
        }
    ),
    ItemState.IN_REVIEW: frozenset(
        {
            ItemState.POSTPONED,  # answered: the sweep resumes its run
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
    """Return the states with a transition to *target*, for use in SQL guards."""
    return tuple(state for state, targets in MOVES.items() if target in targets)


def require_moves(starts: Iterable[ItemState], target: ItemState) -> None:
    """Refuse a transition that is not in the table; it is a fault of the calling code.

    Raises:
        ValueError: One of *starts* has no transition to *target*.
    """
    illegal = sorted(set(starts) - set(sources(target)))
    if illegal:
        raise ValueError(f"there is no transition from {', '.join(illegal)} to {target}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewItem:
    """One unit of work as intake submits it to the engine.

    Attributes:
        workflow: The workflow's name.
        reference: Business key, unique in the workflow; adding it twice results in one item. It is
            stored in the form of ``plain_reference``.
        payload: JSON data of the first bot's model.
        group_key: Items with the same key never run at the same time; None: no limit.
        source: Its origin, for people: file, sheet, row, schedule.
        parent_id: The item that caused this one, or None.
        cause: Run and step of the parent that caused this one, or None.
        priority: From 1 (first) to 1000; None: the workflow's.
        not_before: No bot starts it before this instant; None: at once.
        due: Its deadline; None: by the workflow's rule.
        batch_id: Its batch, or None.
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
        """Normalise the reference."""
        object.__setattr__(self, "reference", plain_reference(self.reference))


def plain_reference(text: str) -> str:
    """Return a business key in normal form: without blanks around it, in Unicode NFC.

    Case and width are kept, because ``a-1`` and ``A-1`` may be two records, as may ``A²`` and
    ``A2``.
    """
    return unicodedata.normalize("NFC", text).strip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """Priority and times of an item, set by its sender; None: by the workflow's rules.

    Attributes:
        priority: From 1 (first) to 1000.
        not_before: No bot starts it before this instant.
        due: Its deadline.
    """

    priority: int | None = None
    not_before: datetime | None = None
    due: datetime | None = None

    def of(self, new: NewItem) -> NewItem:
        """Return *new* with these terms."""
        return replace(new, priority=self.priority, not_before=self.not_before, due=self.due)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkItem:
    """A stored work item.

    Attributes:
        id: The item's number in the store.
        run_no: Number of the current run, from 1; a new run starts at the first step.
        attempt: How often a worker reserved the item. It is also the fence: a worker whose attempt
            is not the current one may not act.
        worker: The worker that holds or last held it, or None.
        touched: Whether the item was in review at least once.
        reason_code: Why it is in review or postponed, or None.
        not_before: The earliest instant of the next run while postponed.
        failures: Number of application exceptions in the current run.
        takeovers: How often its worker died while it processed the item.
        breaks: Number of executions that ended with an error outside the bot.
        bot_ms: Processing time of bots in milliseconds, over all attempts.
        due: Its deadline, or None.
        warn: When the run log warns that it is due soon, or None.
        batch_id: Its batch, or None.
        cancel_by: The person who asked to cancel it while it was running, or None.
        from_step: The step where its requeued run starts, or None.
        cause: Run and step of the parent that caused it, or None.
        revision: Number of state transitions so far.
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
        """Return the name of the current run in run logs and in the engine."""
        return f"item-{self.id}-{self.run_no}"


class Added(StrEnum):
    """The result of submitting an item."""

    NEW = "new"
    MERGED = "merged"  # the reference exists with the same content: still one item
    REOPENED = "reopened"  # the item had been returned to its sender and arrived again
    CONFLICT = "conflict"  # the reference exists with other content: a person decides
    REFUSED = "refused"  # the same, but the workflow drops the new content
    SUPERSEDED = "superseded"  # the same, but the new content replaces the known one


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """The answer to a submitted item.

    Attributes:
        item_id: The new or existing item with the reference.
        added: The result.
    """

    item_id: int
    added: Added
