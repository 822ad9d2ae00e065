"""Instants the store remembers: when it was backed up, restored, tidied; when a clock was set."""

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import from_ms, to_ms
from clerkwork.store.schema import milestone
from clerkwork.store.upsert import inserted


class Milestone(StrEnum):
    """What is remembered."""

    BACKED_UP = "backed_up"
    RESTORED = "restored"
    HELD = "held"  # since a restore, until what it may have forgotten was looked up
    TIDIED = "tidied"
    RECONCILED = "reconciled"
    CLOCK_SET = "clock_set"
    OVER_CAP = "over_cap"  # the evidence could not be brought under its cap


def reached(db: Connection, name: Milestone) -> datetime | None:
    """Return the instant of the last time, or None."""
    found = db.execute(sa.select(milestone.c.at_ms).where(milestone.c.name == name)).scalar()
    return None if found is None else from_ms(found)


def reach(
    db: Connection, name: Milestone, *, now: datetime, before: datetime | None = None
) -> bool:
    """Note that it is done now.

    Args:
        db: The connection.
        name: What is done.
        now: The present instant.
        before: Only if it was never done, or last done before this instant.

    Returns:
        False if it was done since *before*, perhaps by another process in this moment.
    """
    if inserted(db, milestone, name=name, at_ms=to_ms(now)):
        return True
    statement = milestone.update().where(milestone.c.name == name).values(at_ms=to_ms(now))
    if before is not None:
        statement = statement.where(milestone.c.at_ms < to_ms(before))
    return db.execute(statement).rowcount == 1


def withdraw(db: Connection, name: Milestone) -> None:
    """Forget that it was ever done."""
    db.execute(milestone.delete().where(milestone.c.name == name))
