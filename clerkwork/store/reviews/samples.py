"""Values that people confirmed or corrected, and thresholds raised because of errors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.clock import from_ms, to_ms
from clerkwork.model.documents.error_rate import ProbabilityGroup
from clerkwork.store.items.items import Filter, conditions
from clerkwork.store.schema import checked_value, item, raised_threshold
from clerkwork.store.upsert import inserted


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A value that was read, and whether a person kept it.

    Attributes:
        field: Its name without the line number.
        sampled: Whether its document passed and was drawn for the sample.
        wrong: Whether the person changed it.
    """

    source: str
    field: str
    probability: float
    passable: bool
    sampled: bool
    wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleTally:
    """Counts of the sampled values of one field of one source."""

    source: str
    field: str
    checked: int
    wrong: int
    items: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Raised:
    """A threshold that was raised because of errors in the sample."""

    source: str
    field: str
    threshold: float
    checked: int
    wrong: int
    at: datetime


def put(db: Connection, item_id: int, values: Sequence[Checked], *, now: datetime) -> None:
    """Store the checked values of an item, replacing earlier ones."""
    db.execute(checked_value.delete().where(checked_value.c.item_id == item_id))
    rows = [
        {
            "item_id": item_id,
            "source": value.source,
            "field": value.field,
            "probability": value.probability,
            "passable": value.passable,
            "sampled": value.sampled,
            "wrong": value.wrong,
            "at_ms": to_ms(now),
        }
        for value in values
    ]
    if rows:
        db.execute(checked_value.insert(), rows)


def sampled_steps(
    db: Connection, source: str, field: str, *, newest: int
) -> list[ProbabilityGroup]:
    """Return the newest sampled values of a field, grouped by probability."""
    recent = (
        sa.select(checked_value.c.probability, checked_value.c.wrong)
        .where(
            checked_value.c.source == source,
            checked_value.c.field == field,
            checked_value.c.sampled.is_(sa.true()),
        )
        .order_by(checked_value.c.id.desc())
        .limit(newest)
        .subquery()
    )
    wrong = sa.func.sum(sa.case((recent.c.wrong, 1), else_=0)).label("wrong")
    statement = sa.select(recent.c.probability, sa.func.count().label("checked"), wrong)
    return [
        ProbabilityGroup(
            probability=row.probability, checked=int(row.checked), wrong=int(row.wrong)
        )
        for row in db.execute(statement.group_by(recent.c.probability))
    ]


def passable_steps(db: Connection) -> dict[tuple[str, str], list[ProbabilityGroup]]:
    """Return all checked values that may pass, by source and field, grouped by probability."""
    keys = (checked_value.c.source, checked_value.c.field, checked_value.c.probability)
    wrong = sa.func.sum(sa.case((checked_value.c.wrong, 1), else_=0)).label("wrong")
    statement = (
        sa.select(*keys, sa.func.count().label("checked"), wrong)
        .where(checked_value.c.passable.is_(sa.true()))
        .group_by(*keys)
        .order_by(*keys)
    )
    found: dict[tuple[str, str], list[ProbabilityGroup]] = {}
    for row in db.execute(statement):
        step = ProbabilityGroup(
            probability=row.probability, checked=int(row.checked), wrong=int(row.wrong)
        )
        found.setdefault((row.source, row.field), []).append(step)
    return found


def sampled_tallies(db: Connection, wanted: Filter) -> list[SampleTally]:
    """Return the counts of sampled values of the matching items, by source and field."""
    keys = (checked_value.c.source, checked_value.c.field)
    wrong = sa.func.sum(sa.case((checked_value.c.wrong, 1), else_=0)).label("wrong")
    items = sa.func.count(sa.distinct(checked_value.c.item_id)).label("items")
    statement = (
        sa.select(*keys, sa.func.count().label("checked"), wrong, items)
        .join(item, item.c.id == checked_value.c.item_id)
        .where(checked_value.c.sampled.is_(sa.true()), *conditions(wanted))
        .group_by(*keys)
        .order_by(*keys)
    )
    return [
        SampleTally(
            source=row.source,
            field=row.field,
            checked=int(row.checked),
            wrong=int(row.wrong),
            items=int(row.items),
        )
        for row in db.execute(statement)
    ]


def raise_threshold(db: Connection, new: Raised) -> None:
    """Put a raised threshold into force, unless the present one is as high."""
    values = {
        "threshold": new.threshold,
        "checked": new.checked,
        "wrong": new.wrong,
        "at_ms": to_ms(new.at),
    }
    if not inserted(db, raised_threshold, source=new.source, field=new.field, **values):
        statement = raised_threshold.update().where(
            raised_threshold.c.source == new.source,
            raised_threshold.c.field == new.field,
            raised_threshold.c.threshold < new.threshold,
        )
        db.execute(statement.values(**values))


def settle(db: Connection, source: str, field: str) -> None:
    """Withdraw a raised threshold, because the field was tuned again."""
    db.execute(
        raised_threshold.delete().where(
            raised_threshold.c.source == source, raised_threshold.c.field == field
        )
    )


def raised(db: Connection, source: str | None = None) -> list[Raised]:
    """Return the raised thresholds of a source, or of all."""
    statement = sa.select(raised_threshold).order_by(
        raised_threshold.c.source, raised_threshold.c.field
    )
    if source is not None:
        statement = statement.where(raised_threshold.c.source == source)
    return [
        Raised(
            source=row.source,
            field=row.field,
            threshold=row.threshold,
            checked=row.checked,
            wrong=row.wrong,
            at=from_ms(row.at_ms),
        )
        for row in db.execute(statement)
    ]
