"""Marks a store as restored, so that no act done after the backup is done twice."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.store import identity
from clerkwork.store.instants import Milestone, reach, reached
from clerkwork.store.items import restored_lookups
from clerkwork.store.items.items import item_of
from clerkwork.store.runs import events
from clerkwork.store.schema import effect, event, item, planned_run, review, worker

FENCE_STEP = 1000  # more attempts than any item made after the backup
MOST_APART = timedelta(minutes=10)  # allowed difference between the clocks of two hosts
NUMBERS = 1_000_000  # more items, events and reviews than were added after the backup


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """Facts about a restored store.

    Attributes:
        backed_up: When the backup was made.
        open_items: Open items; each looks in its target before it enters anything.
        to_look_up: How many of them must be looked up before anything else runs.
        unconfirmed: Effects that were or may have been submitted without a confirmation.
        reviews: Open reviews; those answered since the backup must be answered again.
    """

    backed_up: datetime | None
    open_items: int
    to_look_up: int
    unconfirmed: int
    reviews: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """An item of the replaced store that changed after the backup, and its payload's digest."""

    item: WorkItem
    digest: str


def touched_since(db: Connection, since: datetime) -> list[Touched]:
    """Return the items that were added or changed after *since*, in the order of their numbers.

    Items that changed shortly before are included, because the clocks of hosts differ.
    """
    first_ms = to_ms(since - MOST_APART)
    query = sa.select(item).where(item.c.updated_ms >= first_ms).order_by(item.c.id)
    return [Touched(item=item_of(row), digest=row.digest) for row in db.execute(query)]


def mark_restored(
    db: Connection,
    *,
    now: datetime,
    touched: Sequence[Touched] | None = None,
    workflows: Collection[str] | None = None,
    succeeds: str = "",
) -> Restored:
    """Mark the store as restored.

    The attempt of every open item is raised far above any attempt that a worker from before the
    restore may still have, so that such a worker is fenced. Because of the recorded instant, every
    effect waits for its target's quiet period and then looks its record up before entering it.
    Nothing else runs before all items that may have been submitted after the backup are looked up.

    Args:
        db: The connection.
        now: The present instant.
        touched: Items changed after the backup; None: not known.
        workflows: Workflows that enter records; None: all.
        succeeds: The id of the store that this one replaces.
    """
    identity.renew(db, succeeds=succeeds)
    to_look_up = restored_lookups.hold(db, _may_be_entered(touched, workflows, now), now=now)
    backed_up = reached(db, Milestone.BACKED_UP)
    is_open = item.c.outcome.is_(None)
    raised = db.execute(item.update().where(is_open).values(attempt=item.c.attempt + FENCE_STEP))
    # A submit that a person allowed before the backup may have happened after it.
    newest = sa.select(sa.func.coalesce(sa.func.max(review.c.number), 0)).scalar_subquery()
    db.execute(effect.update().where(effect.c.confirmed_ms.is_(None)).values(sent_review=newest))
    # Workers from before the restore are gone: their items and planned runs are taken over.
    db.execute(worker.delete())
    begun = planned_run.update().where(planned_run.c.state == "started")
    db.execute(begun.values(lease_until_ms=0))
    if db.dialect.name == "postgresql":
        _leave_out_numbers(db)
    reach(db, Milestone.RESTORED, now=now)
    said = {"backed_up": None if backed_up is None else backed_up.isoformat(timespec="seconds")}
    note = Event(
        at=now,
        kind=Kind.NOTE,
        level=Level.WARNING,
        message="The store was restored from the backup of {backed_up}.",
        data=said,
    )
    events.add(db, note)
    return Restored(
        backed_up=backed_up,
        open_items=raised.rowcount,
        to_look_up=to_look_up,
        unconfirmed=_count(db, effect.c.confirmed_ms.is_(None)),
        reviews=_count(db, review.c.state == "open"),
    )


def _may_be_entered(
    touched: Sequence[Touched] | None, workflows: Collection[str] | None, now: datetime
) -> Callable[[WorkItem], bool]:
    """Return a test for open items: may the item have been submitted after the backup?"""
    begun = {(it.item.workflow, it.item.reference) for it in touched or () if it.item.attempt}

    def may(one: WorkItem) -> bool:
        if workflows is not None and one.workflow not in workflows:
            return False
        if touched is None:
            return one.attempt > 0 or one.not_before is None or one.not_before <= now
        return one.state is ItemState.RUNNING or (one.workflow, one.reference) in begun

    return may


def _leave_out_numbers(db: Connection) -> None:
    """Skip all numbers that may have been used after the backup, because workers may know them.

    Not needed on SQLite: a process that has the file open keeps using the replaced file.
    """
    for table in (item, event, review):
        (key,) = table.primary_key.columns
        db.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence('{table}', '{key.name}'),"  # noqa: S608 - ours
                f" (SELECT coalesce(max({key.name}), 0) + :gap FROM {table}))"
            ),
            {"gap": NUMBERS},
        )


def _count(db: Connection, condition: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(condition)).scalar_one())
