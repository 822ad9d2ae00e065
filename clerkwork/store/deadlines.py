"""Marks items whose due instant is near or over; each is marked once, by whoever comes first."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.items import WorkItem
from clerkwork.store.items import item_of
from clerkwork.store.schema import item

WARNED, OVERDUE = 1, 2


def warn(db: Connection, *, now: datetime, limit: int = 100) -> list[WorkItem]:
    """Mark and return open items whose warning instant has come."""
    return _mark(db, item.c.warn_ms <= to_ms(now), WARNED, limit)


def overdue(db: Connection, *, now: datetime, limit: int = 100) -> list[WorkItem]:
    """Mark and return open items whose due instant has come."""
    return _mark(db, item.c.due_ms <= to_ms(now), OVERDUE, limit)


def near(db: Connection, *, now: datetime) -> bool:
    """Return whether there may be something to mark; it holds up no writer."""
    come = sa.or_(
        sa.and_(item.c.warn_ms <= to_ms(now), item.c.due_step < WARNED),
        sa.and_(item.c.due_ms <= to_ms(now), item.c.due_step < OVERDUE),
    )
    open_ones = sa.text("finished_ms IS NULL AND due_ms IS NOT NULL")
    return db.execute(sa.select(item.c.id).where(open_ones, come).limit(1)).first() is not None


def _mark(db: Connection, come: sa.ColumnElement[bool], step: int, limit: int) -> list[WorkItem]:
    open_ones = (
        sa.select(item.c.id)
        .where(sa.text("finished_ms IS NULL AND due_ms IS NOT NULL"), come, item.c.due_step < step)
        .order_by(item.c.due_ms)
        .limit(limit)
    )
    statement = (
        item.update()
        .where(item.c.id.in_(open_ones), item.c.due_step < step)
        .values(due_step=step)
        .returning(item)
    )
    return [item_of(row) for row in db.execute(statement)]
