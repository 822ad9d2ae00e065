"""Deletes old records: always in small portions, and only those of closed items."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import CLOSED
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.schema import (
    checked_value,
    delivery,
    effect,
    event,
    item,
    planned_run,
    reading,
    review,
)

PORTION = 500
_FAILED = sa.or_(item.c.failures > 0, item.c.takeovers > 0, item.c.breaks > 0)
SUCCESS = sa.and_(item.c.touched.is_(sa.false()), sa.not_(_FAILED))
FAILURE = sa.and_(item.c.touched.is_(sa.false()), _FAILED)
REVIEW = item.c.touched.is_(sa.true())


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceFile:
    """A file in the evidence folder that an event refers to.

    Attributes:
        number: The event.
        sha256: The content address of its file.
    """

    number: int
    sha256: str


def old_pictures(
    db: Connection, kind: sa.ColumnElement[bool], *, before: datetime, after: int = 0
) -> list[EvidenceFile]:
    """Return pictures of items of *kind* closed before an instant, the oldest first."""
    old = item.c.finished_ms < to_ms(before)
    return _files(db, Kind.EVIDENCE, kind, old, event.c.number > after)


def old_attachments(db: Connection, *, before: datetime, after: int = 0) -> list[EvidenceFile]:
    """Return files that bots produced for items closed before an instant, the oldest first."""
    old = item.c.finished_ms < to_ms(before)
    return _files(db, Kind.ATTACHED, old, event.c.number > after)


def attachments(db: Connection) -> set[str]:
    """Return the addresses of all stored files that bots produced."""
    kept = event.c.picture.is_not(None)
    statement = sa.select(event.c.picture).where(event.c.kind == Kind.ATTACHED, kept)
    return set(db.execute(statement.distinct()).scalars())


def spare_pictures(
    db: Connection, kind: sa.ColumnElement[bool], *, after: int = 0
) -> list[EvidenceFile]:
    """Return pictures of closed items that belong to no first, last or failed step.

    A step means one attempt at it, with all files of that attempt. The first and last step of a
    run are those that have files. A step in which the worker died counts as failed.
    """
    failed = _step_has(Kind.EXCEPTION)
    died = sa.and_(_step_has(Kind.STEP_STARTED), ~_step_has(Kind.STEP_DONE), ~_attempt_ended())
    ends = [_of_step_at(end) for end in (sa.func.min, sa.func.max)]
    closed = item.c.finished_ms.is_not(None)
    return _files(
        db,
        Kind.EVIDENCE,
        kind,
        closed,
        event.c.run_id.is_not(None),
        ~failed,
        ~died,
        ~sa.or_(*ends),
        event.c.number > after,
    )


def forget_pictures(db: Connection, pictures: list[EvidenceFile]) -> list[str]:
    """Mark the pictures as deleted; return the addresses that nothing else refers to."""
    numbers = [picture.number for picture in pictures]
    addresses = sorted({picture.sha256 for picture in pictures})
    db.execute(event.update().where(event.c.number.in_(numbers)).values(picture=None))
    kept = set(
        db.execute(
            sa.select(event.c.picture).where(event.c.picture.in_(addresses)).distinct()
        ).scalars()
    )
    return [address for address in addresses if address not in kept]


def delete_events(db: Connection, *, before: datetime) -> int:
    """Delete a portion of old events: those of closed items, and those without an item."""
    old_items = sa.select(item.c.id).where(item.c.finished_ms < to_ms(before))
    lone = sa.and_(event.c.item_id.is_(None), event.c.at_ms < to_ms(before))
    portion = (
        sa.select(event.c.number)
        .where(
            event.c.number < _first_since(db, before),
            event.c.picture.is_(None),
            sa.or_(lone, event.c.item_id.in_(old_items)),
        )
        .order_by(event.c.number)
        .limit(PORTION * 10)
    )
    return db.execute(event.delete().where(event.c.number.in_(portion))).rowcount


def delete_items(db: Connection, *, before: datetime) -> int:
    """Delete a portion of the items closed before an instant, with their records.

    Their effects stay in the ledger without the entered data, so that none is done again.
    """
    portion = (
        sa.select(item.c.id)
        .where(item.c.state.in_(CLOSED), item.c.updated_ms < to_ms(before))
        .order_by(item.c.updated_ms)
        .limit(PORTION)
    )
    numbers = list(db.execute(portion).scalars())
    db.execute(effect.update().where(effect.c.item_id.in_(numbers)).values(value=None, find=None))
    for table in (review, reading, checked_value):
        db.execute(table.delete().where(table.c.item_id.in_(numbers)))
    db.execute(event.delete().where(event.c.item_id.in_(numbers), event.c.picture.is_(None)))
    return db.execute(item.delete().where(item.c.id.in_(numbers))).rowcount


def delete_planned_runs(db: Connection, *, before: datetime) -> int:
    """Delete a portion of the finished planned runs that were due before an instant.

    The newest run of each schedule stays, because a scheduler counts missed runs from it. Active
    and released runs stay too.
    """
    later = planned_run.alias()
    newer = sa.exists().where(
        later.c.schedule == planned_run.c.schedule, later.c.planned_ms > planned_run.c.planned_ms
    )
    over = (planned_run.c.state != PlannedState.STARTED, planned_run.c.released_ms.is_(None))
    portion = (
        sa.select(planned_run.c.schedule, planned_run.c.planned_ms)
        .where(planned_run.c.planned_ms < to_ms(before), newer, *over)
        .order_by(planned_run.c.planned_ms)
        .limit(PORTION * 10)
    )
    name = sa.tuple_(planned_run.c.schedule, planned_run.c.planned_ms)
    return db.execute(planned_run.delete().where(name.in_(portion))).rowcount


def delete_deliveries(db: Connection, *, before: datetime) -> int:
    """Delete a portion of the deliveries that arrived before an instant."""
    portion = (
        sa.select(delivery.c.workflow, delivery.c.key)
        .where(delivery.c.arrived_ms < to_ms(before))
        .order_by(delivery.c.arrived_ms)
        .limit(PORTION * 10)
    )
    name = sa.tuple_(delivery.c.workflow, delivery.c.key)
    return db.execute(delivery.delete().where(name.in_(portion))).rowcount


def closed_among(db: Connection, numbers: set[int], *, before: datetime) -> set[int]:
    """Return those of the items that were closed before an instant or no longer exist."""
    statement = sa.select(item.c.id, item.c.finished_ms).where(item.c.id.in_(numbers))
    found = {row.id: row.finished_ms for row in db.execute(statement)}
    return {
        number
        for number in numbers
        if number not in found or (found[number] is not None and found[number] < to_ms(before))
    }


def _same_step(other: sa.FromClause) -> sa.ColumnElement[bool]:
    """Return the condition that another event belongs to the same attempt at the same step."""
    return sa.and_(
        other.c.run_id == event.c.run_id,
        other.c.attempt == event.c.attempt,
        other.c.step.is_not_distinct_from(event.c.step),
    )


def _step_has(kind: Kind) -> sa.ColumnElement[bool]:
    """Return the condition that the event's step, in the same attempt, has an event of *kind*."""
    other = event.alias()
    return sa.exists().where(_same_step(other), other.c.kind == kind)


def _attempt_ended() -> sa.ColumnElement[bool]:
    """Return the condition that no worker died during the event's attempt."""
    other = event.alias()
    same = (other.c.run_id == event.c.run_id, other.c.attempt == event.c.attempt)
    return sa.exists().where(*same, other.c.kind == Kind.RUN_ENDED)


def _of_step_at(end: Callable[..., sa.ColumnElement[int]]) -> sa.ColumnElement[bool]:
    """Return the condition that the event belongs to the step with the *end* file of its run."""
    other, inner = event.alias(), event.alias()
    at_end = (
        sa.select(end(inner.c.number))
        .where(
            inner.c.run_id == event.c.run_id,
            inner.c.picture.is_not(None),
            inner.c.kind == Kind.EVIDENCE,
        )
        .correlate(event)
        .scalar_subquery()
    )
    return sa.exists().where(_same_step(other), other.c.number == at_end)


def _files(db: Connection, of: Kind, *conditions: sa.ColumnElement[bool]) -> list[EvidenceFile]:
    statement = (
        sa.select(event.c.number, event.c.picture)
        .join(item, item.c.id == event.c.item_id)
        .where(event.c.picture.is_not(None), event.c.kind == of, *conditions)
        .order_by(event.c.number)
        .limit(PORTION)
    )
    return [EvidenceFile(number=row.number, sha256=row.picture) for row in db.execute(statement)]


def _first_since(db: Connection, instant: datetime) -> int:
    """Return the number of the first event at or after *instant*, by binary search.

    Events are numbered in the order of time, so no index on the time is needed.
    """
    low, high = 0, int(db.execute(sa.select(sa.func.max(event.c.number))).scalar() or 0) + 1
    while low < high:
        middle = (low + high) // 2
        statement = (
            sa.select(event.c.at_ms)
            .where(event.c.number >= middle)
            .order_by(event.c.number)
            .limit(1)
        )
        at_ms = db.execute(statement).scalar()
        if at_ms is None or at_ms >= to_ms(instant):
            high = middle
        else:
            low = middle + 1
    return low
