"""Operators' actions on items: cancel, expire, edit, requeue. The run log records who and why.

An action is refused when the transition table does not allow it in the item's state. All except
requeue are also refused when a record of the item may be in a target: a person decides in a review.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.core import Core
from clerkwork.engine.portions import Portion, give_way
from clerkwork.engine.run_log import Writing
from clerkwork.errors import ClerkworkError, UsageError
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.reviews import flatten, rebuild
from clerkwork.store.items import cancellation, items, transitions
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import effects, workers

HASTENED = {ItemState.WAITING, ItemState.POSTPONED, ItemState.RUNNING}
LEASE = timedelta(seconds=WorkerSettings().lease_s)


@dataclass(frozen=True, slots=True, kw_only=True)
class Moving:
    """An open transaction for state changes.

    Attributes:
        stale: Runs ended by the transaction; they are removed from their queues after the commit.
    """

    writing: Writing
    stale: list[str] = field(default_factory=list)


class Operations:
    """Actions of one person on items.

    Attributes:
        asked: Running items that will be cancelled at their next step, unless something was sent
            before it.
    """

    def __init__(self, core: Core, *, who: str, why: str, lease: timedelta = LEASE) -> None:
        """Prepare actions of *who*; a worker without a heartbeat for *lease* counts as dead."""
        self.asked: list[int] = []
        self._core = core
        self._who = who
        self._why = why
        self._lease = lease
        self._open: Moving | None = None

    def each(
        self,
        numbers: Iterable[int],
        act: Callable[["Operations", int], bool],
        *,
        alone: bool = False,
    ) -> dict[int, str]:
        """Apply *act*, a method of this class, to each item, many in one short transaction.

        Args:
            numbers: The items.
            act: Changes one item; returns False or raises when the change is not allowed.
            alone: Use one transaction for each item, as ``asks_dbos`` requires.

        Returns:
            The reason for each item that was not changed, by item.
        """
        left, refused = deque(sorted(numbers)), dict[int, str]()
        while left:
            portion = Portion()
            with nullcontext() if alone else self._moving():
                while left:
                    number = left.popleft()
                    try:
                        if not act(self, number):
                            refused[number] = self.refusal(number)
                    except ClerkworkError as error:  # this item only; the others are still tried
                        refused[number] = str(error)
                    if portion.is_over():
                        break
            if left:
                give_way(self._core.store)
        return refused

    def cancel(self, item_id: int) -> bool:
        """Cancel the item, a running one at its next step; False when that is not allowed."""
        with self._moving() as moving:
            if self._drop(moving, item_id, ItemState.CANCELLED):
                return True
            db, now = moving.writing.db, clock.now()
            if not cancellation.ask_cancel(db, item_id, who=self._who, now=now):
                return False
            self._say(
                moving, self._item(db, item_id), "{who} asked to cancel it at its next step: {why}"
            )
        self.asked.append(item_id)
        return True

    def expire(self, item_id: int) -> bool:
        """Close the item as expired; False when that is not allowed."""
        with self._moving() as moving:
            return self._drop(moving, item_id, ItemState.EXPIRED)

    def edit(self, item_id: int, changes: dict[str, str]) -> dict[str, tuple[str, str]] | None:
        """Change values of the payload by dotted path; the item gets a new run.

        Returns:
            The old and new value by path, empty when nothing differs; None when editing is not
            allowed.

        Raises:
            AnswerInvalid: The data would not fit the bot's model, or cannot be stored; nothing was
                changed.
            UsageError: The payload has no such field, or the field is the item's reference.
        """
        with self._moving() as moving:
            item = self._item(moving.writing.db, item_id)
            before = flatten(item.payload)
            model = self._core.first_bot(item.workflow).takes
            _refuse_unknown(changes, before, set(model.model_fields))
            self._refuse_reference(item, changes, before)
            payload: dict[str, Any] = rebuild(model, before | changes).model_dump(mode="json")
            after = flatten(payload)
            diff = {
                path: (before.get(path, ""), after.get(path, ""))
                for path in [*before, *(path for path in after if path not in before)]
                if before.get(path, "") != after.get(path, "")
            }
            if diff and not self._renew(moving, item, payload, diff):
                return None
        return diff

    def requeue(self, item_id: int, from_step: str | None = None) -> bool:
        """Run the item again; False when its state does not allow it.

        A closed item and an item in review get a new run. A waiting or postponed item, and one
        whose worker is dead, continue their present run at once.

        Args:
            item_id: The item.
            from_step: The step of its present run to start from.

        Raises:
            UsageError: The run has no such finished step (names those it has), a worker is running
                the item, or the run is already queued and cannot start from another step.
        """
        with self._core.store.read() as db:
            item = self._item(db, item_id)
        if self.asks_dbos(item, from_step) and self._open is not None:
            raise UsageError("the item changed in the meantime; requeue it again")
        if from_step is not None:
            self._require_step(item, from_step)
        if item.state in HASTENED:
            return self._hasten(item, from_step)
        with self._moving() as moving:
            db, now = moving.writing.db, clock.now()
            self._core.workflow(item.workflow)
            if not transitions.requeue(db, item_id, from_step=from_step, now=now):
                return False
            reviews.withdraw(db, item_id, who=self._who, now=now)
            item = self._item(db, item_id)
            if from_step is None:
                self._core.enqueue(db, item)
            begin = from_step or "the start"
            self._say(moving, item, "{who} requeued it from {begin}: {why}", begin=begin)
        return True

    @staticmethod
    def asks_dbos(item: WorkItem, from_step: str | None) -> bool:
        """Return whether a requeue calls DBOS, and so needs a transaction of its own."""
        return from_step is not None or item.state in HASTENED

    def _hasten(self, item: WorkItem, from_step: str | None) -> bool:
        """Continue an open item that is not in review at once."""
        if item.state is ItemState.RUNNING:
            self._refuse_living(item)
        queued = item.state is not ItemState.RUNNING and self._core.is_queued(item)
        if queued and from_step is not None:
            raise UsageError(f"{item.run_id} is already queued; requeue it without a step")
        with self._moving() as moving:
            db, now = moving.writing.db, clock.now()
            if not transitions.hasten(db, item, queued=queued, from_step=from_step, now=now):
                return False
            begin = from_step or "where it stopped"
            self._say(moving, item, "{who} requeued it from {begin}: {why}", begin=begin)
        return True

    def _refuse_living(self, item: WorkItem) -> None:
        with self._core.store.read() as db:
            alive = workers.alive(db, since=clock.now() - self._lease)
        if item.worker in {worker.name for worker in alive}:
            raise UsageError(
                f"the worker {item.worker} is running it (attempt {item.attempt});"
                " cancel it, or requeue it when the attempt has ended"
            )

    def refusal(self, item_id: int) -> str:
        """Return why the last action on the item was refused."""
        with self._core.store.read() as db:
            item = self._item(db, item_id)
            sent = any(row.sent is not None for row in effects.of_item(db, item_id))
        if sent and item.outcome is None:
            return f"it is {item.state.value}, and its record may already be in the target"
        return f"it is {item.state.value}"

    @contextmanager
    def _moving(self) -> Iterator[Moving]:
        """Open a transaction, or join the one that is open.

        DBOS must not be called inside: it would wait for this transaction.
        """
        if self._open is not None:
            yield self._open
            return
        with self._core.log.writing() as writing:
            self._open = moving = Moving(writing=writing)
            try:
                yield moving
            finally:
                self._open = None
        if moving.stale:
            self._core.client.cancel_workflows(moving.stale)

    def _require_step(self, item: WorkItem, step: str) -> None:
        names = self._core.finished_steps(item)
        if step not in names:
            known = ", ".join(repr(name) for name in names) or "none"
            raise UsageError(f"{item.run_id} has no finished step {step!r}; it has {known}")

    def _renew(
        self,
        moving: Moving,
        item: WorkItem,
        payload: dict[str, Any],
        diff: dict[str, tuple[str, str]],
    ) -> bool:
        db, now = moving.writing.db, clock.now()
        moved = transitions.renew(
            db,
            item.id,
            payload=payload,
            group_key=self._core.group_of(item.workflow, payload),
            digest=self._core.digest_of(item.workflow, payload),
            now=now,
        )
        if not moved:
            return False
        reviews.withdraw(db, item.id, who=self._who, now=now)
        renewed = self._item(db, item.id)
        self._core.enqueue(db, renewed)
        moving.stale.append(item.run_id)
        shown = {path: list(values) for path, values in diff.items()}
        self._say(moving, renewed, "{who} edited it: {why}", diff=shown)
        return True

    def _refuse_reference(
        self, item: WorkItem, changes: dict[str, str], before: dict[str, str]
    ) -> None:
        """Refuse to change the reference of an item."""
        field = self._core.workflow(item.workflow).reference
        if changes.get(field, item.reference) != item.reference and field in before:
            raise UsageError(
                f"item {item.id} is {item.reference}: its reference {field!r} cannot be changed;"
                " cancel it and submit it again"
            )

    def _drop(self, moving: Moving, item_id: int, state: ItemState) -> bool:
        db, now = moving.writing.db, clock.now()
        item = self._item(db, item_id)
        reason = f"{state.value} by {self._who}: {self._why}"
        if not transitions.drop(db, item_id, state, reason=reason, now=now):
            return False
        reviews.withdraw(db, item_id, who=self._who, now=now)
        moving.stale.append(item.run_id)
        self._say(moving, item, "{who} made it {state}: {why}", state=state.value)
        return True

    def _item(self, db: Connection, item_id: int) -> WorkItem:
        found = items.get(db, item_id)
        if found is None:
            raise UsageError(f"there is no item {item_id}; `clerkwork items` lists them")
        return found

    def _say(self, moving: Moving, item: WorkItem, message: str, **data: Any) -> None:
        self._core.event(
            Kind.ITEM_CHANGED,
            message,
            item_id=item.id,
            run_id=item.run_id,
            within=moving.writing,
            who=self._who,
            why=self._why or "no reason given",
            **data,
        )


def _refuse_unknown(changes: dict[str, str], leaves: dict[str, str], fields: set[str]) -> None:
    for path in changes:
        if path not in leaves and path.split(".")[0] not in fields:
            raise UsageError(f"the item has no field {path!r}; it has {', '.join(leaves)}")
