"""What operators do with items: cancel, expire, edit, requeue; who and why stand in the run log.

Each move is refused when the transition table has none from the item's state, and each but the
requeue when something of the item may stand in a target: then a person decides in the review.
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
    """An open transaction for moves.

    Attributes:
        stale: Runs that are over with it; their entries leave their queues once it is committed.
    """

    writing: Writing
    stale: list[str] = field(default_factory=list)


class Operations:
    """Moves items for one person.

    Attributes:
        asked: Items that are at work and end at their next step, unless something was sent before.
    """

    def __init__(self, core: Core, *, who: str, why: str, lease: timedelta = LEASE) -> None:
        """Prepare the moves of *who*; a worker silent for *lease* is dead."""
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
        """Do *act*, a move of this class, with each item, many in one short transaction.

        Args:
            numbers: The items.
            act: Moves one item; False, or an error of its data, when that may not be.
            alone: Each item in a transaction of its own, as for ``asks_dbos``.

        Returns:
            Why not, by item, for those that were not moved.
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
                    except ClerkworkError as error:  # its data does not fit; the others go on
                        refused[number] = str(error)
                    if portion.is_over():
                        break
            if left:
                give_way(self._core.store)
        return refused

    def cancel(self, item_id: int) -> bool:
        """Cancel the item, a running one at its next step; False when it may not be."""
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
        """Close the item as expired; False when it may not be."""
        with self._moving() as moving:
            return self._drop(moving, item_id, ItemState.EXPIRED)

    def edit(self, item_id: int, changes: dict[str, str]) -> dict[str, tuple[str, str]] | None:
        """Change values of the payload by dotted path; the item gets a new run.

        Returns:
            What was and is, by path, empty when nothing differs; None when it may not be edited.

        Raises:
            AnswerInvalid: The data would not fit the bot's model, or cannot be stored; nothing was
                changed.
            UsageError: The payload has no such field, or it is the item's reference.
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
        """Have the item worked on again; False when its state does not allow it.

        One that is closed or in review gets a new run. One that waits or is postponed continues
        now, in its present run; so does one whose worker is dead.

        Args:
            item_id: The item.
            from_step: The step of its present run to begin with.

        Raises:
            UsageError: Its run has no such finished step; names those it has. Or a worker works on
                it, or its run is in its queue and cannot begin elsewhere.
        """
        with self._core.store.read() as db:
            item = self._item(db, item_id)
        if self.asks_dbos(item, from_step) and self._open is not None:
            raise UsageError("it moved meanwhile; requeue it again")
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
        """Tell whether a requeue asks DBOS first, so that it is in a transaction of its own."""
        return from_step is not None or item.state in HASTENED

    def _hasten(self, item: WorkItem, from_step: str | None) -> bool:
        """Let an open item continue now that no person has."""
        if item.state is ItemState.RUNNING:
            self._refuse_living(item)
        queued = item.state is not ItemState.RUNNING and self._core.is_queued(item)
        if queued and from_step is not None:
            raise UsageError(f"{item.run_id} is in its queue already; requeue it without a step")
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
                f"the worker {item.worker} is working on it (attempt {item.attempt});"
                " cancel it, or requeue it when that has ended"
            )

    def refusal(self, item_id: int) -> str:
        """Return why a move of the item that was just refused is not made."""
        with self._core.store.read() as db:
            item = self._item(db, item_id)
            sent = any(row.sent is not None for row in effects.of_item(db, item_id))
        if sent and item.outcome is None:
            return f"it is {item.state.value}, and it may stand in its target already"
        return f"it is {item.state.value}"

    @contextmanager
    def _moving(self) -> Iterator[Moving]:
        """Open a transaction, or take part in the one that is open.

        Nothing may ask DBOS for something within: it would wait for this transaction.
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
        """Refuse to let an item of one reference do the work of another."""
        field = self._core.workflow(item.workflow).reference
        if changes.get(field, item.reference) != item.reference and field in before:
            raise UsageError(
                f"item {item.id} is {item.reference}: its reference {field!r} cannot be changed;"
                " cancel it and put it in anew"
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
