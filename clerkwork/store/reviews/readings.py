"""The values read from documents, to detect duplicates and to count how many values pass."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import to_ms
from clerkwork.model.work.items import ItemState
from clerkwork.store.schema import item, reading

GONE = (ItemState.REJECTED, ItemState.RETURNED, ItemState.CANCELLED, ItemState.EXPIRED)
NUMBER, TOTAL = 200, 40  # longest number and total by which documents are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadValue:
    """One value of a reading.

    Attributes:
        passable: Whether it may pass at some threshold.
    """

    path: str
    value: str
    probability: float
    passable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """The values read from the document of an item.

    Attributes:
        source: Origin of the document and how it was read: workflow and engine.
        sha256: Content address of the document.
        number: Number of the order or invoice; empty when there is none.
        total: Total amount; empty when there is none.
        duplicate_of: The item that brought the same document before, or None.
    """

    item_id: int
    source: str
    kind: str
    sha256: str
    number: str
    total: str
    duplicate_of: int | None
    values: tuple[ReadValue, ...]


def lock(db: Connection) -> None:
    """Prevent other searches for duplicates until this transaction ends.

    SQLite has only one writer anyway; on PostgreSQL two readings of the same document would not
    see each other.
    """
    if db.dialect.name == "postgresql":
        db.execute(sa.text("SELECT pg_advisory_xact_lock(6207)"))


def put(db: Connection, new: Reading, *, now: datetime) -> None:
    """Store a reading, replacing an earlier one of the same item."""
    db.execute(reading.delete().where(reading.c.item_id == new.item_id))
    statement = reading.insert().values(
        item_id=new.item_id,
        source=new.source,
        kind=new.kind,
        sha256=new.sha256,
        number=new.number[:NUMBER],
        total=new.total[:TOTAL],
        duplicate_of=new.duplicate_of,
        fields=[_plain(value) for value in new.values],
        at_ms=to_ms(now),
    )
    db.execute(statement)


def get(db: Connection, item_id: int) -> Reading | None:
    """Return the reading of the item, or None."""
    row = db.execute(sa.select(reading).where(reading.c.item_id == item_id)).one_or_none()
    return None if row is None else _reading(row)


def same_document(db: Connection, like: Reading) -> int | None:
    """Return the first other item with the same document, or None.

    Documents are the same when their content, or both number and total, are equal. Rejected items
    and items that are duplicates of this one do not count.
    """
    alike = [reading.c.sha256 == like.sha256]
    if like.number and like.total:
        same_order = sa.and_(
            reading.c.number == like.number[:NUMBER], reading.c.total == like.total[:TOTAL]
        )
        alike.append(same_order)
    statement = (
        sa.select(sa.func.min(reading.c.item_id))
        .join(item, item.c.id == reading.c.item_id)
        .where(
            sa.or_(*alike),
            reading.c.item_id != like.item_id,
            reading.c.duplicate_of.is_distinct_from(like.item_id),
            item.c.state.not_in(GONE),
        )
    )
    found = db.execute(statement).scalar()
    return None if found is None else int(found)


def correct(db: Connection, item_id: int, *, number: str, total: str) -> None:
    """Store the number and the total from a person's answer."""
    statement = reading.update().where(reading.c.item_id == item_id)
    db.execute(statement.values(number=number[:NUMBER], total=total[:TOTAL]))


def latest(db: Connection, source: str, *, limit: int) -> list[Reading]:
    """Return the newest readings of a source."""
    statement = (
        sa.select(reading)
        .where(reading.c.source == source)
        .order_by(reading.c.at_ms.desc())
        .limit(limit)
    )
    return [_reading(row) for row in db.execute(statement)]


def _plain(value: ReadValue) -> dict[str, Any]:
    return {
        "path": value.path,
        "value": value.value,
        "probability": value.probability,
        "passable": value.passable,
    }


def _reading(row: Row[Any]) -> Reading:
    return Reading(
        item_id=row.item_id,
        source=row.source,
        kind=row.kind,
        sha256=row.sha256,
        number=row.number,
        total=row.total,
        duplicate_of=row.duplicate_of,
        values=tuple(ReadValue(**value) for value in row.fields),
    )
