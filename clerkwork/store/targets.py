"""The state of each target for all hosts: failures in a row, circuit breaker, a person's pause."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.work.items import ItemState
from clerkwork.store.schema import item, target_state
from clerkwork.store.upsert import inserted


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetState:
    """The state of a target.

    Attributes:
        failures: Failed calls in a row, over all hosts.
        open_until: The circuit breaker is open until then, or None. After that instant the first
            item tries the target.
        trial_item: The item that tries a failing target, or None.
        held_by: The person who paused it, or None.
        reason: The reason given by the breaker or the person.
    """

    target: str
    failures: int
    open_until: datetime | None
    trial_item: int | None
    held_by: str | None
    reason: str
    changed: datetime


def get(db: Connection, target: str, *, lock: bool = False) -> TargetState | None:
    """Return the state of the target, or None if it is in order; *lock* locks its row."""
    statement = sa.select(target_state).where(target_state.c.target == target)
    if lock:
        statement = statement.with_for_update(read=True)
    row = db.execute(statement).one_or_none()
    return None if row is None else _state(row)


def know(db: Connection, target: str, *, now: datetime) -> None:
    """Create the row of the target if it has none."""
    inserted(db, target_state, target=target, failures=0, reason="", changed_ms=to_ms(now))


def take_trial(
    db: Connection, target: str, item_id: int, *, until: datetime, now: datetime
) -> bool:
    """Admit one item after the time of an open breaker; the next one not before *until*."""
    statement = (
        target_state.update()
        .where(target_state.c.target == target, target_state.c.open_until_ms <= to_ms(now))
        .values(open_until_ms=to_ms(until), trial_item=item_id)
    )
    return db.execute(statement).rowcount == 1


def count_failure(
    db: Connection, target: str, *, limit: int, until: datetime, reason: str, now: datetime
) -> TargetState | None:
    """Count a failed call; at *limit* failures the breaker opens *until* then."""
    full = target_state.c.failures + 1 >= limit
    statement = (
        target_state.update()
        .where(target_state.c.target == target)
        .values(
            failures=target_state.c.failures + 1,
            open_until_ms=sa.case((full, to_ms(until)), else_=target_state.c.open_until_ms),
            trial_item=None,
            reason=sa.case((full, reason), else_=target_state.c.reason),
            changed_ms=to_ms(now),
        )
        .returning(target_state)
    )
    row = db.execute(statement).one_or_none()
    return None if row is None else _state(row)


def forgive(db: Connection, target: str, *, now: datetime) -> bool:
    """Reset the failures and close the breaker after a successful call; a pause remains."""
    statement = (
        target_state.update()
        .where(target_state.c.target == target, target_state.c.failures > 0)
        .values(failures=0, open_until_ms=None, trial_item=None, changed_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def hold(db: Connection, target: str, *, who: str, reason: str, now: datetime) -> bool:
    """Pause a target that has a row; False when it is already paused."""
    statement = (
        target_state.update()
        .where(target_state.c.target == target, target_state.c.held_by.is_(None))
        .values(held_by=who, reason=reason, changed_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def release(db: Connection, target: str, *, now: datetime) -> bool:
    """Resume a target and close its breaker; False when neither was necessary."""
    state = target_state.c
    statement = (
        target_state.update()
        .where(
            state.target == target,
            sa.or_(state.held_by.is_not(None), state.open_until_ms.is_not(None)),
        )
        .values(
            failures=0,
            open_until_ms=None,
            trial_item=None,
            held_by=None,
            reason="",
            changed_ms=to_ms(now),
        )
    )
    return db.execute(statement).rowcount == 1


def make_due(db: Connection, workflows: list[str], codes: list[str], *, now: datetime) -> int:
    """Make items due now that are postponed at a target for one of these reasons."""
    statement = (
        item.update()
        .where(
            item.c.state == ItemState.POSTPONED,
            item.c.reason_code.in_(codes),
            item.c.workflow.in_(workflows),
        )
        .values(not_before_ms=to_ms(now))
    )
    return db.execute(statement).rowcount


def _state(row: Row[Any]) -> TargetState:
    return TargetState(
        target=row.target,
        failures=row.failures,
        open_until=None if row.open_until_ms is None else from_ms(row.open_until_ms),
        trial_item=row.trial_item,
        held_by=row.held_by,
        reason=row.reason,
        changed=from_ms(row.changed_ms),
    )
