"""After a restore: what the store of before knew and its copy does not, and when work goes on.

The copy is older than the store that it takes the place of. Where that one can still be read, an
item that came since is put in again, so that it is not lost: it looks in its target first. What a
person decided since is not undone by the copy: such an item goes to a person again, who is told.
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
    """What was carried over from the store of before, as ``workflow reference``.

    Attributes:
        added: Items that the copy did not have.
        to_person: Items, of those too, that a person has to decide about again, and why.
        left: Items whose workflow the project has no more.
    """

    added: list[str] = field(default_factory=list)
    to_person: dict[str, str] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)


def carry_over(engine: Engine, touched: Sequence[Touched]) -> Carried:
    """Bring what was *touched* since the backup into the restored store; return what that was."""
    carried = Carried()
    for before in touched:
        name = f"{before.item.workflow} {before.item.reference}"
        if before.item.workflow not in engine.workflows:
            carried.left.append(name)
            continue
        with engine.store.read() as db:
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
    """Let everything go on once all that is to be looked up was; the sweeps of workers ask it."""
    with core.store.read() as db:
        held = restored_lookups.is_held(db)
    if not held:
        return
    with core.log.writing() as writing:
        restored_lookups.strike_off_settled(writing.db)
        if restored_lookups.left(writing.db):
            return
        restored_lookups.let_go(writing.db, now=clock.now())
        core.event(Kind.NOTE, "All was looked up after the restore; work goes on.", within=writing)


def waive(core: Core, *, who: str, why: str) -> int | None:
    """Let everything go on before all was looked up; items still look in their own run.

    Returns:
        The number of items that were not looked up, or None when nothing was held.
    """
    with core.log.writing() as writing:
        if not restored_lookups.is_held(writing.db):
            return None
        missed = restored_lookups.let_go(writing.db, now=clock.now())
        core.event(
            Kind.NOTE,
            "{who} let work go on after the restore before {count} items were looked up: {why}",
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
    if old.attempt > 0 and review is None and engine.targets_of(old.workflow):
        with engine.store.write() as db:
            restored_lookups.mark(db, added)
    return review


def _hold(engine: Engine, item: WorkItem, digest: str, before: Touched) -> NewReview | None:
    """Send an open item to a person whose data or end were other than the copy knows."""
    if item.outcome is not None or not (_is_decided(before.item) or digest != before.digest):
        return None
    review, now = _review(engine, before, changed=digest != before.digest), clock.now()
    if item.state is ItemState.IN_REVIEW:
        return review
    code, reason = review.code, reason_of(review)
    with engine.log.writing() as writing:
        if item.state is ItemState.RUNNING:  # by a worker of the time before
            transitions.defer(
                writing.db, item.id, not_before=None, code=code, reason=reason, now=now
            )
        if not transitions.escalate(writing.db, item.id, code=code, reason=reason, now=now):
            return None
        engine.open_review(writing.db, item, review)
        engine.event(
            Kind.REVIEW_OPENED,
            review.message,
            level=Level.WARNING,
            item_id=item.id,
            within=writing,
            **review.facts,
        )
    engine.client.cancel_workflow(item.run_id)
    return review


def _is_decided(item: WorkItem) -> bool:
    return item.state in DECIDED or item.outcome is Outcome.BY_HAND


def _is_doubtful(engine: Engine, item: WorkItem) -> bool:
    """Return whether the item, worked on anew, might undo a decision or enter an order again."""
    blind = any(target.guarantee == "blind" for target in engine.targets_of(item.workflow))
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
        model=dotted_name(engine.first_bot(old.workflow).takes),
        shown=old.payload,
        fields=plain_fields(old.payload, ()),
    )
