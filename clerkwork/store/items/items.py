"""Work items in the store: adding and finding them; ``transitions`` changes their state."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.work.items import CLOSED, NORMAL, ItemState, NewItem, Outcome, WorkItem
from clerkwork.store.schema import event, item, review
from clerkwork.store.upsert import insert_or_ignore

PAGE = 50
_GET = sa.select(item).where(item.c.id == sa.bindparam("item_id"))


def add(
    db: Connection,
    new: NewItem,
    *,
    queue: str,
    digest: str,
    state: ItemState,
    now: datetime,
    warn: datetime | None = None,
) -> int | None:
    """Add *new* and return its number, or None when its reference is already used."""
    at_ms = to_ms(now)
    key = insert_or_ignore(
        db,
        item,
        workflow=new.workflow,
        reference=new.reference,
        group_key=new.group_key,
        queue=queue,
        state=state,
        payload=new.payload,
        digest=digest,
        source=new.source,
        parent_id=new.parent_id,
        cause=new.cause,
        priority=NORMAL if new.priority is None else new.priority,
        not_before_ms=_ms(new.not_before),
        due_ms=_ms(new.due),
        warn_ms=_ms(warn),
        batch_id=new.batch_id,
        run_no=1,
        attempt=0,
        failures=0,
        takeovers=0,
        touched=state is ItemState.IN_REVIEW,
        arrived_ms=at_ms,
        updated_ms=at_ms,
        bot_ms=0,
    )
    return None if key is None else int(key.id)


def get(db: Connection, item_id: int) -> WorkItem | None:
    """Return the item numbered *item_id*, or None."""
    row = db.execute(_GET, {"item_id": item_id}).one_or_none()
    return None if row is None else item_of(row)


def find(db: Connection, workflow: str, reference: str) -> tuple[WorkItem, str] | None:
    """Return the item with *reference* in *workflow* and its payload's digest, or None."""
    statement = sa.select(item).where(item.c.workflow == workflow, item.c.reference == reference)
    row = db.execute(statement).one_or_none()
    return None if row is None else (item_of(row), row.digest)


def due(db: Connection, *, now: datetime, limit: int = 100) -> list[WorkItem]:
    """Return the postponed items whose instant has come, the longest waiting first."""
    statement = (
        sa.select(item)
        .where(item.c.state == ItemState.POSTPONED, item.c.not_before_ms <= to_ms(now))
        .order_by(item.c.not_before_ms)
        .limit(limit)
    )
    return [item_of(row) for row in db.execute(statement)]


def oldest_waiting(db: Connection) -> WorkItem | None:
    """Return the item that has waited for a worker the longest, or None."""
    statement = sa.select(item).where(item.c.state == ItemState.WAITING)
    row = db.execute(statement.order_by(item.c.updated_ms).limit(1)).one_or_none()
    return None if row is None else item_of(row)


def one_postponed(db: Connection, code: str) -> WorkItem | None:
    """Return any item postponed for the reason *code*, or None."""
    wanted = item.c.state == ItemState.POSTPONED, item.c.reason_code == code
    row = db.execute(sa.select(item).where(*wanted).limit(1)).one_or_none()
    return None if row is None else item_of(row)


def of_other_workflows(db: Connection, workflows: list[str]) -> dict[str, int]:
    """Return the number of open items by workflow, for all workflows but the given ones."""
    statement = (
        sa.select(item.c.workflow, sa.func.count().label("found"))
        .where(item.c.state.in_(sorted(set(ItemState) - CLOSED)), item.c.workflow.not_in(workflows))
        .group_by(item.c.workflow)
        .order_by(item.c.workflow)
    )
    return {row.workflow: row.found for row in db.execute(statement)}


def has_work(db: Connection, queue: str, *, now: datetime) -> bool:
    """Return whether an item of the queue is running, waiting for a worker, or due."""
    at_work = item.c.state.in_([ItemState.WAITING, ItemState.RUNNING])
    is_due = sa.and_(item.c.state == ItemState.POSTPONED, item.c.not_before_ms <= to_ms(now))
    statement = sa.select(item.c.id).where(item.c.queue == queue, sa.or_(at_work, is_due))
    return db.execute(statement.limit(1)).one_or_none() is not None


def first_arrival(db: Connection) -> datetime | None:
    """Return the arrival of the oldest item in the store, or None."""
    statement = sa.select(item.c.arrived_ms).order_by(item.c.id).limit(1)
    found = db.execute(statement).scalar()
    return None if found is None else from_ms(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which items a list shows; None: all.

    Attributes:
        code: Items that were sent to a person with this reason code.
        reason: The same, and items that are postponed for this reason.
        healed: Whether a changed field was found for the item by its earlier appearance.
        since: Arrived at or after.
        until: Arrived before.
        text: Part of the reference.
        batch: Came with this batch.
        ids: Only these numbers.
    """

    workflow: str | None = None
    state: str | None = None
    outcome: str | None = None
    code: str | None = None
    reason: str | None = None
    touched: bool | None = None
    healed: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None
    batch: str | None = None
    ids: tuple[int, ...] | None = None


def search(
    db: Connection, wanted: Filter, *, limit: int = PAGE, before_id: int | None = None
) -> list[WorkItem]:
    """Return the newest matching items, at most *limit*, older than *before_id*."""
    statement = sa.select(item).where(*conditions(wanted)).order_by(item.c.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(item.c.id < before_id)
    return [item_of(row) for row in db.execute(statement)]


def count(db: Connection, wanted: Filter) -> int:
    """Return the number of matching items."""
    statement = sa.select(sa.func.count()).select_from(item).where(*conditions(wanted))
    return int(db.execute(statement).scalar_one())


def children(db: Connection, item_id: int) -> list[WorkItem]:
    """Return the items that were submitted by *item_id*, in order."""
    statement = sa.select(item).where(item.c.parent_id == item_id).order_by(item.c.id)
    return [item_of(row) for row in db.execute(statement)]


def conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Return the SQL conditions of a filter."""
    found: list[sa.ColumnElement[bool]] = []
    for column, value in (
        (item.c.workflow, wanted.workflow),
        (item.c.state, wanted.state),
        (item.c.outcome, wanted.outcome),
        (item.c.touched, wanted.touched),
        (item.c.batch_id, wanted.batch),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.ids is not None:
        found.append(item.c.id.in_(wanted.ids))
    if wanted.since is not None:
        found.append(item.c.arrived_ms >= to_ms(wanted.since))
    if wanted.until is not None:
        found.append(item.c.arrived_ms < to_ms(wanted.until))
    if wanted.text:
        found.append(item.c.reference.contains(wanted.text, autoescape=True))
    if wanted.code is not None:
        asked = sa.select(review.c.item_id).where(review.c.code == wanted.code)
        found.append(item.c.id.in_(asked))
    if wanted.reason is not None:
        asked = sa.select(review.c.item_id).where(review.c.code == wanted.reason)
        found.append(sa.or_(item.c.reason_code == wanted.reason, item.c.id.in_(asked)))
    if wanted.healed is not None:
        healed = sa.select(event.c.item_id).where(event.c.kind == sa.literal_column("'healed'"))
        found.append(item.c.id.in_(healed) if wanted.healed else item.c.id.not_in(healed))
    return found


def item_of(row: Row[Any]) -> WorkItem:
    """Return a row of the table as an item."""
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for a row as a mapping
    return WorkItem(
        **{name: found[name] for name in _PLAIN},
        state=ItemState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        not_before=None if row.not_before_ms is None else from_ms(row.not_before_ms),
        arrived=from_ms(row.arrived_ms),
        finished=None if row.finished_ms is None else from_ms(row.finished_ms),
        updated=from_ms(row.updated_ms),
        due=None if row.due_ms is None else from_ms(row.due_ms),
        warn=None if row.warn_ms is None else from_ms(row.warn_ms),
    )


_PLAIN = (
    "id",
    "workflow",
    "reference",
    "group_key",
    "queue",
    "reason_code",
    "reason",
    "payload",
    "result",
    "source",
    "parent_id",
    "priority",
    "run_no",
    "attempt",
    "failures",
    "takeovers",
    "breaks",
    "worker",
    "touched",
    "bot_ms",
    "batch_id",
    "cancel_by",
    "from_step",
    "cause",
    "revision",
)


def _ms(instant: datetime | None) -> int | None:
    return None if instant is None else to_ms(instant)
