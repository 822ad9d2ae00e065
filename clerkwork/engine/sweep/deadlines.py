"""Applies the workflow's rule to items whose due instant is near or has passed."""

from typing import Any

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.core import Core
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.store.items import deadlines, transitions
from clerkwork.store.reviews import reviews

CODE = "overdue"
MESSAGE = "It was due at {due} and has not been completed."


def sweep(core: Core) -> None:
    """Log a warning for items close to their deadline, and apply the rule to overdue ones."""
    now, known = clock.now(), list(core.workflows)
    with core.store.read() as db:
        if not deadlines.near(db, known, now=now):
            return
    with core.store.write() as db:
        warned = deadlines.warn(db, known, now=now)
        late = deadlines.overdue(db, known, now=now)
        overdue = [(item, _settle(core, db, item)) for item in late]
    for item in warned:
        _say(core, item, "It is due at {due}.")
    for item, became in overdue:
        if became in {ItemState.EXPIRED, ItemState.IN_REVIEW} and became is not item.state:
            core.client.cancel_workflow(item.run_id)
        _say(core, item, "It was due at {due}; it is {state} now.", state=became.value)


def _settle(core: Core, db: Connection, item: WorkItem) -> ItemState:
    """Apply the workflow's rule to an overdue item and return its new state."""
    deadline = core.workflow(item.workflow).deadline
    rule = "escalate" if deadline is None else deadline.on_due
    now, reason = clock.now(), MESSAGE.replace("{due}", _due(item))
    if rule == "expire" and transitions.drop(
        db, item.id, ItemState.EXPIRED, reason=reason, now=now
    ):
        reviews.withdraw(db, item.id, who="the deadline", now=now)
        return ItemState.EXPIRED
    if rule != "nothing" and transitions.escalate(db, item.id, code=CODE, reason=reason, now=now):
        core.open_review(db, item, _review(core, item))
        return ItemState.IN_REVIEW
    return item.state


def _review(core: Core, item: WorkItem) -> NewReview:
    return NewReview(
        step=None,
        code=CODE,
        message=MESSAGE,
        facts={"due": _due(item)},
        model=dotted_name(core.first_bot(item.workflow).takes),
        shown=item.payload,
        fields=plain_fields(item.payload, ()),
    )


def _say(core: Core, item: WorkItem, message: str, **data: Any) -> None:
    core.event(
        Kind.DEADLINE,
        message,
        level=Level.WARNING,
        item_id=item.id,
        run_id=item.run_id,
        due=_due(item),
        **data,
    )


def _due(item: WorkItem) -> str:
    return "" if item.due is None else f"{item.due:%Y-%m-%d %H:%M:%S} UTC"
