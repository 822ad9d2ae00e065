"""Reviews in the store: the fallback queue."""

from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.work.reviews import Decision, NewReview, Review, ReviewState
from clerkwork.store.schema import item, review


def add(
    db: Connection, item_id: int, run_no: int, new: NewReview, *, due: datetime, now: datetime
) -> int:
    """Add a review of the item and return its number."""
    statement = review.insert().values(
        item_id=item_id,
        run_no=run_no,
        state=ReviewState.OPEN,
        step=new.step,
        code=new.code,
        message=new.message,
        facts=new.facts,
        model=new.model,
        shown=new.shown,
        fields=[field.model_dump(mode="json") for field in new.fields],
        pages=new.pages,
        note="",
        created_ms=to_ms(now),
        due_ms=to_ms(due),
    )
    return int(db.execute(statement.returning(review.c.number)).scalar_one())


def get(db: Connection, number: int) -> Review | None:
    """Return the review, or None."""
    row = db.execute(_select().where(review.c.number == number)).one_or_none()
    return None if row is None else _review(row)


def latest(db: Connection, item_id: int, run_no: int, step: str) -> Review | None:
    """Return the newest review of a step of a run, or None."""
    statement = (
        _select()
        .where(review.c.item_id == item_id, review.c.run_no == run_no, review.c.step == step)
        .order_by(review.c.number.desc())
        .limit(1)
    )
    row = db.execute(statement).one_or_none()
    return None if row is None else _review(row)


def of_item(db: Connection, item_id: int) -> list[Review]:
    """Return every review of the item, in order."""
    statement = _select().where(review.c.item_id == item_id).order_by(review.c.number)
    return [_review(row) for row in db.execute(statement)]


def open_reviews(
    db: Connection,
    *,
    workflow: str | None = None,
    code: str | None = None,
    text: str | None = None,
    limit: int = 200,
) -> list[Review]:
    """Return the matching open reviews, the longest waiting first."""
    statement = _select().where(review.c.state == ReviewState.OPEN)
    if workflow:
        statement = statement.where(item.c.workflow == workflow)
    if code:
        statement = statement.where(review.c.code == code)
    if text:
        statement = statement.where(item.c.reference.contains(text, autoescape=True))
    statement = statement.order_by(review.c.created_ms, review.c.number).limit(limit)
    return [_review(row) for row in db.execute(statement)]


def count_by_code(db: Connection) -> dict[str, int]:
    """Return the number of open reviews by reason code, the most frequent first."""
    amount = sa.func.count()
    statement = (
        sa.select(review.c.code, amount)
        .where(review.c.state == ReviewState.OPEN)
        .group_by(review.c.code)
        .order_by(amount.desc(), review.c.code)
    )
    return {code: int(number) for code, number in db.execute(statement)}


def next_open(db: Connection, *, who: str, after: int, now: datetime) -> int | None:
    """Return the open review to show *who* after number *after*, starting over at the end.

    Reviews that another person has claimed are skipped.
    """
    statement = (
        sa.select(review.c.number)
        .where(review.c.state == ReviewState.OPEN, review.c.number != after, _free(who, now))
        .order_by(sa.case((review.c.number > after, 0), else_=1), review.c.number)
        .limit(1)
    )
    found = db.execute(statement).scalar()
    return None if found is None else int(found)


def claim(db: Connection, number: int, *, who: str, now: datetime, lease: timedelta) -> bool:
    """Claim an open review for *who* until *lease* is over; False when another person has it."""
    statement = (
        review.update()
        .where(review.c.number == number, review.c.state == ReviewState.OPEN, _free(who, now))
        .values(
            claimed_by=who,
            claimed_until_ms=to_ms(now + lease),
            opened_ms=sa.func.coalesce(review.c.opened_ms, to_ms(now)),
        )
    )
    return db.execute(statement).rowcount == 1


def lock_item(db: Connection, number: int) -> None:
    """Lock the review's item until the transaction ends.

    Every change of an item and its reviews locks the item first, which prevents deadlocks.
    """
    of_review = sa.select(review.c.item_id).where(review.c.number == number)
    its_item = sa.select(item.c.id).where(item.c.id == of_review.scalar_subquery())
    db.execute(its_item.with_for_update())


def answer(
    db: Connection,
    number: int,
    *,
    decision: Decision,
    data: dict[str, Any] | None,
    note: str,
    who: str,
    now: datetime,
) -> bool:
    """Answer an open review; False when it was already answered, so the first answer wins."""
    statement = (
        review.update()
        .where(review.c.number == number, review.c.state == ReviewState.OPEN, _free(who, now))
        .values(
            state=ReviewState.ANSWERED,
            decision=decision,
            answer=data,
            note=note,
            who=who,
            answered_ms=to_ms(now),
        )
    )
    return db.execute(statement).rowcount == 1


def withdraw(db: Connection, item_id: int, *, who: str, now: datetime) -> int:
    """Withdraw the open reviews of the item because it continues without them; return how many."""
    values = {"of_item": item_id, "by": who, "at_ms": to_ms(now)}
    return db.execute(_WITHDRAW, values).rowcount


def _free(who: str, now: datetime) -> sa.ColumnElement[bool]:
    return sa.or_(
        review.c.claimed_by.is_(None),
        review.c.claimed_by == who,
        review.c.claimed_until_ms <= to_ms(now),
    )


def _select() -> sa.Select[Any]:
    return sa.select(review, item.c.workflow, item.c.reference).join(
        item, item.c.id == review.c.item_id
    )


def _review(row: Row[Any]) -> Review:
    handling_ms = (
        row.answered_ms - row.opened_ms if row.answered_ms and row.opened_ms is not None else None
    )
    return Review(
        number=row.number,
        item_id=row.item_id,
        run_no=row.run_no,
        workflow=row.workflow,
        reference=row.reference,
        state=ReviewState(row.state),
        step=row.step,
        code=row.code,
        message=row.message,
        facts=row.facts,
        model=row.model,
        shown=row.shown,
        fields=[FieldEvidence.model_validate(field) for field in row.fields],
        pages=row.pages,
        decision=None if row.decision is None else Decision(row.decision),
        answer=row.answer,
        note=row.note,
        who=row.who,
        claimed_by=row.claimed_by,
        claimed_until=None if row.claimed_until_ms is None else from_ms(row.claimed_until_ms),
        created=from_ms(row.created_ms),
        due=from_ms(row.due_ms),
        answered=None if row.answered_ms is None else from_ms(row.answered_ms),
        handling_ms=handling_ms,
    )


_WITHDRAW = (  # building a statement costs as much as running it
    review.update()
    .where(review.c.item_id == sa.bindparam("of_item"), review.c.state == ReviewState.OPEN)
    .values(state=ReviewState.WITHDRAWN, who=sa.bindparam("by"), answered_ms=sa.bindparam("at_ms"))
)
