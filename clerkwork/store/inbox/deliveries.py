"""Deliveries from other systems and mailboxes, recorded so that a repeated one is recognised."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import from_ms, to_ms
from clerkwork.store.schema import delivery
from clerkwork.store.upsert import inserted


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One recorded delivery.

    Attributes:
        digest: SHA-256 of its content.
        items: Number of items, or of files, in it.
        arrived: When it was recorded.
    """

    digest: str
    items: int
    arrived: datetime


def add(db: Connection, workflow: str, key: str, *, digest: str, items: int, now: datetime) -> bool:
    """Record a delivery; return False if its key is already recorded."""
    return inserted(
        db,
        delivery,
        workflow=workflow,
        key=key,
        digest=digest,
        items=items,
        arrived_ms=to_ms(now),
    )


def find(db: Connection, workflow: str, key: str) -> Delivery | None:
    """Return the delivery with this key, or None."""
    query = sa.select(delivery).where(delivery.c.workflow == workflow, delivery.c.key == key)
    row = db.execute(query).one_or_none()
    if row is None:
        return None
    return Delivery(digest=row.digest, items=row.items, arrived=from_ms(row.arrived_ms))
