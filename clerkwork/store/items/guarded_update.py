"""The guarded UPDATE behind every state change of a work item; see ``transitions``.

Each raises the item's ``revision``. Whoever saw an item and acts on it later names the revision
that was seen; when the item moved meanwhile, that act does nothing.
"""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, require_moves, sources
from clerkwork.store.schema import item

THE_ITEM = sa.bindparam("the_item", type_=item.c.id.type)
NOW_MS = sa.bindparam("now_ms", type_=item.c.updated_ms.type)


def move(
    item_id: int,
    to: ItemState,
    now: datetime,
    *,
    starts: set[ItemState] | None = None,
    **values: Any,
) -> sa.Update:
    """Return the guarded UPDATE that moves the item to *to*, from *starts* or wherever it may."""
    return _guarded(item_id, to, to_ms(now), starts or set(sources(to)), values)


def prepared(to: ItemState, *, starts: set[ItemState] | None = None, **values: Any) -> sa.Update:
    """Return the UPDATE of ``move`` for a move that is made often: building it costs as much.

    It is executed with the parameters of ``at``, and of the *values* that are parameters.
    """
    return _guarded(THE_ITEM, to, NOW_MS, starts or set(sources(to)), values)


def at(item_id: int, now: datetime, **more: Any) -> dict[str, Any]:
    """Return the parameters of a prepared move."""
    return {"the_item": item_id, "now_ms": to_ms(now), **more}


def prepared_release(to: ItemState, **values: Any) -> sa.Update:
    """Return the UPDATE of ``release``, prepared; ``held_by`` is the attempt."""
    worked_ms = NOW_MS - sa.func.coalesce(item.c.reserved_ms, NOW_MS)
    statement = prepared(to, starts={ItemState.RUNNING}, bot_ms=item.c.bot_ms + worked_ms, **values)
    return statement.where(item.c.attempt == sa.bindparam("held_by"))


def _guarded(
    item_id: int | sa.BindParameter[int],
    to: ItemState,
    now_ms: int | sa.BindParameter[int],
    starts: set[ItemState],
    values: dict[str, Any],
) -> sa.Update:
    require_moves(starts, to)
    return (
        item.update()
        .where(item.c.id == item_id, item.c.state.in_(sorted(starts)))
        .values(state=to, updated_ms=now_ms, revision=item.c.revision + 1, **values)
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
