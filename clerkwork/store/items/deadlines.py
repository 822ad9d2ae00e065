"""Marks items whose due instant is near or has passed; each is marked once, by the first caller.

Only items of the given workflows are marked, because the others have no deadline rule.
"""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import WorkItem
from clerkwork.store.items.items import item_of
from clerkwork.store.schema import item

WARNED, OVERDUE = 1, 2


def warn(
    db: Connection, workflows: list[str], *, now: datetime, limit: int = 100
) -> list[WorkItem]:
    """Mark and return open items whose warning instant has passed."""
    come = item.c.workflow.in_(workflows), item.c.warn_ms <= to_ms(now)
    return _mark(db, sa.and_(*come), WARNED, limit)


def overdue(
    db: Connection, workflows: list[str], *, now: datetime, limit: int = 100
) -> list[WorkItem]:
    """Mark and return open items whose due instant has passed."""
    come = item.c.workflow.in_(workflows), item.c.due_ms <= to_ms(now)
    return _mark(db, sa.and_(*come), OVERDUE, limit)


def near(db: Connection, workflows: list[str], *, now: datetime) -> bool:
    """Return whether there may be something to mark, without taking the write lock."""
    come = sa.or_(
        sa.and_(item.c.warn_ms <= to_ms(now), item.c.due_step < WARNED),
        sa.and_(item.c.due_ms <= to_ms(now), item.c.due_step < OVERDUE),
    )
    open_ones = sa.text("finished_ms IS NULL AND due_ms IS NOT NULL")
    known = item.c.workflow.in_(workflows)
    statement = sa.select(item.c.id).where(open_ones, come, known).limit(1)
    return db.execute(statement).first() is not None


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
