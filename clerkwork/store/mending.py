"""Moves of items whose worker could not say what became of them, or whose wait a clock spoiled."""

from datetime import datetime

from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.items import ItemState
from clerkwork.store.schema import item


def bring_forward(db: Connection, *, now: datetime) -> int:
    """Let items that a clock which was ahead postponed wait for as long as was meant, from *now*.

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


def put_back(db: Connection, item_id: int, *, run_no: int, attempt: int, now: datetime) -> bool:
    """Make an item due whose execution broke off and could not say so, as a takeover of it.

    *attempt* was seen before the execution was found to be broken off: a newer one is left alone.
    """
    starts = (ItemState.WAITING, ItemState.RUNNING)
    statement = (
        item.update()
        .where(
            item.c.id == item_id,
            item.c.run_no == run_no,
            item.c.attempt == attempt,
            item.c.state.in_(starts),
        )
        .values(
            state=ItemState.POSTPONED,
            updated_ms=to_ms(now),
            not_before_ms=to_ms(now),
            takeovers=item.c.takeovers + 1,
        )
    )
    return db.execute(statement).rowcount == 1
