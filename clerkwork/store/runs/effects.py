"""The effect ledger: one row for each irreversible act, from intent over sent to confirmed.

Acts with the same target and key are numbered: an order and an invoice may have the same number,
and a person may have allowed a second content. The engine decides which row is which act.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Row

from clerkwork.clock import from_ms, to_ms
from clerkwork.store.schema import effect, item
from clerkwork.store.upsert import inserted


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A row of the ledger.

    Attributes:
        target: The name of the target.
        key: The key that identifies the record in the target.
        no: The number of the act among those with this target and key, from 1.
        record: The kind of record; None: written by a version that had no kinds.
        name: The step that created the row, as ``bot: effect``.
        digest: SHA-256 of the data that was or will be entered.
        value: The data as JSON; None: the item was deleted.
        model: Dotted name of its model.
        sent: The instant before the last possible submit, or None.
        sent_review: The review whose answer allowed that submit, or 0: no person was asked.
        confirmed: When the record was seen in the target, or None.
        receipt: The record as it was seen or, before that, the target's answer to the submit.
    """

    target: str
    key: str
    no: int
    record: str | None
    name: str
    item_id: int
    digest: str
    value: dict[str, Any] | None
    model: str | None
    sent: datetime | None
    sent_review: int
    confirmed: datetime | None
    receipt: dict[str, Any] | None

    @property
    def may_stand(self) -> bool:
        """Return whether the record may be in the target: it was submitted or seen there."""
        return self.sent is not None or self.confirmed is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """An entered record, and how to look it up.

    Attributes:
        value: The data as JSON.
        model: Dotted name of its model.
        find: Dotted name of the page function that looks it up.
        confirmed: Whether the record was seen in the target.
    """

    target: str
    key: str
    item_id: int
    value: dict[str, Any]
    model: str
    find: str
    confirmed: bool


def intend(
    db: Connection,
    *,
    target: str,
    key: str,
    record: str,
    name: str,
    item_id: int,
    digest: str,
    now: datetime,
    no: int = 1,
) -> bool:
    """Add the intent; return False when a row with this target, key and number exists."""
    return inserted(
        db,
        effect,
        target=target,
        key=key,
        no=no,
        record=record,
        name=name,
        item_id=item_id,
        digest=digest,
        state="intent",
        intent_ms=to_ms(now),
    )


def of_key(db: Connection, target: str, key: str, *, lock: bool = False) -> list[Effect]:
    """Return the acts with this target and key; *lock* locks the rows."""
    statement = sa.select(effect).where(effect.c.target == target, effect.c.key == key)
    if lock:
        statement = statement.with_for_update()
    return [_effect(row) for row in db.execute(statement.order_by(effect.c.no))]


def get(db: Connection, target: str, key: str, no: int = 1) -> Effect | None:
    """Return one row of the ledger, or None."""
    row = db.execute(sa.select(effect).where(_is(target, key, no))).one_or_none()
    return None if row is None else _effect(row)


def of_item(db: Connection, item_id: int) -> list[Effect]:
    """Return the effects of the item."""
    statement = sa.select(effect).where(effect.c.item_id == item_id).order_by(effect.c.intent_ms)
    return [_effect(row) for row in db.execute(statement)]


def adopt(db: Connection, *, target: str, key: str, item_id: int, digest: str, no: int = 1) -> bool:
    """Assign an unconfirmed row to the item, with the data it will enter now."""
    statement = (
        effect.update()
        .where(_is(target, key, no), effect.c.confirmed_ms.is_(None))
        .values(item_id=item_id, digest=digest)
    )
    return db.execute(statement).rowcount == 1


def describe(
    db: Connection,
    *,
    target: str,
    key: str,
    value: dict[str, Any],
    model: str,
    find: str,
    no: int = 1,
) -> bool:
    """Store the data of an unconfirmed row and the function that looks it up."""
    statement = (
        effect.update()
        .where(_is(target, key, no), effect.c.confirmed_ms.is_(None))
        .values(value=value, model=model, find=find)
    )
    return db.execute(statement).rowcount == 1


def entered(db: Connection, *, since: datetime) -> list[Entered]:
    """Return the records that may have been submitted since an instant and are final.

    These are confirmed records and records of closed items. When a person allowed a second content
    for a key, only the later one is returned, because it replaces the first in the target.
    """
    later = effect.alias()
    replaced = sa.exists().where(
        later.c.target == effect.c.target,
        later.c.key == effect.c.key,
        sa.or_(
            later.c.record == effect.c.record,
            sa.and_(effect.c.record.is_(None), later.c.name == effect.c.name),
        ),
        later.c.no > effect.c.no,
        later.c.confirmed_ms.is_not(None),
    )
    statement = (
        sa.select(effect)
        .join(item, item.c.id == effect.c.item_id)
        .where(
            effect.c.sent_ms >= to_ms(since),
            effect.c.find.is_not(None),
            ~replaced,
            sa.or_(effect.c.confirmed_ms.is_not(None), item.c.finished_ms.is_not(None)),
        )
        .order_by(effect.c.target, effect.c.sent_ms)
    )
    return [
        Entered(
            target=row.target,
            key=row.key,
            item_id=row.item_id,
            value=row.value,
            model=row.model,
            find=row.find,
            confirmed=row.confirmed_ms is not None,
        )
        for row in db.execute(statement)
    ]


def mark_sent(
    db: Connection,
    *,
    target: str,
    key: str,
    item_id: int,
    now: datetime,
    review: int = 0,
    no: int = 1,
) -> bool:
    """Record that the submit may happen from now on; False when the row is another item's."""
    statement = (
        effect.update()
        .where(
            _is(target, key, no),
            effect.c.item_id == item_id,
            effect.c.confirmed_ms.is_(None),
        )
        .values(state="sent", sent_ms=to_ms(now), sent_review=review)
    )
    return db.execute(statement).rowcount == 1


def keep_answer(
    db: Connection, *, target: str, key: str, receipt: dict[str, Any], no: int = 1
) -> None:
    """Store the target's answer to a submit whose record has not been seen there yet."""
    here = sa.and_(_is(target, key, no), effect.c.confirmed_ms.is_(None))
    db.execute(effect.update().where(here).values(receipt=receipt))


def confirm(
    db: Connection, *, target: str, key: str, receipt: dict[str, Any], now: datetime, no: int = 1
) -> bool:
    """Record that the record was seen in the target."""
    statement = (
        effect.update()
        .where(_is(target, key, no))
        .values(state="confirmed", confirmed_ms=to_ms(now), receipt=receipt)
    )
    return db.execute(statement).rowcount == 1


def _is(target: str, key: str, no: int) -> sa.ColumnElement[bool]:
    return sa.and_(effect.c.target == target, effect.c.key == key, effect.c.no == no)


def _effect(row: Row[Any]) -> Effect:
    return Effect(
        target=row.target,
        key=row.key,
        no=row.no,
        record=row.record,
        name=row.name,
        item_id=row.item_id,
        digest=row.digest,
        value=row.value,
        model=row.model,
        sent=None if row.sent_ms is None else from_ms(row.sent_ms),
        sent_review=row.sent_review,
        confirmed=None if row.confirmed_ms is None else from_ms(row.confirmed_ms),
        receipt=row.receipt,
    )
