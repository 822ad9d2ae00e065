"""The heartbeats of workers, which show who is alive."""

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
    """A worker process and its last heartbeat.

    Attributes:
        labels: The host's labels.
        queues: The queues of the worker, in the given order.
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
    """Register the worker; does nothing when it is already registered.

    Args:
        db: The connection.
        name: Unique among all workers.
        host: The host it runs on.
        pid: Its process id.
        now: The present instant.
        labels: See ``WorkerRecord``.
        queues: See ``WorkerRecord``.
        booted: When its host started, by the present wall clock, or None.
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
    """Record a heartbeat; False when the worker is not registered."""
    statement = (
        worker.update()
        .where(worker.c.name == name)
        .values(beat_ms=to_ms(now), booted_ms=to_ms(booted))
    )
    return db.execute(statement).rowcount == 1


def last_booted(db: Connection, host: str) -> datetime | None:
    """Return ``booted`` of the host's last heartbeat, by the time it recorded, or None."""
    statement = (
        sa.select(worker.c.booted_ms)
        .where(worker.c.host == host, worker.c.booted_ms.is_not(None))
        .order_by((worker.c.beat_ms - worker.c.booted_ms).desc())
        .limit(1)
    )
    found: int | None = db.execute(statement).scalar()
    return None if found is None else from_ms(found)


def alive(db: Connection, *, since: datetime) -> list[WorkerRecord]:
    """Return the workers whose last heartbeat is not before *since*."""
    statement = sa.select(worker).where(worker.c.beat_ms >= to_ms(since)).order_by(worker.c.name)
    return [_worker(row) for row in db.execute(statement)]


def at_work(db: Connection) -> dict[str, list[str]]:
    """Return the references of the items that each worker runs now, by worker name."""
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
    """Remove a worker that ended normally."""
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
