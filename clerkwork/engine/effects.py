"""Effects: an irreversible act on another system, done exactly once.

The ledger's row goes from intent over sent to confirmed. ``sent`` is made durable by the parent
process just before the click, on the child's question, and only while the fence holds. After a
possible submit nothing is believed before the target's quiet period is over: a look-up that comes
earlier can miss a record that is still being stored, and entering it again would double it.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine import gate
from clerkwork.engine.execution import Execution
from clerkwork.engine.signals import Postponed, StepFailed
from clerkwork.errors import ApplicationException, BotException, BusinessException, Fenced
from clerkwork.model.bots import Do, Find
from clerkwork.model.events import Kind
from clerkwork.model.orders import Receipt
from clerkwork.model.reviews import NewReview, form_fields
from clerkwork.model.targets import Target
from clerkwork.store import effects, items, moves
from clerkwork.store.milestones import Milestone, reached

M = TypeVar("M", bound=BaseModel)


def perform(
    execution: Execution,
    *,
    step: str,
    target: Target,
    value: M,
    key: str,
    find: Find[M],
    do: Do[M],
) -> Receipt:
    """Do the effect and return its receipt; see ``Run.effect``.

    Raises:
        Postponed: The quiet period after an earlier submit is not over, or the target is left
            alone now.
        StepFailed: The target refused it, failed, or shows something else than was entered; it
            carries the form that a person is shown.
    """
    act = _Act(execution, step=step, target=target, key=str(getattr(value, key)), value=value)
    try:
        return act.perform(find, do)
    except BotException as error:
        raise StepFailed(error, act.review(error), act.settled()) from error


class _Act:
    """One attempt at one effect."""

    def __init__(
        self, execution: Execution, *, step: str, target: Target, key: str, value: BaseModel
    ) -> None:
        self._execution = execution
        self._step = step
        self._target = target
        self._key = key
        self._value = value
        self._digest = hashlib.sha256(value.model_dump_json().encode()).hexdigest()

    def perform(self, find: Find[Any], do: Do[Any]) -> Receipt:
        self._wait_until_open()
        self._intend()
        self._wait_until_settled()
        if (found := self._look(find)) is not None:
            return self._confirm(found, Kind.EFFECT_FOUND, "{key} stands in {target} already")
        if self._row().confirmed is not None:
            raise BusinessException(
                "confirmed_but_missing",
                "{key} was entered in {target} before, but is not found there any more.",
                key=self._key,
                target=self._target.name,
            )
        self._call(do)
        found = self._look(find)
        if found is None:
            raise ApplicationException(
                "not_verified",
                "{key} was submitted, but is not found in {target} yet.",
                key=self._key,
                target=self._target.name,
            )
        return self._confirm(found, Kind.EFFECT_CONFIRMED, "{key} stands in {target}")

    def settled(self) -> datetime | None:
        """Return the instant from which a look-up can be believed, or None: at any time."""
        with self._execution.engine.store.read() as db:
            # A restored store does not know what was submitted after its backup.
            restored = reached(db, Milestone.RESTORED)
        known = [instant for instant in (self._row().sent, restored) if instant is not None]
        if not known:
            return None
        return max(known) + timedelta(seconds=self._target.quiet_period_s)

    def review(self, error: BotException) -> NewReview:
        """Return what a person is shown when the item has to go to one."""
        shown = self._value.model_dump(mode="json")
        return NewReview(
            step=self._step,
            code=error.code,
            message=error.message,
            facts=error.facts,
            model=dotted_name(type(self._value)),
            shown=shown,
            fields=form_fields(shown, error.fields, None),
        )

    def _intend(self) -> None:
        now, item_id = clock.now(), self._execution.item.id
        with self._execution.engine.store.write() as db:
            new = effects.intend(
                db,
                target=self._target.name,
                key=self._key,
                name=self._step,
                item_id=item_id,
                digest=self._digest,
                now=now,
            )
            if not new:
                row = effects.get(db, self._target.name, self._key, lock=True)
                owner = None if row is None else items.get(db, row.item_id)
                busy = owner is not None and owner.id != item_id and owner.outcome is None
                if not busy:
                    effects.adopt(
                        db,
                        target=self._target.name,
                        key=self._key,
                        item_id=item_id,
                        digest=self._digest,
                    )
        if new:
            self._event(Kind.EFFECT_INTENT, "about to enter {key} in {target}")
        elif busy:
            raise ApplicationException(
                "effect_busy",
                "Another item is about to enter {key} in {target}.",
                key=self._key,
                target=self._target.name,
            )

    def _wait_until_open(self) -> None:
        """Stop before a gate that was closed since the item was reserved."""
        engine = self._execution.engine
        with engine.store.read() as db:
            item_id = self._execution.item.id
            found = gate.obstacle(engine, db, self._target, clock.now(), item_id=item_id)
        if found is not None:
            raise Postponed(found.until, found.code, found.reason)

    def _wait_until_settled(self) -> None:
        ready = self.settled()
        if ready is not None and self._row().confirmed is None and clock.now() < ready:
            raise Postponed(ready, "quiet_period", "waits until the target has settled")

    def _row(self) -> effects.Effect:
        with self._execution.engine.store.read() as db:
            row = effects.get(db, self._target.name, self._key)
        if row is None:
            raise LookupError(f"the effect ledger has no row for {self._key}")
        return row

    def _look(self, find: Find[Any]) -> Receipt | None:
        hits: list[Receipt] = self._call(find)
        if len(hits) > 1:
            raise BusinessException(
                "found_twice",
                "{key} stands in {target} {count} times.",
                key=self._key,
                target=self._target.name,
                count=len(hits),
            )
        if hits and hits[0].differences:
            raise BusinessException(
                "entered_differently",
                "{key} stands in {target} with other data: {differences}",
                key=self._key,
                target=self._target.name,
                differences="; ".join(hits[0].differences),
            )
        return hits[0] if hits else None

    def _call(self, function: Callable[..., Any]) -> Any:
        note = self._execution.on_message(self._step)

        def handle(kind: str, data: Any) -> None:
            if kind == "about_to_submit":
                self._send()
            else:
                note(kind, data)

        with gate.watched(self._execution.engine, self._target):
            return self._execution.tools.browser.call(
                self._target, function, self._value, on_message=handle
            )

    def _send(self) -> None:
        item = self._execution.item
        with self._execution.engine.store.write() as db:  # fence and mark are one transaction
            held = moves.holds(db, item.id, item.attempt, lock=True)
            if held:
                held = effects.mark_sent(
                    db,
                    target=self._target.name,
                    key=self._key,
                    item_id=item.id,
                    now=clock.now(),
                )
        if not held:
            raise Fenced(f"item {item.id} was taken over; {self._key} is not submitted")
        self._event(Kind.EFFECT_SENT, "submits {key} in {target}")

    def _confirm(self, receipt: Receipt, kind: Kind, message: str) -> Receipt:
        with self._execution.engine.store.write() as db:
            effects.confirm(
                db,
                target=self._target.name,
                key=self._key,
                receipt=receipt.model_dump(mode="json"),
                now=clock.now(),
            )
        self._event(kind, message + " as {confirmation}", confirmation=receipt.confirmation)
        return receipt

    def _event(self, kind: Kind, message: str, **data: Any) -> None:
        facts = {"key": self._key, "target": self._target.name, **data}
        self._execution.event(kind, message, facts, step=self._step)
