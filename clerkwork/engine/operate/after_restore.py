"""After a restore: carry over items newer than the backup, and resume work once they are checked.

The restored copy is older than the store that it replaces. If the replaced store can still be read,
items that arrived after the backup are submitted again; each is looked up in its target first.
Decisions that people made after the backup are not silently undone: such an item goes to review
again, with a note about the earlier decision.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine, reason_of
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import ItemState, NewItem, Outcome, WorkItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.store.items import items, restored_lookups, transitions
from clerkwork.store.maintenance.recovery import Touched

OTHER_DATA = "After the backup it had other data, and it was {state}."
DECIDED_SINCE = "After the backup it was {state}: {reason}"
BEGUN = "After the backup it was {state}, and it cannot be looked up in its target."
DECIDED = {ItemState.CANCELLED, ItemState.EXPIRED, ItemState.REJECTED, ItemState.RETURNED}


@dataclass(slots=True)
class Carried:
    """Items carried over from the replaced store, as ``workflow reference``.

    Attributes:
        added: Items that the copy did not have.
        to_person: Items that a person has to decide about again, with the reason; some of them are
            in *added* too.
        left: Items that were not carried over because the project no longer has their workflow.
    """

    added: list[str] = field(default_factory=list)
    to_person: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def carry_over(engine: Engine, touched: Sequence[Touched]) -> Carried:
    """Carry items *touched* since the backup over to the restored store; return which."""
    carried = Carried()
    for before in touched:
        name = f"{before.item.workflow} {before.item.reference}"
        if before.item.workflow not in engine.core.workflows:
            carried.left.append(name)
            continue
        with engine.core.store.read() as db:
            found = items.find(db, before.item.workflow, before.item.reference)
        if found is None:
            review = _add(engine, before)
            carried.added.append(name)
        else:
            review = _hold(engine, found[0], found[1], before)
        if review is not None:
            carried.to_person[name] = reason_of(review)
    return carried


def go_on(core: Core) -> None:
    """Resume all work once every lookup after a restore is done; the sweep calls this."""
    with core.store.read() as db:
        held = restored_lookups.is_held(db)
    if not held:
        return
    with core.log.writing() as writing:
        restored_lookups.strike_off_settled(writing.db)
        if restored_lookups.left(writing.db):
            return
        restored_lookups.let_go(writing.db, now=clock.now())
        core.event(
            Kind.NOTE, "All lookups after the restore are done; work resumes.", within=writing
        )


def waive(core: Core, *, who: str, why: str) -> int | None:
    """Resume all work before every lookup is done; each effect still looks up its own record.

    Returns:
        The number of items without a lookup, or None when nothing was paused.
    """
    with core.log.writing() as writing:
        if not restored_lookups.is_held(writing.db):
            return None
        missed = restored_lookups.let_go(writing.db, now=clock.now())
        core.event(
            Kind.NOTE,
            "{who} resumed work after the restore with {count} lookups left: {why}",
            level=Level.WARNING,
            within=writing,
            who=who,
            count=missed,
            why=why,
        )
    return missed


def _add(engine: Engine, before: Touched) -> NewReview | None:
    old = before.item
    review = _review(engine, before, changed=False) if _is_doubtful(engine, old) else None
    new = NewItem(
        workflow=old.workflow,
        reference=old.reference,
        payload=old.payload,
        group_key=old.group_key,
        source=old.source,
        cause=old.cause,
        priority=old.priority,
        due=old.due,
        batch_id=old.batch_id,
    )
    added = engine.submit(new, review).item_id
    if old.attempt > 0 and review is None and engine.core.targets_of(old.workflow):
        with engine.core.store.write() as db:
            restored_lookups.mark(db, added)
    return review


def _hold(engine: Engine, item: WorkItem, digest: str, before: Touched) -> NewReview | None:
    """Send an open item to a person when its data or state had changed since the backup."""
    if item.outcome is not None or not (_is_decided(before.item) or digest != before.digest):
        return None
    review, now = _review(engine, before, changed=digest != before.digest), clock.now()
    if item.state is ItemState.IN_REVIEW:
        return review
    code, reason = review.code, reason_of(review)
    with engine.core.log.writing() as writing:
        if item.state is ItemState.RUNNING:  # reserved by a worker before the restore
            transitions.defer(
                writing.db, item.id, not_before=None, code=code, reason=reason, now=now
            )
        if not transitions.escalate(writing.db, item.id, code=code, reason=reason, now=now):
            return None
        engine.core.open_review(writing.db, item, review)
        engine.core.event(
            Kind.REVIEW_OPENED,
            review.message,
            level=Level.WARNING,
            item_id=item.id,
            within=writing,
            **review.facts,
        )
    engine.core.client.cancel_workflow(item.run_id)
    return review


def _is_decided(item: WorkItem) -> bool:
    return item.state in DECIDED or item.outcome is Outcome.BY_HAND


def _is_doubtful(engine: Engine, item: WorkItem) -> bool:
    """Return whether running the item again might undo a decision or enter an order twice."""
    blind = any(target.guarantee == "blind" for target in engine.core.targets_of(item.workflow))
    return _is_decided(item) or (blind and item.attempt > 0)


def _review(engine: Engine, before: Touched, *, changed: bool) -> NewReview:
    old = before.item
    message = OTHER_DATA if changed else BEGUN
    if _is_decided(old):
        message = DECIDED_SINCE
    return NewReview(
        step=None,
        code="known_after_backup",
        message=message,
        facts={"state": old.state.value, "reason": old.reason or "no reason given"},
        model=dotted_name(engine.core.first_bot(old.workflow).takes),
        shown=old.payload,
        fields=plain_fields(old.payload, ()),
    )
