"""Login slots: how many items may use one login at the same time, over all hosts.

A slot is taken while its item runs under the attempt that took it. When the item ends, is
postponed, or is taken over from a dead worker, the same statement frees the slot; nothing has to be
given back, and a dead worker keeps nothing. A lookup without an item takes a slot for a limited
time and gives it back.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.store.schema import item, slot
from clerkwork.store.upsert import inserted

NO_ITEM = 0


def take(db: Connection, login: str, holder: WorkItem, *, limit: int, now: datetime) -> bool:
    """Take one of *limit* slots for an item that was just reserved; False when none is free."""
    taken = _take(
        db, login, limit=limit, now=now, item_id=holder.id, attempt=holder.attempt, until_ms=None
    )
    return taken is not None


def take_for_a_time(
    db: Connection, login: str, *, limit: int, until: datetime, now: datetime
) -> int | None:
    """Take one of *limit* slots without an item, *until* at the latest; None when none is free."""
    return _take(db, login, limit=limit, now=now, item_id=NO_ITEM, attempt=0, until_ms=to_ms(until))


def give_back(db: Connection, login: str, number: int, *, until: datetime) -> bool:
    """Free a slot that was taken *until* that instant; False when another caller has it by now."""
    statement = (
        slot.update()
        .where(
            slot.c.login == login,
            slot.c.number == number,
            slot.c.item_id == NO_ITEM,
            slot.c.until_ms == to_ms(until),
        )
        .values(until_ms=None)
    )
    return db.execute(statement).rowcount == 1


def holders(db: Connection, login: str, *, now: datetime) -> int:
    """Return how many slots of the login are taken."""
    return len(_taken(db, login, now))


def _take(
    db: Connection, login: str, *, limit: int, now: datetime, item_id: int, **values: Any
) -> int | None:
    """Give the first free slot to *item_id* and return its number."""
    known = {
        row.number: row
        for row in db.execute(sa.select(slot).where(slot.c.login == login).with_for_update())
    }
    busy = _taken(db, login, now)
    if item_id != NO_ITEM:  # an earlier attempt may have taken one
        busy -= {number for number, row in known.items() if row.item_id == item_id}
    free = next((number for number in range(limit) if number not in busy), None)
    if free is None:
        return None
    if free not in known:
        new = inserted(db, slot, login=login, number=free, item_id=item_id, **values)
        return free if new else None
    seen = known[free]
    statement = (
        slot.update()
        .where(
            slot.c.login == login,
            slot.c.number == free,
            slot.c.item_id == seen.item_id,  # unless another caller took it since it was read
            slot.c.attempt == seen.attempt,
            slot.c.until_ms.is_not_distinct_from(seen.until_ms),
        )
        .values(item_id=item_id, **values)
    )
    return free if db.execute(statement).rowcount == 1 else None


def _taken(db: Connection, login: str, now: datetime) -> set[int]:
    at_work = sa.and_(item.c.id == slot.c.item_id, item.c.attempt == slot.c.attempt)
    statement = (
        sa.select(slot.c.number)
        .outerjoin(item, at_work)
        .where(
            slot.c.login == login,
            sa.or_(item.c.state == ItemState.RUNNING, slot.c.until_ms > to_ms(now)),
        )
    )
    return set(db.execute(statement).scalars())
