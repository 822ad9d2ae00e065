"""Places at a login: how many items may be at work under it at once, over all hosts.

A place is taken while its item runs under the attempt that took it. Whatever ends that - the item
ends, is postponed, or is taken over from a dead worker - frees the place in the same statement, so
there is nothing to give back and nothing that a dead worker could keep.
"""

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.model.items import ItemState, WorkItem
from clerkwork.store.schema import item, slot
from clerkwork.store.upsert import inserted


def take(db: Connection, login: str, holder: WorkItem, *, limit: int) -> bool:
    """Take one of *limit* places for an item that was just reserved; False when none is free."""
    known = {
        row.number: row
        for row in db.execute(sa.select(slot).where(slot.c.login == login).with_for_update())
    }
    busy = _taken(db, login) - {number for number, row in known.items() if row.item_id == holder.id}
    free = next((number for number in range(limit) if number not in busy), None)
    if free is None:
        return False
    if free not in known:
        return inserted(
            db, slot, login=login, number=free, item_id=holder.id, attempt=holder.attempt
        )
    seen = known[free]
    statement = (
        slot.update()
        .where(
            slot.c.login == login,
            slot.c.number == free,
            slot.c.item_id == seen.item_id,  # nobody else took it since it was looked at
            slot.c.attempt == seen.attempt,
        )
        .values(item_id=holder.id, attempt=holder.attempt)
    )
    return db.execute(statement).rowcount == 1


def holders(db: Connection, login: str) -> int:
    """Return how many items are at work under the login."""
    return len(_taken(db, login))


def _taken(db: Connection, login: str) -> set[int]:
    statement = (
        sa.select(slot.c.number)
        .join(item, sa.and_(item.c.id == slot.c.item_id, item.c.attempt == slot.c.attempt))
        .where(slot.c.login == login, item.c.state == ItemState.RUNNING)
    )
    return set(db.execute(statement).scalars())
