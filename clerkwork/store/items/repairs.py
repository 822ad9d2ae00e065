"""State repairs: items of dead workers, and waits made wrong by a clock change."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.store.items.items import item_of
from clerkwork.store.schema import item

WORKER_ENDED = "The worker ended before the item was done."


def bring_forward(db: Connection, *, now: datetime) -> int:
    """Shorten waits that were computed by a clock that was ahead, to their length from *now*.

    Returns:
        Number of items.
    """
    ahead_ms = item.c.updated_ms - to_ms(now)
    statement = (
        item.update()
        .where(item.c.state == ItemState.POSTPONED, ahead_ms > 0)
        .values(not_before_ms=item.c.not_before_ms - ahead_ms, updated_ms=to_ms(now))
    )
    return db.execute(statement).rowcount


def are_ahead(db: Connection, *, now: datetime) -> bool:
    """Return whether an item was postponed by a clock that was ahead of *now*."""
    statement = sa.select(item.c.id).where(
        item.c.state == ItemState.POSTPONED, item.c.updated_ms > to_ms(now)
    )
    return db.execute(statement.limit(1)).one_or_none() is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemSnapshot:
    """An item as it was when its run was first suspected to be dead."""

    item_id: int
    run_no: int
    state: ItemState
    revision: int

    @property
    def run_id(self) -> str:
        """Return the name of its run."""
        return f"item-{self.item_id}-{self.run_no}"


def at_work(db: Connection) -> list[ItemSnapshot]:
    """Return the running items."""
    return [_seen(row) for row in db.execute(_SEEN.where(item.c.state == ItemState.RUNNING))]


def seen(db: Connection, item_ids: Collection[int]) -> list[ItemSnapshot]:
    """Return those of the items that are running or about to be run."""
    wanted = item.c.id.in_(item_ids), item.c.state.in_((ItemState.WAITING, ItemState.RUNNING))
    return [_seen(row) for row in db.execute(_SEEN.where(*wanted))]


def put_back(db: Connection, was: ItemSnapshot, *, now: datetime) -> bool:
    """Make an item due whose execution broke off without ending it.

    *was* was read before the execution was found to be over; an item that has changed since is
    left alone.
    """
    statement = (
        item.update()
        .where(item.c.id == was.item_id, item.c.revision == was.revision)
        .values(
            state=ItemState.POSTPONED,
            revision=item.c.revision + 1,
            updated_ms=to_ms(now),
            not_before_ms=to_ms(now),
            breaks=item.c.breaks + 1,
        )
    )
    return db.execute(statement).rowcount == 1


def release(
    db: Connection, worker: str, *, now: datetime, item_id: int | None = None
) -> list[WorkItem]:
    """Make the items, or that one, due that *worker* still owns at its end, and return them.

    No failure is counted, because neither did the bot fail nor did the worker die.
    """
    worked_ms = to_ms(now) - sa.func.coalesce(item.c.reserved_ms, to_ms(now))
    statement = (
        item.update()
        .where(item.c.worker == worker, item.c.state == ItemState.RUNNING)
        .values(
            state=ItemState.POSTPONED,
            revision=item.c.revision + 1,
            updated_ms=to_ms(now),
            not_before_ms=to_ms(now),
            reason_code="worker_ended",
            reason=WORKER_ENDED,
            bot_ms=item.c.bot_ms + worked_ms,
        )
    )
    if item_id is not None:
        statement = statement.where(item.c.id == item_id)
    return [item_of(row) for row in db.execute(statement.returning(item))]


_SEEN: sa.Select[Any] = sa.select(item.c.id, item.c.run_no, item.c.state, item.c.revision)


def _seen(row: Row[Any]) -> ItemSnapshot:
    state = ItemState(row.state)
    return ItemSnapshot(item_id=row.id, run_no=row.run_no, state=state, revision=row.revision)
