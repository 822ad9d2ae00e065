"""Batches that are being staged: their items wait in a separate table until all are there."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.store.schema import staged_batch, staged_item

PORTION = 500  # rows deleted in one transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class StagedBatch:
    """A staged batch.

    Attributes:
        number: Its number in the store.
        key: Its key as a delivery.
        items: Number of its items.
        complete: Whether all items are staged, so that all of them will be added.
        done: Number of items that were added.
    """

    number: int
    workflow: str
    key: str
    items: int
    complete: bool
    done: int


def begin(db: Connection, workflow: str, key: str, *, items: int, now: datetime) -> int:
    """Start to stage a batch; return its number."""
    values = {
        "workflow": workflow,
        "key": key,
        "items": items,
        "complete": False,
        "done": 0,
        "renewed_ms": to_ms(now),
    }
    made = db.execute(staged_batch.insert().returning(staged_batch.c.number), values)
    return int(made.scalar_one())


def renew(db: Connection, number: int, *, now: datetime) -> bool:
    """Note that a process still works on the batch; False when a sweep has discarded it."""
    statement = (
        staged_batch.update().where(staged_batch.c.number == number).values(renewed_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def stage(db: Connection, number: int, first: int, arrivals: Sequence[dict[str, Any]]) -> None:
    """Stage the data of items; *first* is the position of the first one, from 0."""
    rows = [
        {"batch": number, "position": first + index, "arrival": arrival}
        for index, arrival in enumerate(arrivals)
    ]
    db.execute(staged_item.insert(), rows)


def complete(db: Connection, number: int) -> bool:
    """Mark the batch as complete, so that all of it will be added; False when it is gone."""
    statement = staged_batch.update().where(staged_batch.c.number == number).values(complete=True)
    return db.execute(statement).rowcount == 1


def locked(db: Connection, number: int) -> StagedBatch | None:
    """Return the batch, locked for this transaction, or None when it is gone."""
    query = _SELECT.where(staged_batch.c.number == number).with_for_update()
    row = db.execute(query).one_or_none()
    return None if row is None else StagedBatch(**row._mapping)  # noqa: SLF001 - documented name


def find(db: Connection, workflow: str, key: str) -> StagedBatch | None:
    """Return the complete batch with this key if some of its items are not added yet, or None."""
    row = db.execute(
        _SELECT.where(
            staged_batch.c.workflow == workflow, staged_batch.c.key == key, staged_batch.c.complete
        )
    ).first()
    return None if row is None else StagedBatch(**row._mapping)  # noqa: SLF001 - documented name


def arrivals(db: Connection, number: int, first: int, limit: int) -> list[dict[str, Any]]:
    """Return the data of at most *limit* items, starting at the position *first*."""
    query = (
        sa.select(staged_item.c.arrival)
        .where(staged_item.c.batch == number, staged_item.c.position >= first)
        .order_by(staged_item.c.position)
        .limit(limit)
    )
    return list(db.execute(query).scalars())


def note_done(db: Connection, number: int, done: int) -> None:
    """Record how many items of the batch were added."""
    db.execute(staged_batch.update().where(staged_batch.c.number == number).values(done=done))


def abandoned(db: Connection, *, before: datetime) -> list[StagedBatch]:
    """Return the batches that no process has worked on since *before*."""
    query = _SELECT.where(staged_batch.c.renewed_ms < to_ms(before))
    found = db.execute(query.order_by(staged_batch.c.number))
    return [StagedBatch(**row._mapping) for row in found]  # noqa: SLF001 - documented name


def discard(db: Connection, number: int, *, before: datetime | None = None) -> bool:
    """Delete the batch unless a process worked on it since *before*; its rows become orphans."""
    statement = staged_batch.delete().where(staged_batch.c.number == number)
    if before is not None:
        statement = statement.where(
            staged_batch.c.renewed_ms < to_ms(before), ~staged_batch.c.complete
        )
    return db.execute(statement).rowcount == 1


def has_orphans(db: Connection) -> bool:
    """Return whether there are rows whose batch is gone."""
    known = sa.select(staged_batch.c.number)
    query = sa.select(staged_item.c.batch).where(staged_item.c.batch.not_in(known)).limit(1)
    return db.execute(query).first() is not None


def delete_orphans(db: Connection) -> int:
    """Delete a portion of the rows whose batch is gone; return their number."""
    known = sa.select(staged_batch.c.number)
    portion = (
        sa.select(staged_item.c.batch, staged_item.c.position)
        .where(staged_item.c.batch.not_in(known))
        .limit(PORTION)
    )
    name = sa.tuple_(staged_item.c.batch, staged_item.c.position)
    return db.execute(staged_item.delete().where(name.in_(portion))).rowcount


_SELECT = sa.select(
    staged_batch.c.number,
    staged_batch.c.workflow,
    staged_batch.c.key,
    staged_batch.c["items"],
    staged_batch.c.complete,
    staged_batch.c.done,
)
