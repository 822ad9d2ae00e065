"""Heartbeats of workers: who is alive."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.store.schema import worker
from clerkwork.store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process and its last sign of life.

    Attributes:
        labels: What its host has that not every host has, in its own words.
    """

    name: str
    host: str
    pid: int
    started: datetime
    beat: datetime
    labels: tuple[str, ...]


def register(
    db: Connection,
    name: str,
    *,
    host: str,
    pid: int,
    now: datetime,
    labels: Collection[str] = (),
) -> None:
    """Make the worker known; does nothing when it is."""
    insert_or_ignore(
        db,
        worker,
        name=name,
        host=host,
        pid=pid,
        started_ms=to_ms(now),
        beat_ms=to_ms(now),
        labels=sorted(labels),
    )


def beat(db: Connection, name: str, *, now: datetime) -> bool:
    """Note a sign of life; False when the worker is not known."""
    statement = worker.update().where(worker.c.name == name).values(beat_ms=to_ms(now))
    return db.execute(statement).rowcount == 1


def alive(db: Connection, *, since: datetime) -> list[Worker]:
    """Return the workers whose last sign of life is not before *since*."""
    statement = sa.select(worker).where(worker.c.beat_ms >= to_ms(since)).order_by(worker.c.name)
    return [_worker(row) for row in db.execute(statement)]


def remove(db: Connection, name: str) -> None:
    """Forget a worker that ended by itself."""
    db.execute(worker.delete().where(worker.c.name == name))


def _worker(row: Row[Any]) -> Worker:
    return Worker(
        name=row.name,
        host=row.host,
        pid=row.pid,
        started=from_ms(row.started_ms),
        beat=from_ms(row.beat_ms),
        labels=tuple(row.labels),
    )
