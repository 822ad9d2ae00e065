"""What operators do with items: cancel, expire, edit, requeue; who and why stand in the run log.

Each move is refused when the transition table has none from the item's state, and each but the
requeue when something of the item may stand in a target: then a person decides in the review.
"""

from datetime import timedelta
from typing import Any

from clerkwork import clock
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.adding import present
from clerkwork.engine.core import Core
from clerkwork.errors import UsageError
from clerkwork.model.events import Kind
from clerkwork.model.items import ItemState, WorkItem
from clerkwork.model.reviews import flatten, rebuild
from clerkwork.store import cancels, effects, items, moves, reviews, workers

HASTENED = {ItemState.WAITING, ItemState.POSTPONED, ItemState.RUNNING}
LEASE = timedelta(seconds=WorkerSettings().lease_s)


class Operations:
    """Moves items for one person."""

    def __init__(self, core: Core, *, who: str, why: str, lease: timedelta = LEASE) -> None:
        """Prepare the moves of *who*; a worker silent for *lease* is dead."""
        self._core = core
        self._who = who
        self._why = why
        self._lease = lease

    def cancel(self, item_id: int) -> bool:
        """Cancel the item, a running one at its next step; False when it may not be."""
        if self._drop(item_id, ItemState.CANCELLED):
            return True
        with self._core.store.write() as db:
            asked = cancels.ask_cancel(db, item_id, who=self._who, now=clock.now())
        if asked:
            self._say(item_id, "{who} asked to cancel it at its next step: {why}")
        return asked

    def expire(self, item_id: int) -> bool:
        """Close the item as expired; False when it may not be."""
        return self._drop(item_id, ItemState.EXPIRED)

    def edit(self, item_id: int, changes: dict[str, str]) -> dict[str, tuple[str, str]] | None:
        """Change values of the payload by dotted path; the item gets a new run.

        Returns:
            What was and is, by path, empty when nothing differs; None when it may not be edited.

        Raises:
            AnswerInvalid: The data would not fit the bot's model; nothing was changed.
            UsageError: The payload has no such field, or it is the item's reference.
        """
        item = self._item(item_id)
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
        if not diff:
            return {}
        now = clock.now()
        with self._core.store.write() as db:
            renewed = moves.renew(
                db,
                item_id,
                payload=payload,
                group_key=self._core.group_of(item.workflow, payload),
                digest=self._core.digest_of(item.workflow, payload),
                now=now,
            )
            if not renewed:
                return None
            reviews.withdraw(db, item_id, who=self._who, now=now)
            self._core.enqueue(db, present(items.get(db, item_id)))
        self._core.client.cancel_workflow(item.run_id)
        self._say(
            item_id, "{who} edited it: {why}", diff={path: list(d) for path, d in diff.items()}
        )
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
        item = self._item(item_id)
        if from_step is not None:
            names = self._core.finished_steps(item)
            if from_step not in names:
                known = ", ".join(repr(name) for name in names) or "none"
                raise UsageError(
                    f"{item.run_id} has no finished step {from_step!r}; it has {known}"
                )
        if item.state in HASTENED:
            return self._hasten(item, from_step)
        now = clock.now()
        with self._core.store.write() as db:
            if not moves.requeue(db, item_id, from_step=from_step, now=now):
                return False
            reviews.withdraw(db, item_id, who=self._who, now=now)
            if from_step is None:
                self._core.enqueue(db, present(items.get(db, item_id)))
        self._say(item_id, "{who} requeued it from {begin}: {why}", begin=from_step or "the start")
        return True

    def _hasten(self, item: WorkItem, from_step: str | None) -> bool:
        """Let an open item continue now that no person has."""
        if item.state is ItemState.RUNNING:
            self._refuse_living(item)
        queued = item.state is not ItemState.RUNNING and self._core.is_queued(item)
        if queued and from_step is not None:
            raise UsageError(f"{item.run_id} is in its queue already; requeue it without a step")
        now = clock.now()
        with self._core.store.write() as db:
            if not moves.hasten(db, item, queued=queued, from_step=from_step, now=now):
                return False
        begin = from_step or "where it stopped"
        self._say(item.id, "{who} requeued it from {begin}: {why}", begin=begin)
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
        item = self._item(item_id)
        with self._core.store.read() as db:
            sent = any(row.sent is not None for row in effects.of_item(db, item_id))
        if sent and item.outcome is None:
            return f"it is {item.state.value}, and it may stand in its target already"
        return f"it is {item.state.value}"

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

    def _drop(self, item_id: int, state: ItemState) -> bool:
        item, now = self._item(item_id), clock.now()
        reason = f"{state.value} by {self._who}: {self._why}"
        with self._core.store.write() as db:
            if not moves.drop(db, item_id, state, reason=reason, now=now):
                return False
            reviews.withdraw(db, item_id, who=self._who, now=now)
        self._core.client.cancel_workflow(item.run_id)
        self._say(item_id, "{who} made it {state}: {why}", state=state.value)
        return True

    def _item(self, item_id: int) -> WorkItem:
        with self._core.store.read() as db:
            found = items.get(db, item_id)
        if found is None:
            raise UsageError(f"there is no item {item_id}; `clerkwork items` lists them")
        return found

    def _say(self, item_id: int, message: str, **data: Any) -> None:
        self._core.event(
            Kind.ITEM_CHANGED,
            message,
            item_id=item_id,
            run_id=self._item(item_id).run_id,
            who=self._who,
            why=self._why or "no reason given",
            **data,
        )


def _refuse_unknown(changes: dict[str, str], leaves: dict[str, str], fields: set[str]) -> None:
    for path in changes:
        if path not in leaves and path.split(".")[0] not in fields:
            raise UsageError(f"the item has no field {path!r}; it has {', '.join(leaves)}")
