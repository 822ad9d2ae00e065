"""Adds items to the store, once per reference, with their queue entry and deadline."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.core import Core
from clerkwork.model.work.content import digest_of_json
from clerkwork.model.work.items import Added, ItemState, NewItem, Submission, WorkItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.model.work.storable import LONGEST_REFERENCE
from clerkwork.store.items import held, items, transitions
from clerkwork.store.reviews import reviews

T = TypeVar("T")
NOT_BEFORE = "not_before"
UNTIL = "waits until the instant given by its sender"


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """The result of adding an item.

    Attributes:
        new: The item as it was submitted.
        opened: The review that was opened for it, or None.
        stale: The run whose queue entry is void now, or None.
        dropped: Whether its content was not stored, because another item has its reference.
    """

    new: NewItem
    submission: Submission
    opened: NewReview | None = None
    stale: str | None = None
    dropped: bool = False


def add(
    core: Core,
    db: Connection,
    new: NewItem,
    review: NewReview | None,
    *,
    arrived: datetime | None = None,
) -> Addition:
    """Add *new* in the caller's transaction, or apply the workflow's rule for a known reference.

    Args:
        core: The engine's core.
        db: The connection.
        new: The item.
        review: Why it must go to a person before any bot, or None.
        arrived: When it was accepted; None: now.
    """
    workflow, now = core.workflow(new.workflow), arrived or clock.now()
    given, new = new, _complete(core, new, now)
    digest = core.digest_of(new.workflow, new.payload)
    state = _first_state(new, review, now)
    item_id = items.add(
        db,
        new,
        queue=core.queue_of(new.workflow),
        digest=digest,
        state=state,
        now=now,
        warn=_warn(core, new, now),
    )
    if item_id is not None:
        return _begin(core, db, item_id, new, review=review, added=Added.NEW)
    known, known_digest = present(items.find(db, new.workflow, new.reference))
    if known.state is ItemState.RETURNED:
        if not transitions.reopen(db, known.id, new, digest=digest, state=state, now=now):
            # another process reopened it at the same moment
            return _left(new, known.id, Added.MERGED, dropped=True)
        return _begin(core, db, known.id, new, review=review, added=Added.REOPENED)
    if is_equal(core, known, known_digest, new):
        return _left(new, known.id, Added.MERGED, dropped=False)
    if workflow.on_conflict in {"merge", "reject"}:
        added = Added.MERGED if workflow.on_conflict == "merge" else Added.REFUSED
        return _left(new, known.id, added, dropped=True)
    supersedes = workflow.on_conflict == "supersede" and review is None
    taken = _supersede(core, db, known, new, given) if supersedes else None
    return taken or conflict(core, db, new, known.id, arrived=now)


def is_equal(core: Core, known: WorkItem, known_digest: str, new: NewItem) -> bool:
    """Return whether *new* has the content of the known item, as submitted or as it is now.

    Older versions computed the digest from the spelling of the payload.
    """
    digest = core.digest_of(new.workflow, new.payload)
    if known_digest in {digest, digest_of_json(new.payload)}:
        return True
    return core.digest_of(known.workflow, known.payload) == digest


def _supersede(
    core: Core, db: Connection, known: WorkItem, new: NewItem, given: NewItem
) -> Addition | None:
    """Give the known item the new content, or return None when it is too late for that.

    Its priority, due instant and earliest start change only if the sender *gave* new ones.
    """
    digest, now = core.digest_of(new.workflow, new.payload), clock.now()
    terms: dict[str, Any] = {} if given.priority is None else {"priority": given.priority}
    if given.due is not None:
        terms |= {"due_ms": clock.to_ms(given.due), "due_step": 0}
    if not transitions.renew(
        db,
        known.id,
        payload=new.payload,
        group_key=new.group_key,
        digest=digest,
        now=now,
        source=new.source,
        **terms,
    ):
        return None
    if given.not_before is not None and given.not_before > now:
        code, until = NOT_BEFORE, given.not_before
        transitions.defer(db, known.id, not_before=until, code=code, reason=UNTIL, now=now)
    reviews.withdraw(db, known.id, who="the sender", now=now)
    begun = _begin(core, db, known.id, new, review=None, added=Added.SUPERSEDED)
    return replace(begun, stale=known.run_id)


def present(found: T | None) -> T:
    """Return a row that must exist."""
    if found is None:  # pragma: no cover - rows are never deleted while they are in use
        raise LookupError("a row that was just written is not there")
    return found


def _complete(core: Core, new: NewItem, now: datetime) -> NewItem:
    """Fill in missing values from the workflow."""
    workflow = core.workflow(new.workflow)
    priority = workflow.priority if new.priority is None else new.priority
    not_before = new.not_before
    if not_before is None and workflow.not_before_s:
        not_before = core.after(now, workflow.not_before_s, None)
    due = new.due
    if workflow.deadline is not None and (due is None or new.parent_id is not None):
        own = core.after(now, workflow.deadline.due_s, workflow.deadline.calendar)
        due = own if due is None else min(own, due)  # a child item must also meet its parent's
    group = core.group_of(new.workflow, new.payload) if new.group_key is None else new.group_key
    return replace(new, priority=priority, not_before=not_before, due=due, group_key=group)


def _warn(core: Core, new: NewItem, now: datetime) -> datetime | None:
    deadline = core.workflow(new.workflow).deadline
    if deadline is None or deadline.warn_s is None:
        return None
    return core.after(now, deadline.warn_s, deadline.calendar)


def _first_state(new: NewItem, review: NewReview | None, now: datetime) -> ItemState:
    if review is not None:
        return ItemState.IN_REVIEW
    if new.not_before is not None and new.not_before > now:
        return ItemState.POSTPONED
    return ItemState.WAITING


def _begin(
    core: Core,
    db: Connection,
    item_id: int,
    new: NewItem,
    *,
    review: NewReview | None,
    added: Added,
) -> Addition:
    item: WorkItem = present(items.get(db, item_id))
    if review is not None:
        core.open_review(db, item, review)
    elif item.state is ItemState.WAITING:  # the sweep queues a postponed one when it is due
        if core.workflow(new.workflow).queue_trigger is None:
            core.enqueue(db, item)
        else:
            held.hold(db, item_id, now=clock.now())
    submission = Submission(item_id=item_id, added=added)
    return Addition(new=new, submission=submission, opened=review)


def _left(new: NewItem, item_id: int, added: Added, *, dropped: bool) -> Addition:
    submission = Submission(item_id=item_id, added=added)
    return Addition(new=new, submission=submission, dropped=dropped)


def conflict(
    core: Core, db: Connection, new: NewItem, known: int, *, arrived: datetime
) -> Addition:
    """Add the item under a reference of its own, with a review about the conflict."""
    again = _marked(new, core.digest_of(new.workflow, new.payload))
    older = _marked(new, digest_of_json(new.payload))
    if items.find(db, older.workflow, older.reference) is not None:
        again = older  # added by a version whose digests depended on the spelling
    doubt = NewReview(
        step=None,
        code="known_otherwise",
        message="The reference {reference} is known with other content (item {item}).",
        facts={"reference": new.reference, "item": str(known)},
        model=dotted_name(core.first_bot(new.workflow).takes),
        shown=new.payload,
        fields=plain_fields(new.payload, ()),
    )
    second = add(core, db, again, doubt, arrived=arrived)
    submission = Submission(item_id=second.submission.item_id, added=Added.CONFLICT)
    return replace(second, submission=submission)


def _marked(new: NewItem, digest: str) -> NewItem:
    mark = f" ({digest[:8]})"
    return replace(new, reference=new.reference[: LONGEST_REFERENCE - len(mark)] + mark)
