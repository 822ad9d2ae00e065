"""The events of the run log in the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.work.attachments import Attachment
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.store.schema import event

KEPT = {Kind.EVIDENCE, Kind.ATTACHED}  # their files are in the evidence folder
_ADD = event.insert().returning(event.c.number)
_ADD_ALL = event.insert().returning(event.c.number, sort_by_parameter_order=True)
_A_START = sa.text("event.kind = 'run_started'")  # exactly as in the partial index


def add(db: Connection, new: Event) -> int:
    """Add an event and return its number."""
    return add_all(db, [new])[0]


def add_all(db: Connection, new: Sequence[Event]) -> list[int]:
    """Add events and return their numbers, in the same order."""
    if len(new) == 1:
        return [int(db.execute(_ADD, _values(new[0])).scalar_one())]
    return list(db.execute(_ADD_ALL, [_values(one) for one in new]).scalars())


def _values(new: Event) -> dict[str, Any]:
    return {
        "at_ms": to_ms(new.at),
        "kind": new.kind,
        "level": new.level,
        "item_id": new.item_id,
        "run_id": new.run_id,
        "attempt": new.attempt,
        "worker": new.worker,
        "step": new.step,
        "message": new.message,
        "data": new.data,
        "picture": new.data.get("sha256") if new.kind in KEPT else None,
    }


def after(
    db: Connection,
    number: int,
    *,
    item_id: int | None = None,
    run_id: str | None = None,
    limit: int = 500,
) -> list[Event]:
    """Return the events numbered above *number*, in order, to follow the log."""
    statement = sa.select(event).where(event.c.number > number)
    if item_id is not None:
        statement = statement.where(event.c.item_id == item_id)
    if run_id is not None:
        statement = statement.where(event.c.run_id == run_id)
    rows = db.execute(statement.order_by(event.c.number).limit(limit))
    return [_event(row) for row in rows]


def attached(db: Connection, run_id: str) -> list[Attachment]:
    """Return the stored files of a run, in order.

    A step attaches one file. When a step ran several times, because its worker died before the
    checkpoint or the run was requeued from it, the last file counts.
    """
    later = event.alias()
    again = sa.exists().where(
        later.c.run_id == event.c.run_id,
        later.c.step == event.c.step,
        later.c.kind == Kind.ATTACHED,
        later.c.number > event.c.number,
    )
    statement = (
        sa.select(event.c.data)
        .where(
            event.c.run_id == run_id,
            event.c.kind == Kind.ATTACHED,
            event.c.picture.is_not(None),
            ~again,
        )
        .order_by(event.c.number)
    )
    return [Attachment.model_validate(data) for data in db.execute(statement).scalars()]


def attachment(db: Connection, item_id: int, sha256: str) -> Attachment | None:
    """Return the stored file with this address from any run of the item, or None."""
    statement = (
        sa.select(event.c.data)
        .where(
            event.c.item_id == item_id,
            event.c.kind == Kind.ATTACHED,
            event.c.picture == sha256,
        )
        .order_by(event.c.number)
        .limit(1)
    )
    data = db.execute(statement).scalar()
    return None if data is None else Attachment.model_validate(data)


def newest(db: Connection, *, limit: int = 100, kinds: tuple[Kind, ...] = ()) -> list[Event]:
    """Return the newest events, the newest first."""
    statement = sa.select(event).order_by(event.c.number.desc()).limit(limit)
    if kinds:
        statement = statement.where(event.c.kind.in_(kinds))
    return [_event(row) for row in db.execute(statement)]


def last_step(db: Connection, run_id: str) -> str | None:
    """Return the step that the run started last, or None."""
    statement = (
        sa.select(event.c.step)
        .where(event.c.run_id == run_id, event.c.kind == Kind.STEP_STARTED)
        .order_by(event.c.number.desc())
        .limit(1)
    )
    found: str | None = db.execute(statement).scalar()
    return found


def last_number(db: Connection) -> int:
    """Return the number of the newest event, or 0."""
    return int(db.execute(sa.select(sa.func.coalesce(sa.func.max(event.c.number), 0))).scalar_one())


def runs(db: Connection, *, limit: int = 100, before: int | None = None) -> list[dict[str, Any]]:
    """Return the most recently started runs: run_id, item_id, first and last instant, counts.

    Args:
        db: An open transaction.
        limit: Maximum number of runs; only their events are read.
        before: The ``number`` of the last run on the previous page, or None.
    """
    started = _newest_starts(limit, before)
    errors = sa.func.sum(sa.case((event.c.level == Level.ERROR, 1), else_=0)).label("errors")
    statement = (
        sa.select(
            started.c.run_id,
            started.c.item_id,
            started.c.number,
            sa.func.min(event.c.at_ms).label("first_ms"),
            sa.func.max(event.c.at_ms).label("last_ms"),
            sa.func.count().label("events"),
            errors,
        )
        .join(event, event.c.run_id == started.c.run_id)
        .group_by(started.c.run_id, started.c.item_id, started.c.number)
        .order_by(started.c.number.desc())
    )
    return [
        {
            "run_id": row.run_id,
            "item_id": row.item_id,
            "first": from_ms(row.first_ms),
            "last": from_ms(row.last_ms),
            "events": int(row.events),
            "errors": int(row.errors),
            "number": int(row.number),
        }
        for row in db.execute(statement)
    ]


def _newest_starts(limit: int, before: int | None) -> sa.Subquery:
    """Return the latest start of each of the most recently started runs."""
    later = event.alias()
    again = sa.exists().where(
        later.c.run_id == event.c.run_id,
        later.c.kind == Kind.RUN_STARTED,
        later.c.number > event.c.number,
    )
    statement = (
        sa.select(event.c.run_id, event.c.item_id, event.c.number)
        .where(_A_START, ~again)
        .order_by(event.c.number.desc())
        .limit(limit)
    )
    if before is not None:
        statement = statement.where(event.c.number < before)
    return statement.subquery()


def _event(row: Row[Any]) -> Event:
    return Event(
        number=row.number,
        at=from_ms(row.at_ms),
        kind=Kind(row.kind),
        level=Level(row.level),
        item_id=row.item_id,
        run_id=row.run_id,
        attempt=row.attempt,
        worker=row.worker,
        step=row.step,
        message=row.message,
        data=row.data,
    )


def since(db: Connection, instant: datetime) -> int:
    """Return the number of events at or after *instant*."""
    statement = sa.select(sa.func.count()).where(event.c.at_ms >= to_ms(instant))
    return int(db.execute(statement).scalar_one())
