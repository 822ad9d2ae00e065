"""Planned runs: one row per due instant of a schedule; the process that inserts the row runs it."""

from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork import clock
from clerkwork.model.work.schedules import PlannedRun, PlannedState
from clerkwork.store.schema import planned_run
from clerkwork.store.upsert import inserted

LEASE = timedelta(seconds=60)  # a process that does not renew for this long counts as dead


def claim(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    worker: str,
    now: datetime,
    lease: timedelta = LEASE,
) -> bool:
    """Claim the due instant *planned* of *schedule*; return False if it is already claimed."""
    return inserted(
        db,
        planned_run,
        schedule=schedule,
        planned_ms=clock.to_ms(planned),
        state=PlannedState.STARTED,
        items=0,
        reason="",
        worker=worker,
        started_ms=clock.to_ms(now),
        finished_ms=None,
        lease_until_ms=clock.to_ms(now + lease),
        released_ms=None,
    )


def settle(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    worker: str,
    state: PlannedState,
    reason: str,
    now: datetime,
) -> bool:
    """Record why a due instant is not run; return False if it is already claimed.

    Claim and reason are one statement, so that a dying process cannot separate them: a row that
    covers many missed instants would otherwise lose its reason when it is run again.
    """
    return inserted(
        db,
        planned_run,
        schedule=schedule,
        planned_ms=clock.to_ms(planned),
        state=state,
        items=0,
        reason=reason,
        worker=worker,
        started_ms=clock.to_ms(now),
        finished_ms=clock.to_ms(now),
        lease_until_ms=None,
        released_ms=None,
    )


def renew(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    worker: str,
    now: datetime,
    lease: timedelta = LEASE,
) -> bool:
    """Extend the lease of a claimed instant; False if another process took it over."""
    done = db.execute(
        sa.update(planned_run)
        .where(*_held(schedule, planned, worker))
        .values(lease_until_ms=clock.to_ms(now + lease))
    )
    return done.rowcount == 1


def finish(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    worker: str | None = None,
    state: PlannedState,
    items: int,
    reason: str,
    now: datetime,
) -> bool:
    """Record the outcome of a claimed instant.

    Args:
        db: The connection.
        schedule: The workflow's name.
        planned: The instant.
        worker: The process that claimed it; None: any.
        state: The outcome.
        items: Number of work items it added.
        reason: Why it was not run normally.
        now: The present instant.

    Returns:
        False if it is already finished or another process took it over; it is then unchanged.
    """
    done = db.execute(
        sa.update(planned_run)
        .where(*_held(schedule, planned, worker))
        .values(
            state=state,
            items=items,
            reason=reason,
            finished_ms=clock.to_ms(now),
            lease_until_ms=None,
        )
    )
    return done.rowcount == 1


def release(db: Connection, schedule: str, planned: datetime, *, now: datetime) -> bool:
    """Release a blocked instant, so that a scheduler runs it; False if it is not blocked."""
    done = db.execute(
        sa.update(planned_run)
        .where(
            planned_run.c.schedule == schedule,
            planned_run.c.planned_ms == clock.to_ms(planned),
            planned_run.c.state == PlannedState.BLOCKED,
        )
        .values(released_ms=clock.to_ms(now))
    )
    return done.rowcount == 1


def open_again(db: Connection, *, now: datetime) -> list[PlannedRun]:
    """Return the instants that were released, or whose process died, the oldest first."""
    query = sa.select(planned_run).where(_again(now)).order_by(planned_run.c.planned_ms)
    return [_planned(row) for row in db.execute(query)]


def claim_again(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    worker: str,
    now: datetime,
    lease: timedelta = LEASE,
) -> bool:
    """Claim an instant from ``open_again``; False if another process was first."""
    done = db.execute(
        sa.update(planned_run)
        .where(
            planned_run.c.schedule == schedule,
            planned_run.c.planned_ms == clock.to_ms(planned),
            _again(now),
        )
        .values(
            state=PlannedState.STARTED,
            worker=worker,
            started_ms=clock.to_ms(now),
            finished_ms=None,
            lease_until_ms=clock.to_ms(now + lease),
            released_ms=None,
        )
    )
    return done.rowcount == 1


def get(db: Connection, schedule: str, planned: datetime) -> PlannedRun | None:
    """Return the row of one due instant, or None."""
    query = sa.select(planned_run).where(
        planned_run.c.schedule == schedule, planned_run.c.planned_ms == clock.to_ms(planned)
    )
    row = db.execute(query).one_or_none()
    return None if row is None else _planned(row)


def list_between(
    db: Connection, schedule: str, *, since: datetime, until: datetime
) -> list[PlannedRun]:
    """Return the rows of *schedule* that were due from *since* to before *until*, in order."""
    query = (
        sa.select(planned_run)
        .where(
            planned_run.c.schedule == schedule,
            planned_run.c.planned_ms >= clock.to_ms(since),
            planned_run.c.planned_ms < clock.to_ms(until),
        )
        .order_by(planned_run.c.planned_ms)
    )
    return [_planned(row) for row in db.execute(query)]


def last_planned(db: Connection, schedule: str) -> datetime | None:
    """Return the latest due instant of *schedule* that has a row, or None before the first."""
    found = db.execute(
        sa.select(sa.func.max(planned_run.c.planned_ms)).where(planned_run.c.schedule == schedule)
    ).scalar()
    return None if found is None else clock.from_ms(found)


def list_recent(
    db: Connection, *, limit: int = 100, schedule: str | None = None
) -> list[PlannedRun]:
    """Return the latest planned runs, the newest first, of one schedule or of all."""
    query = sa.select(planned_run).order_by(planned_run.c.planned_ms.desc()).limit(limit)
    if schedule is not None:
        query = query.where(planned_run.c.schedule == schedule)
    return [_planned(row) for row in db.execute(query)]


def list_telling(db: Connection, *, since: datetime, limit: int = 50) -> list[PlannedRun]:
    """Return the latest planned runs that added items or have a reason, the newest first."""
    query = (
        sa.select(planned_run)
        .where(
            planned_run.c.planned_ms >= clock.to_ms(since),
            sa.or_(planned_run.c["items"] > 0, planned_run.c.state.not_in(_USUAL)),
        )
        .order_by(planned_run.c.planned_ms.desc())
        .limit(limit)
    )
    return [_planned(row) for row in db.execute(query)]


def _held(schedule: str, planned: datetime, worker: str | None) -> list[sa.ColumnElement[bool]]:
    found = [
        planned_run.c.schedule == schedule,
        planned_run.c.planned_ms == clock.to_ms(planned),
        planned_run.c.state == PlannedState.STARTED,
    ]
    return found if worker is None else [*found, planned_run.c.worker == worker]


def _again(now: datetime) -> sa.ColumnElement[bool]:
    lapsed = sa.and_(  # the state as text: SQLite uses its partial index only then
        sa.text("state = 'started'"), planned_run.c.lease_until_ms < clock.to_ms(now)
    )
    released = sa.and_(sa.text("state = 'blocked'"), planned_run.c.released_ms.is_not(None))
    return sa.or_(lapsed, released)


_USUAL = (PlannedState.RAN, PlannedState.STARTED)


def _planned(row: Row[tuple[object, ...]]) -> PlannedRun:
    return PlannedRun(
        schedule=row.schedule,
        planned=clock.from_ms(row.planned_ms),
        state=PlannedState(row.state),
        items=row.items,
        reason=row.reason,
        worker=row.worker,
        started=clock.from_ms(row.started_ms),
        released=None if row.released_ms is None else clock.from_ms(row.released_ms),
        finished=None if row.finished_ms is None else clock.from_ms(row.finished_ms),
    )
