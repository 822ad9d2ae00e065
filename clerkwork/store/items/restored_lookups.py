"""Items that must be looked up in their targets after a restore, before anything else runs.

While the milestone ``HELD`` is set, only these items are reserved. Each is removed from the list
when it was looked up, is closed, or is in review; with the last of them the milestone is cleared.
"""

from collections.abc import Callable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.instants import Milestone, reach, withdraw
from clerkwork.store.items.items import item_of
from clerkwork.store.schema import item, milestone, planned_run, to_look_up

CODE = "restored"
REASON = "The store was restored: entries it may have forgotten are looked up in the targets first."


def hold(db: Connection, wanted: Callable[[WorkItem], bool], *, now: datetime) -> int:
    """Pause everything except the open items for which *wanted* is true; return their number.

    Items in review are not listed: they look in their target when they resume. Listed items become
    due at once, regardless of what they waited for.
    """
    reach(db, Milestone.HELD, now=now)
    is_open = sa.select(item).where(
        item.c.outcome.is_(None), item.c.state != ItemState.IN_REVIEW.value
    )
    found = [one.id for one in map(item_of, db.execute(is_open)) if wanted(one)]
    for number in found:
        mark(db, number)
    db.execute(
        item.update()
        .where(item.c.id.in_(sa.select(to_look_up.c.item_id)), item.c.state == ItemState.POSTPONED)
        .values(not_before_ms=to_ms(now), reason_code=CODE, reason=REASON)
    )
    return len(found)


def mark(db: Connection, item_id: int) -> None:
    """Add an item to the list of items to look up."""
    db.execute(to_look_up.insert().values(item_id=item_id))


def holds_back(item_id: int | sa.BindParameter[int]) -> sa.ColumnElement[bool]:
    """Return the condition that the item must wait for the lookups of others."""
    held = sa.select(milestone.c.name).where(milestone.c.name == Milestone.HELD.value)
    marked = sa.select(to_look_up.c.item_id).where(to_look_up.c.item_id == item_id)
    return sa.and_(held.exists(), ~marked.exists())


def is_held(db: Connection, *, lock: bool = False) -> bool:
    """Return whether only the listed items may run.

    With *lock* this stays so until the end of the transaction, so that ``let_go`` sees all
    waiting items.
    """
    held = sa.select(milestone.c.name).where(milestone.c.name == Milestone.HELD.value)
    if lock:
        held = held.with_for_update(read=True)
    return db.execute(held).one_or_none() is not None


def left(db: Connection) -> list[WorkItem]:
    """Return the items that are still to be looked up, in the order of their numbers."""
    query = sa.select(item).join(to_look_up, to_look_up.c.item_id == item.c.id)
    return [item_of(row) for row in db.execute(query.order_by(item.c.id))]


def strike_off(db: Connection, item_id: int) -> bool:
    """Record that the item was looked up; return False when it is not on the list."""
    return db.execute(to_look_up.delete().where(to_look_up.c.item_id == item_id)).rowcount == 1


def strike_off_settled(db: Connection) -> None:
    """Remove closed items and items in review from the list."""
    settled = sa.select(item.c.id).where(
        sa.or_(item.c.outcome.is_not(None), item.c.state == ItemState.IN_REVIEW.value)
    )
    db.execute(to_look_up.delete().where(to_look_up.c.item_id.in_(settled)))


def let_go(db: Connection, *, now: datetime) -> int:
    """Resume everything; return how many items were not looked up."""
    missed = db.execute(to_look_up.delete()).rowcount
    withdraw(db, Milestone.HELD)
    db.execute(
        item.update()
        .where(item.c.state == ItemState.POSTPONED, item.c.reason_code == CODE)
        .values(not_before_ms=to_ms(now))
    )
    _release_planned_runs(db, now=now)
    return missed


def _release_planned_runs(db: Connection, *, now: datetime) -> None:
    """Release the newest blocked planned run of each schedule, which covers the earlier ones."""
    blocked = (planned_run.c.state == PlannedState.BLOCKED, planned_run.c.reason == REASON)
    newest = (
        sa.select(planned_run.c.schedule, sa.func.max(planned_run.c.planned_ms))
        .where(*blocked)
        .group_by(planned_run.c.schedule)
    )
    statement = planned_run.update().where(
        *blocked, sa.tuple_(planned_run.c.schedule, planned_run.c.planned_ms).in_(newest)
    )
    db.execute(statement.values(released_ms=to_ms(now)))
