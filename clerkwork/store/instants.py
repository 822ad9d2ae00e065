"""Instants that the store remembers: last backup, restore, cleanup, and change of a clock."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import from_ms, to_ms
from clerkwork.store.schema import milestone
from clerkwork.store.upsert import inserted


class Milestone(StrEnum):
    """The events whose instant is remembered."""

    BACKED_UP = "backed_up"
    RESTORED = "restored"
    HELD = "held"  # set by a restore, until every record it may have forgotten was looked up
    TIDIED = "tidied"
    RECONCILED = "reconciled"
    CLOCK_SET = "clock_set"
    OVER_CAP = "over_cap"  # the evidence could not be reduced to its cap


def reached(db: Connection, name: Milestone) -> datetime | None:
    """Return the last instant of the milestone, or None."""
    found = db.execute(sa.select(milestone.c.at_ms).where(milestone.c.name == name)).scalar()
    return None if found is None else from_ms(found)


def reach(
    db: Connection, name: Milestone, *, now: datetime, before: datetime | None = None
) -> bool:
    """Record that the milestone is reached now.

    Args:
        db: The connection.
        name: The milestone.
        now: The present instant.
        before: Only if it was never reached, or last reached before this instant.

    Returns:
        False if it was reached since *before*, perhaps by another process at this moment.
    """
    if inserted(db, milestone, name=name, at_ms=to_ms(now)):
        return True
    statement = milestone.update().where(milestone.c.name == name).values(at_ms=to_ms(now))
    if before is not None:
        statement = statement.where(milestone.c.at_ms < to_ms(before))
    return db.execute(statement).rowcount == 1


def withdraw(db: Connection, name: Milestone) -> None:
    """Delete the record of the milestone."""
    db.execute(milestone.delete().where(milestone.c.name == name))
