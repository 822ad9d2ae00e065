"""The guarded UPDATE that every move of a work item is; ``moves`` says which moves there are.

Each raises the item's ``revision``. Whoever saw an item and acts on it later names the revision
that was seen; when the item moved meanwhile, that act does nothing.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.items import ItemState, require_moves, sources
from clerkwork.store.schema import item


def move(
    item_id: int,
    to: ItemState,
    now: datetime,
    *,
    starts: set[ItemState] | None = None,
    **values: Any,
) -> sa.Update:
    """Return the guarded UPDATE that moves the item to *to*, from *starts* or wherever it may."""
    if starts is None:
        starts = set(sources(to))
    require_moves(starts, to)
    return (
        item.update()
        .where(item.c.id == item_id, item.c.state.in_(sorted(starts)))
        .values(state=to, updated_ms=to_ms(now), revision=item.c.revision + 1, **values)
    )


def moved(
    db: Connection,
    item_id: int,
    to: ItemState,
    now: datetime,
    *,
    starts: set[ItemState],
    **values: Any,
) -> bool:
    """Move the item from one of *starts* to *to*; return False when it is in none of them."""
    return db.execute(move(item_id, to, now, starts=starts, **values)).rowcount == 1


def release(
    db: Connection, item_id: int, attempt: int, to: ItemState, now: datetime, **values: Any
) -> bool:
    """Move an item that *attempt* holds; the time since it was reserved is the bot's."""
    worked_ms = to_ms(now) - sa.func.coalesce(item.c.reserved_ms, to_ms(now))
    statement = move(
        item_id,
        to,
        now,
        starts={ItemState.RUNNING},
        bot_ms=item.c.bot_ms + worked_ms,
        **values,
    )
    return db.execute(statement.where(item.c.attempt == attempt)).rowcount == 1
