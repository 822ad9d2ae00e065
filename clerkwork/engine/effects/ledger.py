"""Finds or creates the ledger row of one effect, and the other rows that conflict with it.

A record is identified by target, kind and key, regardless of the workflow. A key has several rows
when records of different kinds share a number (an order and an invoice), or when a person allowed a
second content. A record that was entered with equal content is done; one with other content is a
question to a person.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy.engine import Connection

from clerkwork.discover import dotted_name
from clerkwork.errors import ApplicationException
from clerkwork.model.orders import Receipt
from clerkwork.model.work.content import digest_of, older_digest_of
from clerkwork.store.database import Store
from clerkwork.store.items import items
from clerkwork.store.runs import effects
from clerkwork.store.runs.effects import Effect


class LedgerEntry:
    """The ledger row of one effect of one item.

    Attributes:
        other: The act that entered this record with other content, or None.
        doubtful: An act that may have entered this same record, or None.
    """

    def __init__(
        self,
        store: Store,
        *,
        item_id: int,
        target: str,
        key: str,
        record: str,
        step: str,
        value: BaseModel,
        bots: Collection[str],
    ) -> None:
        """Prepare the entry; nothing is written before ``intend``.

        Args:
            store: The open store.
            item_id: The item that the effect belongs to.
            target: The name of the target.
            key: The key that identifies the record in the target.
            record: The kind of the record; by default the name of the step.
            step: The step of the run, as ``bot: effect``.
            value: The data to enter.
            bots: The bots of the project.
        """
        self.other: Effect | None = None
        self.doubtful: Effect | None = None
        self._store = store
        self._item_id = item_id
        self._target = target
        self._key = key
        self._record = record
        self._step = step
        self._value = value
        self._bots = bots
        self._digest = digest_of(value)
        self._digests = {self._digest, older_digest_of(value)}
        self._no = 0

    def intend(self, *, find: str, now: datetime) -> bool:
        """Take over or create the item's row, or find a finished one; return whether it is new.

        Args:
            find: Dotted name of the lookup function.
            now: The present instant.

        Raises:
            ApplicationException: ``effect_busy``: another open item is about to enter the record.
        """
        with self._store.write() as db:
            found = self._place(db, now)
            while found is None:  # another process took the number at the same moment
                found = self._place(db, now)
            effects.describe(
                db,
                target=self._target,
                key=self._key,
                no=self._no,
                value=self._value.model_dump(mode="json"),
                model=dotted_name(type(self._value)),
                find=find,
            )
        return found

    def _place(self, db: Connection, now: datetime) -> bool | None:
        """Return whether a new row was written, or None when its number was just taken."""
        rows = effects.of_key(db, self._target, self._key, lock=True)
        same = [row for row in rows if self._is_same(row)]
        done = [row for row in same if row.confirmed is not None and self._is_equal(row)]
        if done:
            self._no = done[-1].no
            return False
        doubtful = [row for row in rows if row not in same and self._may_be_same(row)]
        self._refuse_busy(db, [*same, *doubtful])
        others = [row for row in same if self._is_other(row)]
        self.other = _last(others)
        self.doubtful = _last([row for row in doubtful if row.may_stand])
        free = _last([row for row in same if row.confirmed is None and row not in others])
        self._no = free.no if free is not None else rows[-1].no + 1 if rows else 1
        return self._adopt(db) if free is not None else self._add(db, now)

    def _adopt(self, db: Connection) -> bool:
        effects.adopt(
            db,
            target=self._target,
            key=self._key,
            no=self._no,
            item_id=self._item_id,
            digest=self._digest,
        )
        return False

    def _add(self, db: Connection, now: datetime) -> bool | None:
        added = effects.intend(
            db,
            target=self._target,
            key=self._key,
            no=self._no,
            record=self._record,
            name=self._step,
            item_id=self._item_id,
            digest=self._digest,
            now=now,
        )
        return added or None

    def _is_same(self, row: Effect) -> bool:
        """Return whether the row is of the same record: same kind, or same step without a kind."""
        if row.record == self._record:
            return True
        unnamed = row.record is None or self._step in {row.record, self._record}
        return unnamed and row.name == self._step

    def _may_be_same(self, row: Effect) -> bool:
        """Return whether the row may be of this same record although its kind differs.

        This is the case for rows of a version that had no kinds, and for rows without a named kind
        when another bot did the same act with the same data, or the bot is gone or renamed.
        """
        if row.record is None:
            return True
        bot, _, act = row.name.partition(": ")
        if row.record != row.name or self._record != self._step:
            return False
        if act != self._step.partition(": ")[2]:
            return False
        alike = row.model == dotted_name(type(self._value)) and self._is_equal(row)
        return alike or bot not in self._bots

    def _is_other(self, row: Effect) -> bool:
        """Return whether the record may be in the target with other content.

        Submits of this item itself are ignored: a person may have corrected the item since.
        """
        own = row.item_id == self._item_id and row.confirmed is None
        return row.may_stand and not own and not self._is_equal(row)

    def _is_equal(self, row: Effect) -> bool:
        if row.digest in self._digests:
            return True
        if row.value is None:
            return False
        try:
            return digest_of(type(self._value).model_validate(row.value)) == self._digest
        except ValidationError:
            return False

    def _refuse_busy(self, db: Connection, rows: Sequence[Effect]) -> None:
        for row in rows:
            owner = items.get(db, row.item_id)
            mine = row.confirmed is not None or row.item_id == self._item_id
            if not mine and owner is not None and owner.outcome is None:
                raise ApplicationException(
                    "effect_busy",
                    "Another item is about to enter {key} in {target}.",
                    key=self._key,
                    target=self._target,
                )

    def row(self) -> Effect:
        """Return the present row."""
        with self._store.read() as db:
            row = effects.get(db, self._target, self._key, self._no)
        if row is None:
            raise LookupError(f"the effect ledger has no row for {self._key}")
        return row

    def last_sent(self) -> datetime | None:
        """Return when this record was last submitted, with any content, or None."""
        own = self.row().sent if self._no else None
        sent = [own, None if self.other is None else self.other.sent]
        return max((instant for instant in sent if instant is not None), default=None)

    def mark_sent(self, db: Connection, *, now: datetime, review: int) -> bool:
        """Record that the submit may happen from now on; see ``effects.mark_sent``."""
        return effects.mark_sent(
            db,
            target=self._target,
            key=self._key,
            no=self._no,
            item_id=self._item_id,
            now=now,
            review=review,
        )

    def keep_answer(self, receipt: Receipt) -> None:
        """Store the target's answer; see ``effects.keep_answer``."""
        kept: dict[str, Any] = receipt.model_dump(mode="json")
        with self._store.write() as db:
            effects.keep_answer(db, target=self._target, key=self._key, no=self._no, receipt=kept)

    def confirm(self, receipt: Receipt, *, now: datetime) -> None:
        """Record that the record was seen in the target."""
        seen: dict[str, Any] = receipt.model_dump(mode="json")
        with self._store.write() as db:
            effects.confirm(
                db, target=self._target, key=self._key, no=self._no, receipt=seen, now=now
            )


def _last(rows: Sequence[Effect]) -> Effect | None:
    return rows[-1] if rows else None
