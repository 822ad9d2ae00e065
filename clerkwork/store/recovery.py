"""What a restored store is told, so that nothing that happened after the backup happens twice."""

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.model.events import Event, Kind, Level
from clerkwork.store import events
from clerkwork.store.milestones import Milestone, reach, reached
from clerkwork.store.schema import effect, item, planned_run, review, worker

FENCE_STEP = 1000  # more attempts than any item had after the backup


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """A store as it came out of a backup.

    Attributes:
        backed_up: When the backup was made.
        open_items: Items that are not closed; each looks in its target before it enters anything.
        unconfirmed: Effects that were or may have been submitted.
        reviews: Open reviews; those answered since the backup have to be answered again.
    """

    backed_up: datetime | None
    open_items: int
    unconfirmed: int
    reviews: int


def mark_restored(db: Connection, *, now: datetime) -> Restored:
    """Tell the store that it was restored.

    Every open item's attempt is raised far above any that a worker of the time after the backup
    may still hold, so that such a worker is fenced out. The instant makes every effect wait for its
    target's quiet period before it looks, and it looks before it acts.
    """
    backed_up = reached(db, Milestone.BACKED_UP)
    is_open = item.c.outcome.is_(None)
    raised = db.execute(item.update().where(is_open).values(attempt=item.c.attempt + FENCE_STEP))
    # What people allowed before the backup may have been done after it.
    newest = sa.select(sa.func.coalesce(sa.func.max(review.c.number), 0)).scalar_subquery()
    db.execute(effect.update().where(effect.c.confirmed_ms.is_(None)).values(sent_review=newest))
    # Who was at work then is not at work now: their items and planned runs are taken over.
    db.execute(worker.delete())
    begun = planned_run.update().where(planned_run.c.state == "started")
    db.execute(begun.values(lease_until_ms=0))
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
        unconfirmed=_count(db, effect.c.confirmed_ms.is_(None)),
        reviews=_count(db, review.c.state == "open"),
    )


def _count(db: Connection, condition: sa.ColumnElement[bool]) -> int:
    return int(db.execute(sa.select(sa.func.count()).where(condition)).scalar_one())
