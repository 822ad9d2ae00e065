"""Planned runs: one row per due instant of a schedule; whoever inserts it first runs it."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork import clock
from clerkwork.model.schedules import PlannedRun, PlannedState
from clerkwork.store.schema import planned_run
from clerkwork.store.upsert import inserted


def claim(db: Connection, schedule: str, planned: datetime, *, worker: str, now: datetime) -> bool:
    """Take the due instant *planned* of *schedule*; return False if it is taken already."""
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
    )


def finish(
    db: Connection,
    schedule: str,
    planned: datetime,
    *,
    state: PlannedState,
    items: int,
    reason: str,
    now: datetime,
) -> None:
    """Write what became of a claimed instant; one that is finished already stays as it is."""
    db.execute(
        sa.update(planned_run)
        .where(
            planned_run.c.schedule == schedule,
            planned_run.c.planned_ms == clock.to_ms(planned),
            planned_run.c.state == PlannedState.STARTED,
        )
        .values(state=state, items=items, reason=reason, finished_ms=clock.to_ms(now))
    )


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
    """Return the latest planned runs that added items or did not simply run, the newest first."""
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
        finished=None if row.finished_ms is None else clock.from_ms(row.finished_ms),
    )
