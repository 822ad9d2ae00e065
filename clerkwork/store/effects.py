"""The effect ledger: one row for each irreversible act, from intent over sent to confirmed."""

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
        target: The system it acts on.
        key: What identifies the record there; one effect per target and key, for ever.
        digest: SHA-256 of the data that was or will be entered.
        sent: The instant before the last possible submit, or None.
        sent_review: The review whose answer allowed that submit, or 0: no person was asked.
        confirmed: When the record was seen in the target, or None.
        receipt: What was seen; what the target answered to a submit, where it is not seen yet.
    """

    target: str
    key: str
    name: str
    item_id: int
    digest: str
    sent: datetime | None
    sent_review: int
    confirmed: datetime | None
    receipt: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered:
    """What was entered, and how it can be looked up.

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
    name: str,
    item_id: int,
    digest: str,
    now: datetime,
) -> bool:
    """Write the intent; return False when the ledger has a row for this target and key."""
    return inserted(
        db,
        effect,
        target=target,
        key=key,
        name=name,
        item_id=item_id,
        digest=digest,
        state="intent",
        intent_ms=to_ms(now),
    )


def get(db: Connection, target: str, key: str, *, lock: bool = False) -> Effect | None:
    """Return the ledger's row, or None; with *lock* nobody else changes it in this transaction."""
    statement = sa.select(effect).where(effect.c.target == target, effect.c.key == key)
    if lock:
        statement = statement.with_for_update()
    row = db.execute(statement).one_or_none()
    return None if row is None else _effect(row)


def of_item(db: Connection, item_id: int) -> list[Effect]:
    """Return the effects that the item owns."""
    statement = sa.select(effect).where(effect.c.item_id == item_id).order_by(effect.c.intent_ms)
    return [_effect(row) for row in db.execute(statement)]


def adopt(db: Connection, *, target: str, key: str, item_id: int, digest: str) -> bool:
    """Make an unconfirmed row the item's own, with the data it will enter now."""
    statement = (
        effect.update()
        .where(effect.c.target == target, effect.c.key == key, effect.c.confirmed_ms.is_(None))
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
) -> bool:
    """Keep what an unconfirmed row is to enter and how it can be looked up later."""
    statement = (
        effect.update()
        .where(effect.c.target == target, effect.c.key == key, effect.c.confirmed_ms.is_(None))
        .values(value=value, model=model, find=find)
    )
    return db.execute(statement).rowcount == 1


def entered(db: Connection, *, since: datetime) -> list[Entered]:
    """Return what may have been submitted since an instant and is not at work any more.

    That is what was confirmed, and what belongs to an item that is closed.
    """
    statement = (
        sa.select(effect)
        .join(item, item.c.id == effect.c.item_id)
        .where(
            effect.c.sent_ms >= to_ms(since),
            effect.c.find.is_not(None),
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
    db: Connection, *, target: str, key: str, item_id: int, now: datetime, review: int = 0
) -> bool:
    """Note that the submit may happen from now on; False when the row is not the item's own."""
    statement = (
        effect.update()
        .where(
            effect.c.target == target,
            effect.c.key == key,
            effect.c.item_id == item_id,
            effect.c.confirmed_ms.is_(None),
        )
        .values(state="sent", sent_ms=to_ms(now), sent_review=review)
    )
    return db.execute(statement).rowcount == 1


def keep_answer(db: Connection, *, target: str, key: str, receipt: dict[str, Any]) -> None:
    """Keep what the target answered to the submit of a record that is not seen there yet."""
    here = sa.and_(effect.c.target == target, effect.c.key == key, effect.c.confirmed_ms.is_(None))
    db.execute(effect.update().where(here).values(receipt=receipt))


def confirm(
    db: Connection, *, target: str, key: str, receipt: dict[str, Any], now: datetime
) -> bool:
    """Note that the record was seen in the target."""
    statement = (
        effect.update()
        .where(effect.c.target == target, effect.c.key == key)
        .values(state="confirmed", confirmed_ms=to_ms(now), receipt=receipt)
    )
    return db.execute(statement).rowcount == 1


def _effect(row: Row[Any]) -> Effect:
    return Effect(
        target=row.target,
        key=row.key,
        name=row.name,
        item_id=row.item_id,
        digest=row.digest,
        sent=None if row.sent_ms is None else from_ms(row.sent_ms),
        sent_review=row.sent_review,
        confirmed=None if row.confirmed_ms is None else from_ms(row.confirmed_ms),
        receipt=row.receipt,
    )
