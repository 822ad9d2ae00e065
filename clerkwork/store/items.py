"""Work items in the store: one function, one statement; races are settled in SQL."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.items import ItemState, NewItem, Outcome, WorkItem, sources
from clerkwork.store.schema import item, review
from clerkwork.store.upsert import insert_or_ignore

PAGE = 50


def add(
    db: Connection, new: NewItem, *, queue: str, digest: str, state: ItemState, now: datetime
) -> int | None:
    """Add *new* and return its number, or None when its reference is there already."""
    at_ms = to_ms(now)
    statement = insert_or_ignore(
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
        priority=new.priority,
        run_no=1,
        attempt=0,
        failures=0,
        takeovers=0,
        touched=state is ItemState.IN_REVIEW,
        arrived_ms=at_ms,
        updated_ms=at_ms,
        bot_ms=0,
    )
    found = db.execute(statement.returning(item.c.id)).scalar()
    return None if found is None else int(found)


def get(db: Connection, item_id: int) -> WorkItem | None:
    """Return the item numbered *item_id*, or None."""
    row = db.execute(sa.select(item).where(item.c.id == item_id)).one_or_none()
    return None if row is None else _item(row)


def find(db: Connection, workflow: str, reference: str) -> tuple[WorkItem, str] | None:
    """Return the item with *reference* in *workflow* and its payload's digest, or None."""
    statement = sa.select(item).where(item.c.workflow == workflow, item.c.reference == reference)
    row = db.execute(statement).one_or_none()
    return None if row is None else (_item(row), row.digest)


def reserve(db: Connection, item_id: int, *, worker: str, now: datetime) -> WorkItem | None:
    """Reserve the item for *worker* and return it, or None when it is not to be worked on.

    Each reservation raises ``attempt``, which fences every earlier holder out. An item that is
    running already is taken over: the engine hands it out a second time only when the sweep found
    its worker dead.

    Raises:
        sqlalchemy.exc.IntegrityError: Another item of its group is at work.
    """
    taken_over = sa.case((item.c.state == ItemState.RUNNING, 1), else_=0)
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state.in_(sources(ItemState.RUNNING)))
        .values(
            state=ItemState.RUNNING,
            worker=worker,
            attempt=item.c.attempt + 1,
            takeovers=item.c.takeovers + taken_over,
            not_before_ms=None,
            reserved_ms=to_ms(now),
            updated_ms=to_ms(now),
        )
        .returning(item)
    )
    row = db.execute(statement).one_or_none()
    return None if row is None else _item(row)


def holds(db: Connection, item_id: int, attempt: int, *, lock: bool = False) -> bool:
    """Return whether *attempt* is still the one that may act on the item.

    With *lock* that stays so to the end of the transaction: a takeover waits for it.
    """
    statement = sa.select(item.c.id).where(_held(item_id, attempt))
    if lock:
        statement = statement.with_for_update()
    return db.execute(statement).one_or_none() is not None


def postpone(
    db: Connection,
    item_id: int,
    attempt: int,
    *,
    not_before: datetime,
    code: str,
    reason: str,
    failed: bool,
    now: datetime,
) -> bool:
    """Give the item back until *not_before*; return False when *attempt* is fenced out."""
    return _release(
        db,
        item_id,
        attempt,
        now,
        state=ItemState.POSTPONED,
        not_before_ms=to_ms(not_before),
        reason_code=code,
        reason=reason,
        failures=item.c.failures + int(failed),
    )


def send_to_review(
    db: Connection, item_id: int, attempt: int, *, code: str, reason: str, now: datetime
) -> bool:
    """Put the item into the fallback queue; return False when *attempt* is fenced out."""
    return _release(
        db,
        item_id,
        attempt,
        now,
        state=ItemState.IN_REVIEW,
        reason_code=code,
        reason=reason,
        touched=True,
    )


def complete(
    db: Connection, item_id: int, attempt: int, *, result: dict[str, Any] | None, now: datetime
) -> bool:
    """Close the item as done by the bot; return False when *attempt* is fenced out."""
    outcome = sa.case((item.c.touched, Outcome.ASSISTED.value), else_=Outcome.BY_BOT.value)
    return _release(
        db,
        item_id,
        attempt,
        now,
        state=ItemState.DONE,
        outcome=outcome,
        result=result,
        finished_ms=to_ms(now),
        reason_code=None,
        reason=None,
    )


def resume(db: Connection, item_id: int, *, now: datetime) -> bool:
    """Make an answered item due now: its run goes on where it stopped."""
    return _leave_review(
        db, item_id, now, state=ItemState.POSTPONED, not_before_ms=to_ms(now), failures=0
    )


def restart(db: Connection, item_id: int, *, payload: dict[str, Any], now: datetime) -> bool:
    """Make an answered item wait for a new run, from the first step, on corrected data."""
    return _leave_review(
        db,
        item_id,
        now,
        state=ItemState.WAITING,
        payload=payload,
        run_no=item.c.run_no + 1,
        failures=0,
    )


def defer(db: Connection, item_id: int, *, not_before: datetime, now: datetime) -> bool:
    """Postpone an item that could not be reserved, because its group is at work."""
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state.in_((ItemState.WAITING, ItemState.POSTPONED)))
        .values(state=ItemState.POSTPONED, not_before_ms=to_ms(not_before), updated_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def close(
    db: Connection, item_id: int, *, state: ItemState, outcome: Outcome, now: datetime
) -> bool:
    """Close an item in review by a person's decision; return False when it is not in review."""
    return _leave_review(
        db, item_id, now, state=state, outcome=outcome.value, finished_ms=to_ms(now)
    )


def reopen(
    db: Connection, item_id: int, new: NewItem, *, digest: str, state: ItemState, now: datetime
) -> bool:
    """Take a returned item up again with the data that came in anew, as a new run."""
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state == ItemState.RETURNED)
        .values(
            state=state,
            outcome=None,
            payload=new.payload,
            digest=digest,
            source=new.source,
            run_no=item.c.run_no + 1,
            finished_ms=None,
            updated_ms=to_ms(now),
        )
    )
    return db.execute(statement).rowcount == 1


def to_waiting(db: Connection, item_id: int, *, now: datetime) -> bool:
    """Mark a postponed item as waiting in its queue again."""
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state == ItemState.POSTPONED)
        .values(state=ItemState.WAITING, updated_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def due(db: Connection, *, now: datetime, limit: int = 100) -> list[WorkItem]:
    """Return the postponed items whose instant has come, the longest waiting first."""
    statement = (
        sa.select(item)
        .where(item.c.state == ItemState.POSTPONED, item.c.not_before_ms <= to_ms(now))
        .order_by(item.c.not_before_ms)
        .limit(limit)
    )
    return [_item(row) for row in db.execute(statement)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which items a list shows; None: all.

    Attributes:
        code: Items that were sent to a person with this reason code.
        since: Arrived at or after.
        until: Arrived before.
        text: Part of the reference.
    """

    workflow: str | None = None
    state: str | None = None
    outcome: str | None = None
    code: str | None = None
    touched: bool | None = None
    since: datetime | None = None
    until: datetime | None = None
    text: str | None = None


def search(
    db: Connection, wanted: Filter, *, limit: int = PAGE, before_id: int | None = None
) -> list[WorkItem]:
    """Return the newest items that fit, at most *limit*, older than *before_id*."""
    statement = sa.select(item).where(*conditions(wanted)).order_by(item.c.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(item.c.id < before_id)
    return [_item(row) for row in db.execute(statement)]


def count(db: Connection, wanted: Filter) -> int:
    """Return the number of items that fit."""
    statement = sa.select(sa.func.count()).select_from(item).where(*conditions(wanted))
    return int(db.execute(statement).scalar_one())


def children(db: Connection, item_id: int) -> list[WorkItem]:
    """Return the items that *item_id* caused, in order."""
    statement = sa.select(item).where(item.c.parent_id == item_id).order_by(item.c.id)
    return [_item(row) for row in db.execute(statement)]


def conditions(wanted: Filter) -> list[sa.ColumnElement[bool]]:
    """Return the SQL conditions of a filter."""
    found: list[sa.ColumnElement[bool]] = []
    for column, value in (
        (item.c.workflow, wanted.workflow),
        (item.c.state, wanted.state),
        (item.c.outcome, wanted.outcome),
        (item.c.touched, wanted.touched),
    ):
        if value is not None:
            found.append(column == value)
    if wanted.since is not None:
        found.append(item.c.arrived_ms >= to_ms(wanted.since))
    if wanted.until is not None:
        found.append(item.c.arrived_ms < to_ms(wanted.until))
    if wanted.text:
        found.append(item.c.reference.contains(wanted.text, autoescape=True))
    if wanted.code is not None:
        asked = sa.select(review.c.item_id).where(review.c.code == wanted.code)
        found.append(item.c.id.in_(asked))
    return found


def _held(item_id: int, attempt: int) -> sa.ColumnElement[bool]:
    return sa.and_(
        item.c.id == item_id, item.c.attempt == attempt, item.c.state == ItemState.RUNNING
    )


def _release(db: Connection, item_id: int, attempt: int, now: datetime, **values: Any) -> bool:
    worked_ms = to_ms(now) - sa.func.coalesce(item.c.reserved_ms, to_ms(now))
    statement = (
        item.update()
        .where(_held(item_id, attempt))
        .values(updated_ms=to_ms(now), bot_ms=item.c.bot_ms + worked_ms, **values)
    )
    return db.execute(statement).rowcount == 1


def _leave_review(db: Connection, item_id: int, now: datetime, **values: Any) -> bool:
    statement = (
        item.update()
        .where(item.c.id == item_id, item.c.state == ItemState.IN_REVIEW)
        .values(updated_ms=to_ms(now), **values)
    )
    return db.execute(statement).rowcount == 1


def _item(row: Row[Any]) -> WorkItem:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's documented name for a row as a mapping
    return WorkItem(
        **{name: found[name] for name in _PLAIN},
        state=ItemState(row.state),
        outcome=None if row.outcome is None else Outcome(row.outcome),
        not_before=None if row.not_before_ms is None else from_ms(row.not_before_ms),
        arrived=from_ms(row.arrived_ms),
        finished=None if row.finished_ms is None else from_ms(row.finished_ms),
        updated=from_ms(row.updated_ms),
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
    "worker",
    "touched",
    "bot_ms",
)
