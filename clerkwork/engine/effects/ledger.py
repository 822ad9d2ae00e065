"""Finds the ledger's row of one effect, and what stands in its way.

A record is a target, a kind and a key, whichever workflow it comes through. A number that an order
and an invoice share, or a content that a person let in beside the first, gives the key a further
row. What was entered with equal content is done; other content is a question to a person.
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
    """The row of one effect of one item.

    Attributes:
        other: The act that entered this record with other content, or None.
        doubtful: An act that may have entered this very record, or None.
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
            item_id: The item that the effect is of.
            target: The system it acts on.
            key: What identifies the record there.
            record: Its kind; the name of the step, where the bot names none.
            step: The step of the run, as ``bot: effect``.
            value: What is to be entered.
            bots: The bots that the project has.
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
        """Make a row the item's own, or find the one that is done; return whether it is new.

        Args:
            find: Dotted name of the function that looks the record up.
            now: The present instant.

        Raises:
            ApplicationException: ``effect_busy``: another open item is about to enter the record.
        """
        with self._store.write() as db:
            found = self._place(db, now)
            while found is None:  # somebody took the number at the same moment
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
        """Return whether the row is of this record: one kind, or one step that names no other."""
        if row.record == self._record:
            return True
        unnamed = row.record is None or self._step in {row.record, self._record}
        return unnamed and row.name == self._step

    def _may_be_same(self, row: Effect) -> bool:
        """Return whether the row, though of another kind, may be of this very record.

        So it is with a row of a version that did not tell kinds apart, and where nobody named the
        kind: another bot did the same with the same data, or the bot is gone or renamed.
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
        """Return whether the record may stand in the target with other content.

        What this item submitted itself is left out: a person may have corrected it since.
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
        """Return the row as it stands now."""
        with self._store.read() as db:
            row = effects.get(db, self._target, self._key, self._no)
        if row is None:
            raise LookupError(f"the effect ledger has no row for {self._key}")
        return row

    def last_sent(self) -> datetime | None:
        """Return when this record was last submitted, with whatever content, or None."""
        own = self.row().sent if self._no else None
        sent = [own, None if self.other is None else self.other.sent]
        return max((instant for instant in sent if instant is not None), default=None)

    def mark_sent(self, db: Connection, *, now: datetime, review: int) -> bool:
        """Note that the submit may happen from now on; see ``effects.mark_sent``."""
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
        """Keep what the target answered; see ``effects.keep_answer``."""
        kept: dict[str, Any] = receipt.model_dump(mode="json")
        with self._store.write() as db:
            effects.keep_answer(db, target=self._target, key=self._key, no=self._no, receipt=kept)

    def confirm(self, receipt: Receipt, *, now: datetime) -> None:
        """Note that the record was seen in the target."""
        seen: dict[str, Any] = receipt.model_dump(mode="json")
        with self._store.write() as db:
            effects.confirm(
                db, target=self._target, key=self._key, no=self._no, receipt=seen, now=now
            )


def _last(rows: Sequence[Effect]) -> Effect | None:
    return rows[-1] if rows else None
