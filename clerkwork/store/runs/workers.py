"""Heartbeats of workers: who is alive."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.work.items import ItemState
from clerkwork.store.schema import item, worker
from clerkwork.store.upsert import insert_or_ignore


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerRecord:
    """A worker process and its last sign of life.

    Attributes:
        labels: What its host has that not every host has, in its own words.
        queues: Those it works on, in the order it was told them.
    """

    name: str
    host: str
    pid: int
    started: datetime
    beat: datetime
    labels: tuple[str, ...]
    queues: tuple[str, ...]


def register(
    db: Connection,
    name: str,
    *,
    host: str,
    pid: int,
    now: datetime,
    labels: Collection[str] = (),
    queues: Sequence[str] = (),
    booted: datetime | None = None,
) -> None:
    """Make the worker known; does nothing when it is.

    Args:
        db: The connection.
        name: Unique among all workers.
        host: Where it runs.
        pid: Its process.
        now: The present instant.
        labels: See ``WorkerRecord``.
        queues: See ``WorkerRecord``.
        booted: When its host began to count its time, by the present wall clock, or None.
    """
    insert_or_ignore(
        db,
        worker,
        name=name,
        host=host,
        pid=pid,
        started_ms=to_ms(now),
        beat_ms=to_ms(now),
        booted_ms=None if booted is None else to_ms(booted),
        labels=sorted(labels),
        queues=list(queues),
    )


def beat(db: Connection, name: str, *, now: datetime, booted: datetime) -> bool:
    """Note a sign of life; False when the worker is not known."""
    statement = (
        worker.update()
        .where(worker.c.name == name)
        .values(beat_ms=to_ms(now), booted_ms=to_ms(booted))
    )
    return db.execute(statement).rowcount == 1


def last_booted(db: Connection, host: str) -> datetime | None:
    """Return ``booted`` of the host's last sign of life, by its own time, or None without one."""
    statement = (
        sa.select(worker.c.booted_ms)
        .where(worker.c.host == host, worker.c.booted_ms.is_not(None))
        .order_by((worker.c.beat_ms - worker.c.booted_ms).desc())
        .limit(1)
    )
    found: int | None = db.execute(statement).scalar()
    return None if found is None else from_ms(found)


def alive(db: Connection, *, since: datetime) -> list[WorkerRecord]:
    """Return the workers whose last sign of life is not before *since*."""
    statement = sa.select(worker).where(worker.c.beat_ms >= to_ms(since)).order_by(worker.c.name)
    return [_worker(row) for row in db.execute(statement)]


def at_work(db: Connection) -> dict[str, list[str]]:
    """Return the references of the items that each worker, by its name, works on now."""
    query = (
        sa.select(item.c.worker, item.c.reference)
        .where(item.c.state == ItemState.RUNNING.value, item.c.worker.is_not(None))
        .order_by(item.c.id)
    )
    found = defaultdict(list)
    for name, reference in db.execute(query):
        found[name].append(reference)
    return dict(found)


def remove(db: Connection, name: str) -> None:
    """Forget a worker that ended by itself."""
    db.execute(worker.delete().where(worker.c.name == name))


def _worker(row: Row[Any]) -> WorkerRecord:
    return WorkerRecord(
        name=row.name,
        host=row.host,
        pid=row.pid,
        started=from_ms(row.started_ms),
        beat=from_ms(row.beat_ms),
        labels=tuple(row.labels),
        queues=tuple(row.queues),
    )
