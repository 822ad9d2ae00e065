"""Cancellation of running items: requested by a person, possible until something was sent."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState
from clerkwork.store.schema import effect, item


def ask_cancel(db: Connection, item_id: int, *, who: str, now: datetime) -> bool:
    """Ask the worker of a running item to cancel it at its next step."""
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state == ItemState.RUNNING, unsent())
        .values(cancel_by=who, updated_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def standing(db: Connection, item_id: int, attempt: int) -> tuple[bool, str | None]:
    """Return whether *attempt* still owns the item, and who asked to cancel it, or None.

    Once something of the item has been sent, the request is ignored: None.
    """
    row = db.execute(_STANDING, {"item_id": item_id, "held_by": attempt}).one_or_none()
    return row is not None, row[0] if row else None


def unsent() -> sa.ColumnElement[bool]:
    """Return the condition that no record of the item may be in a target."""
    return ~sa.exists().where(effect.c.item_id == item.c.id, effect.c.sent_ms.is_not(None))


_STANDING = sa.select(sa.case((unsent(), item.c.cancel_by))).where(
    item.c.id == sa.bindparam("item_id"),
    item.c.attempt == sa.bindparam("held_by"),
    item.c.state == ItemState.RUNNING,
)
