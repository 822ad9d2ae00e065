"""The guarded UPDATE behind every state change of a work item; see ``transitions``.

Each state change raises the item's ``revision``. A caller that acts on an item it read earlier
passes the revision it saw; if the item has changed since, the statement does nothing.
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
    """Return the guarded UPDATE to the state *to*, from *starts* or from any allowed state."""
    return _guarded(item_id, to, to_ms(now), starts or set(sources(to)), values)


def prepared(to: ItemState, *, starts: set[ItemState] | None = None, **values: Any) -> sa.Update:
    """Return the UPDATE of ``move``, prepared for frequent use: building it costs as much.

    Execute it with the parameters from ``at`` and with those *values* that are parameters.
    """
    return _guarded(THE_ITEM, to, NOW_MS, starts or set(sources(to)), values)


def at(item_id: int, now: datetime, **more: Any) -> dict[str, Any]:
    """Return the parameters of a prepared UPDATE."""
    return {"the_item": item_id, "now_ms": to_ms(now), **more}


def prepared_release(to: ItemState, **values: Any) -> sa.Update:
    """Return the prepared UPDATE of ``release``; its parameter ``held_by`` is the attempt."""
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
    """Change the item's state from one of *starts* to *to*; False when it is in none of them."""
    return db.execute(move(item_id, to, now, starts=starts, **values)).rowcount == 1


def release(
    db: Connection, item_id: int, attempt: int, to: ItemState, now: datetime, **values: Any
) -> bool:
    """Change the state of an item that *attempt* owns; adds the time since it was reserved."""
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
