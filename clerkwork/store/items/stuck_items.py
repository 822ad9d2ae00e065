"""Finds open items page by page to detect those that cannot continue, and repairs them.

A page contains items of one state that have not changed for a while. It is read through the index
``item_by_state``, so a million closed items cost nothing. A repair passes the revision that was
read, and does nothing when the item has changed since.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.reviews import ReviewState
from clerkwork.store.items.guarded_update import move
from clerkwork.store.schema import item, review

Key = tuple[int, int]  # instant in milliseconds, number
START: Key = (0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenItem:
    """An open item as it was read.

    Attributes:
        key: Its position in the order of the pages.
        has_instant: Whether it has an instant at which it continues.
        review: Its open review, or None.
    """

    item_id: int
    workflow: str
    run_no: int
    state: ItemState
    reason_code: str | None
    revision: int
    key: Key
    has_instant: bool
    review: int | None

    @property
    def run_id(self) -> str:
        """Return the name of its run."""
        return f"item-{self.item_id}-{self.run_no}"


def page(
    db: Connection, *, state: ItemState, after: Key, before: datetime, limit: int
) -> list[OpenItem]:
    """Return items in *state* whose last change was before an instant, in that order."""
    place = sa.tuple_(item.c.updated_ms, item.c.id)
    statement = (
        _select(item.c.updated_ms, item.c.id, _OPEN_REVIEW)
        .where(item.c.state == state, place > after, item.c.updated_ms < to_ms(before))
        .order_by(item.c.updated_ms, item.c.id)
        .limit(limit)
    )
    return [_seen(row) for row in db.execute(statement)]


def reviewed_page(db: Connection, *, after: Key, before: datetime, limit: int) -> list[OpenItem]:
    """Return the items of reviews that were opened before an instant, in that order."""
    place = sa.tuple_(review.c.created_ms, review.c.number)
    statement = (
        _select(review.c.created_ms, review.c.number, review.c.number)
        .join(item, item.c.id == review.c.item_id)
        .where(
            review.c.state == sa.literal_column("'open'"),  # exactly as in the partial index
            place > after,
            review.c.created_ms < to_ms(before),
        )
        .order_by(review.c.created_ms, review.c.number)
        .limit(limit)
    )
    return [_seen(row) for row in db.execute(statement)]


def unmoved(db: Connection, found: Collection[OpenItem]) -> set[int]:
    """Return the numbers of those items that have not changed since they were read."""
    revisions = {one.item_id: one.revision for one in found}
    statement = sa.select(item.c.id, item.c.revision).where(item.c.id.in_(revisions))
    return {row.id for row in db.execute(statement) if revisions[row.id] == row.revision}


def make_due(db: Connection, was: OpenItem, *, now: datetime) -> bool:
    """Make the next sweep queue the item; False when it has changed since it was read."""
    statement = move(
        was.item_id, ItemState.POSTPONED, now, starts={was.state}, not_before_ms=to_ms(now)
    )
    return db.execute(statement.where(item.c.revision == was.revision)).rowcount == 1


def take_for_review(db: Connection, was: OpenItem, *, now: datetime) -> bool:
    """Claim the right to open a review for an item in review that has none."""
    statement = (
        item.update()
        .where(
            item.c.id == was.item_id,
            item.c.revision == was.revision,
            item.c.state == ItemState.IN_REVIEW,
        )
        .values(revision=item.c.revision + 1, updated_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


def withdraw_review(db: Connection, was: OpenItem, *, who: str, now: datetime) -> bool:
    """Withdraw the open review of an item that is not in review."""
    in_review = sa.select(item.c.id).where(
        item.c.id == was.item_id, item.c.state == ItemState.IN_REVIEW
    )
    statement = (
        review.update()
        .where(
            review.c.number == was.review,
            review.c.state == ReviewState.OPEN,
            ~in_review.exists(),
        )
        .values(state=ReviewState.WITHDRAWN, who=who, answered_ms=to_ms(now))
    )
    return db.execute(statement).rowcount == 1


_OPEN_REVIEW = (
    sa.select(sa.func.max(review.c.number))
    .where(review.c.item_id == item.c.id, review.c.state == ReviewState.OPEN)
    .correlate(item)
    .scalar_subquery()
)


def _select(
    at_ms: sa.ColumnElement[int], number: sa.ColumnElement[int], open_review: sa.ColumnElement[int]
) -> sa.Select[Any]:
    return sa.select(
        item.c.id,
        item.c.workflow,
        item.c.run_no,
        item.c.state,
        item.c.reason_code,
        item.c.revision,
        item.c.not_before_ms,
        at_ms.label("at_ms"),
        number.label("number"),
        open_review.label("review"),
    )


def _seen(row: Row[Any]) -> OpenItem:
    return OpenItem(
        item_id=row.id,
        workflow=row.workflow,
        run_no=row.run_no,
        state=ItemState(row.state),
        reason_code=row.reason_code,
        revision=row.revision,
        key=(row.at_ms, row.number),
        has_instant=row.not_before_ms is not None,
        review=row.review,
    )
