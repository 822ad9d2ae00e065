"""State changes of work items: one function, one statement; races are settled in SQL.

Every state change is an UPDATE that only affects an item in a state from which the transition table
of ``model.work.items`` allows the change; requesting another change is a programming error.
"""

from datetime import datetime
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, NewItem, Outcome, WorkItem, require_moves
from clerkwork.store.items import restored_lookups
from clerkwork.store.items.cancellation import unsent
from clerkwork.store.items.guarded_update import (
    NOW_MS,
    THE_ITEM,
    at,
    move,
    moved,
    prepared,
    prepared_release,
    release,
)
from clerkwork.store.items.items import item_of
from clerkwork.store.schema import item

UNWORKED = {ItemState.WAITING, ItemState.POSTPONED, ItemState.IN_REVIEW}
REQUEUED = {
    ItemState.IN_REVIEW,
    ItemState.REJECTED,
    ItemState.RETURNED,
    ItemState.CANCELLED,
    ItemState.EXPIRED,
}

_UNCOUNTED = {"failures": 0, "takeovers": 0, "breaks": 0}  # when a person has it tried again
_AFRESH: dict[str, Any] = {
    **_UNCOUNTED,
    "cancel_by": None,
    "reason_code": None,
    "reason": None,
}
_HELD = sa.select(item.c.id).where(
    item.c.id == sa.bindparam("item_id"),
    item.c.attempt == sa.bindparam("held_by"),
    item.c.state == ItemState.RUNNING,
)
_HELD_TO_THE_END = _HELD.with_for_update()

_RESERVE = prepared(
    ItemState.RUNNING,
    worker=sa.bindparam("by"),
    attempt=item.c.attempt + 1,
    takeovers=item.c.takeovers + sa.case((item.c.state == ItemState.RUNNING, 1), else_=0),
    not_before_ms=None,
    reserved_ms=NOW_MS,
    from_step=None,
    group_scope=sa.func.coalesce(
        sa.bindparam("shared", type_=item.c.group_scope.type), item.c.workflow
    ),
).where(~restored_lookups.holds_back(THE_ITEM))
_RESERVE_ANY = _RESERVE.returning(item)
_RESERVE_RUN = _RESERVE.where(item.c.run_no == sa.bindparam("of_run")).returning(item)
_COMPLETE = prepared_release(
    ItemState.DONE,
    outcome=sa.case((item.c.touched, Outcome.ASSISTED.value), else_=Outcome.BY_BOT.value),
    result=sa.bindparam("returned", type_=item.c.result.type),
    finished_ms=NOW_MS,
    reason_code=None,
    reason=None,
)


def reserve(
    db: Connection,
    item_id: int,
    *,
    worker: str,
    now: datetime,
    run_no: int | None = None,
    group: str | None = None,
) -> WorkItem | None:
    """Reserve the item for *worker* and return it, or None when it must not run now.

    Each reservation raises ``attempt``, which fences all earlier owners. An item that is already
    running is taken over: the engine starts it a second time only after the sweep found its worker
    dead. With *run_no* only that run is reserved, not one that was superseded. After a restore,
    ``restored_lookups`` may hold the item back. Its group key is compared within the workflows
    that share *group*, by default only within its own workflow.

    Raises:
        sqlalchemy.exc.IntegrityError: Another item of its group is running.
    """
    known = at(item_id, now, by=worker, shared=group)
    if run_no is None:
        row = db.execute(_RESERVE_ANY, known).one_or_none()
    else:
        row = db.execute(_RESERVE_RUN, known | {"of_run": run_no}).one_or_none()
    return None if row is None else item_of(row)


def holds(db: Connection, item_id: int, attempt: int, *, lock: bool = False) -> bool:
    """Return whether *attempt* still owns the item.

    With *lock* this stays so until the end of the transaction: a takeover waits for it.
    """
    values = {"item_id": item_id, "held_by": attempt}
    return db.execute(_HELD_TO_THE_END if lock else _HELD, values).one_or_none() is not None


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
    """Postpone the item until *not_before*; return False when *attempt* is fenced."""
    return release(
        db,
        item_id,
        attempt,
        ItemState.POSTPONED,
        now,
        not_before_ms=to_ms(not_before),
        reason_code=code,
        reason=reason,
        failures=item.c.failures + int(failed),
    )


def send_to_review(
    db: Connection, item_id: int, attempt: int, *, code: str, reason: str, now: datetime
) -> bool:
    """Send the item to the fallback queue; return False when *attempt* is fenced."""
    return release(
        db,
        item_id,
        attempt,
        ItemState.IN_REVIEW,
        now,
        reason_code=code,
        reason=reason,
        touched=True,
    )


def complete(
    db: Connection, item_id: int, attempt: int, *, result: dict[str, Any] | None, now: datetime
) -> bool:
    """Close the item as done by the bot; return False when *attempt* is fenced."""
    known = at(item_id, now, held_by=attempt, returned=result)
    return db.execute(_COMPLETE, known).rowcount == 1


def resume(db: Connection, item_id: int, *, now: datetime) -> bool:
    """Make an answered item due now: its run resumes at the step that asked."""
    return moved(
        db,
        item_id,
        ItemState.POSTPONED,
        now,
        starts={ItemState.IN_REVIEW},
        not_before_ms=to_ms(now),
        **_UNCOUNTED,
    )


def restart(
    db: Connection, item_id: int, *, payload: dict[str, Any], group_key: str | None, now: datetime
) -> bool:
    """Queue an answered item for a new run, from the first step, with corrected data."""
    return moved(
        db,
        item_id,
        ItemState.WAITING,
        now,
        starts={ItemState.IN_REVIEW},
        payload=payload,
        group_key=group_key,
        run_no=item.c.run_no + 1,
        **_UNCOUNTED,
    )


def defer(
    db: Connection,
    item_id: int,
    *,
    not_before: datetime | None,
    code: str,
    reason: str,
    now: datetime,
    run_no: int | None = None,
) -> bool:
    """Postpone an item that must not run now, without counting an attempt.

    A running item was left by a dead worker, as in ``reserve``; that worker is fenced.

    Args:
        db: The connection.
        item_id: The item.
        not_before: When it is checked again; None: when another event makes it due.
        code: The reason, short and stable.
        reason: The reason for people.
        now: The present instant.
        run_no: Only if this is its present run.
    """
    died = sa.case((item.c.state == ItemState.RUNNING, 1), else_=0)
    statement = move(
        item_id,
        ItemState.POSTPONED,
        now,
        starts={ItemState.WAITING, ItemState.POSTPONED, ItemState.RUNNING},
        not_before_ms=None if not_before is None else to_ms(not_before),
        reason_code=code,
        reason=reason,
        takeovers=item.c.takeovers + died,
    )
    if run_no is not None:
        statement = statement.where(item.c.run_no == run_no)
    return db.execute(statement).rowcount == 1


def close(
    db: Connection, item_id: int, *, state: ItemState, outcome: Outcome, now: datetime
) -> bool:
    """Close an item in review by a person's decision; return False when it is not in review."""
    return moved(
        db,
        item_id,
        state,
        now,
        starts={ItemState.IN_REVIEW},
        outcome=outcome.value,
        finished_ms=to_ms(now),
    )


def reopen(
    db: Connection, item_id: int, new: NewItem, *, digest: str, state: ItemState, now: datetime
) -> bool:
    """Reopen a returned item with the data that came again, as a new run."""
    return moved(
        db,
        item_id,
        state,
        now,
        starts={ItemState.RETURNED},
        outcome=None,
        payload=new.payload,
        group_key=new.group_key,
        digest=digest,
        source=new.source,
        run_no=item.c.run_no + 1,
        finished_ms=None,
    )


def to_waiting(db: Connection, item_id: int, revision: int, *, now: datetime) -> bool:
    """Mark a postponed item as waiting in its queue, unless it has changed since *revision*.

    A fast worker may have taken the queue entry already, and postponed the item again.
    """
    statement = move(item_id, ItemState.WAITING, now, starts={ItemState.POSTPONED}, from_step=None)
    return db.execute(statement.where(item.c.revision == revision)).rowcount == 1


def renew(
    db: Connection,
    item_id: int,
    *,
    payload: dict[str, Any],
    group_key: str | None,
    digest: str,
    now: datetime,
    **more: Any,
) -> bool:
    """Replace the data and the run; False when the item is running, closed, or was sent."""
    statement = move(
        item_id,
        ItemState.WAITING,
        now,
        starts=UNWORKED,
        payload=payload,
        group_key=group_key,
        digest=digest,
        run_no=item.c.run_no + 1,
        **_UNCOUNTED,
        not_before_ms=None,
        reason_code=None,
        reason=None,
        **more,
    )
    return db.execute(statement.where(unsent())).rowcount == 1


def escalate(db: Connection, item_id: int, *, code: str, reason: str, now: datetime) -> bool:
    """Send an item that no worker runs to a person."""
    return moved(
        db,
        item_id,
        ItemState.IN_REVIEW,
        now,
        starts={ItemState.WAITING, ItemState.POSTPONED},
        reason_code=code,
        reason=reason,
        touched=True,
    )


def drop(db: Connection, item_id: int, state: ItemState, *, reason: str, now: datetime) -> bool:
    """Cancel or expire an item; False when it is running, closed, or was sent to a target."""
    values = {"of_item": item_id, "why": reason, "at_ms": to_ms(now)}
    return db.execute(_dropping(state), values).rowcount == 1


@cache  # building a statement costs as much as running it
def _dropping(state: ItemState) -> sa.Update:
    require_moves(UNWORKED, state)
    return (
        item.update()
        .where(item.c.id == sa.bindparam("of_item"), item.c.state.in_(sorted(UNWORKED)), unsent())
        .values(
            state=state,
            outcome=Outcome(state.value).value,
            reason_code=state.value,
            reason=sa.bindparam("why"),
            finished_ms=sa.bindparam("at_ms"),
            updated_ms=sa.bindparam("at_ms"),
            revision=item.c.revision + 1,
        )
    )


def cancel_held(db: Connection, item_id: int, attempt: int, *, who: str, now: datetime) -> bool:
    """Cancel an item that *attempt* owns; False when that attempt is fenced."""
    return release(
        db,
        item_id,
        attempt,
        ItemState.CANCELLED,
        now,
        outcome=Outcome.CANCELLED.value,
        reason_code=ItemState.CANCELLED.value,
        reason=f"cancelled by {who}",
        finished_ms=to_ms(now),
        cancel_by=None,
    )


def hasten(
    db: Connection, was: WorkItem, *, queued: bool, from_step: str | None, now: datetime
) -> bool:
    """Continue an item that no worker runs now; False when it has changed since it was read.

    Args:
        db: The connection.
        was: The item as it was read.
        queued: Whether its run is in its queue; if not, the next sweep queues it.
        from_step: The step of its run to start from; None: where it stopped.
        now: The present instant.
    """
    idle = {ItemState.WAITING, ItemState.POSTPONED}
    statement = move(
        was.id,
        ItemState.WAITING if queued else ItemState.POSTPONED,
        now,
        starts=idle if queued else idle | {ItemState.RUNNING},
        not_before_ms=None if queued else to_ms(now),
        from_step=from_step,
        **_AFRESH,
    )
    return db.execute(statement.where(item.c.revision == was.revision)).rowcount == 1


def requeue(db: Connection, item_id: int, *, from_step: str | None, now: datetime) -> bool:
    """Run a closed or reviewed item again: in a new run, or the present one from *from_step*."""
    values: dict[str, Any] = {"outcome": None, "finished_ms": None, **_AFRESH}
    if from_step is None:
        run_no = item.c.run_no + 1
        return moved(db, item_id, ItemState.WAITING, now, starts=REQUEUED, run_no=run_no, **values)
    return moved(
        db,
        item_id,
        ItemState.POSTPONED,
        now,
        starts=REQUEUED,
        from_step=from_step,
        not_before_ms=to_ms(now),
        **values,
    )
