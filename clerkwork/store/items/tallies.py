"""Counts and sums over items and reviews for the metrics; one statement per function.

Every function takes a ``Filter``, and counts exactly the items that ``items.search`` lists for it.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.metrics import DAY_MS
from clerkwork.model.work.reviews import ReviewState
from clerkwork.store.items.items import Filter, conditions
from clerkwork.store.schema import item, review


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemTally:
    """A group of items that are equal in every property that the metrics use.

    Attributes:
        items: Their number.
        bot_ms: Total running time of bots on them, in milliseconds.
    """

    workflow: str
    state: ItemState
    outcome: Outcome | None
    touched: bool
    items: int
    bot_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DayTally:
    """The items that arrived on one local day.

    Attributes:
        day: Number of the day since 1970-01-01.
        by_bot: Completed and never sent to a person.
        by_human: Sent to a person.
    """

    day: int
    items: int
    by_bot: int
    by_human: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Handling:
    """The time people spent on answered reviews.

    Attributes:
        reviews: Number of answered reviews whose handling time is known.
        total_ms: Sum of their handling times.
        median_ms: Median of their handling times, or None when there are none.
    """

    reviews: int
    total_ms: int
    median_ms: float | None


def tallies(db: Connection, wanted: Filter) -> list[ItemTally]:
    """Return the counts of matching items by workflow, state, outcome and touch."""
    keys = (item.c.workflow, item.c.state, item.c.outcome, item.c.touched)
    statement = (
        sa.select(*keys, sa.func.count().label("items"), sa.func.sum(item.c.bot_ms).label("bot_ms"))
        .where(*conditions(wanted))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        ItemTally(
            workflow=row.workflow,
            state=ItemState(row.state),
            outcome=None if row.outcome is None else Outcome(row.outcome),
            touched=bool(row.touched),
            items=int(row.items),
            bot_ms=int(row.bot_ms),
        )
        for row in db.execute(statement)
    ]


def by_day(db: Connection, wanted: Filter, *, offset: timedelta) -> list[DayTally]:
    """Return the matching items by arrival day, the earliest first; empty days are absent.

    Args:
        db: An open transaction.
        wanted: Which items.
        offset: How far local time is ahead of UTC, so that days are those of the reader.
    """
    local_ms = item.c.arrived_ms + offset // timedelta(milliseconds=1)
    day = (local_ms - local_ms % DAY_MS) / sa.literal_column(str(DAY_MS))
    alone = sa.and_(item.c.state == ItemState.DONE, item.c.touched.is_(sa.false()))
    statement = (
        sa.select(
            sa.cast(day, sa.BigInteger).label("day"),
            sa.func.count().label("items"),
            sa.func.sum(sa.case((alone, 1), else_=0)).label("by_bot"),
            sa.func.sum(sa.case((item.c.touched, 1), else_=0)).label("by_human"),
        )
        .where(*conditions(wanted))
        .group_by(sa.literal_column("day"))
        .order_by(sa.literal_column("day"))
    )
    return [
        DayTally(
            day=int(row.day), items=int(row.items), by_bot=int(row.by_bot), by_human=row.by_human
        )
        for row in db.execute(statement)
    ]


def items_by_code(db: Connection, wanted: Filter) -> dict[str, int]:
    """Return how many matching items went to a person for each code, most frequent first.

    An item that was sent twice with the same code counts once, because a list shows it once.
    """
    number = sa.func.count(sa.distinct(review.c.item_id))
    statement = (
        sa.select(review.c.code, number)
        .join(item, item.c.id == review.c.item_id)
        .where(*conditions(wanted))
        .group_by(review.c.code)
        .order_by(number.desc(), review.c.code)
    )
    return {code: int(items) for code, items in db.execute(statement)}


def handling(db: Connection, wanted: Filter) -> Handling:
    """Return the handling time of the answered reviews of the matching items."""
    spent = (review.c.answered_ms - review.c.opened_ms).label("ms")
    place = sa.func.row_number().over(order_by=spent).label("place")
    whole = sa.func.count().over().label("whole")
    known = (
        sa.select(spent, place, whole)
        .join(item, item.c.id == review.c.item_id)
        .where(
            review.c.answered_ms.is_not(None), review.c.opened_ms.is_not(None), *conditions(wanted)
        )
        .subquery()
    )
    twice = known.c.place * 2
    middle = sa.and_(twice >= known.c.whole, twice <= known.c.whole + 2)
    statement = sa.select(
        sa.func.count(),
        sa.func.coalesce(sa.func.sum(known.c.ms), 0),
        sa.func.avg(sa.case((middle, known.c.ms))),
    )
    reviews, total_ms, median_ms = db.execute(statement).one()
    return Handling(
        reviews=int(reviews),
        total_ms=int(total_ms),
        median_ms=None if median_ms is None else float(median_ms),
    )


def count_overdue(db: Connection, *, now: datetime) -> int:
    """Return the number of open reviews whose due instant has passed."""
    statement = sa.select(sa.func.count()).where(
        review.c.state == ReviewState.OPEN, review.c.due_ms < to_ms(now)
    )
    return int(db.execute(statement).scalar_one())
