"""Items held back by their workflow's queue trigger: postponed, without an instant of their own."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.work.items import ItemState, WorkItem, require_moves
from clerkwork.store.items import transitions
from clerkwork.store.items.items import item_of
from clerkwork.store.schema import item

CODE = "held"
REASON = "waits until the queue trigger of its workflow releases it"
_IS_HELD = sa.text("state = 'postponed' AND reason_code = 'held'")  # exactly as in the index


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The held items of one workflow.

    Attributes:
        count: Their number.
        since: When the oldest of them was held.
        due: The earliest due instant among them, or None.
    """

    workflow: str
    count: int
    since: datetime
    due: datetime | None


def hold(db: Connection, item_id: int, *, now: datetime) -> bool:
    """Hold a waiting item that is not queued yet; return False if it is not waiting."""
    return transitions.defer(db, item_id, not_before=None, code=CODE, reason=REASON, now=now)


def summary(db: Connection) -> list[Held]:
    """Return the held items by workflow."""
    statement = (
        sa.select(
            item.c.workflow,
            sa.func.count().label("found"),
            sa.func.min(item.c.updated_ms).label("since_ms"),
            sa.func.min(item.c.due_ms).label("first_due_ms"),
        )
        .where(_IS_HELD)
        .group_by(item.c.workflow)
        .order_by(item.c.workflow)
    )
    return [
        Held(
            workflow=row.workflow,
            count=row.found,
            since=from_ms(row.since_ms),
            due=None if row.first_due_ms is None else from_ms(row.first_due_ms),
        )
        for row in db.execute(statement)
    ]


def release(db: Connection, workflow: str, *, limit: int, now: datetime) -> list[WorkItem]:
    """Change held items to waiting, the longest held first; return them."""
    require_moves({ItemState.POSTPONED}, ItemState.WAITING)
    chosen = (
        sa.select(item.c.id)
        .where(_IS_HELD, item.c.workflow == workflow)
        .order_by(item.c.updated_ms, item.c.id)
        .limit(limit)
    )
    statement = (
        item.update()
        .where(item.c.id.in_(chosen), _IS_HELD)
        .values(
            state=ItemState.WAITING,
            reason_code=None,
            reason=None,
            updated_ms=to_ms(now),
            revision=item.c.revision + 1,
        )
        .returning(item)
    )
    return sorted(map(item_of, db.execute(statement)), key=lambda found: found.id)
