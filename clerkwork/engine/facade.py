"""The engine's interface for the rest of the toolkit: submit items and answer reviews."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine.core import Core
from clerkwork.engine.document_policy import learn
from clerkwork.engine.run_log import Writing
from clerkwork.engine.submit import add
from clerkwork.engine.submit.add import Addition, present
from clerkwork.engine.submit.batches import Batches
from clerkwork.errors import fill
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import Added, ItemState, NewItem, Outcome, Submission
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import Decision, NewReview, Review
from clerkwork.store.items import items, transitions
from clerkwork.store.reviews import reviews
from clerkwork.store.reviews.samples import Raised

CLOSING: dict[Decision, tuple[ItemState, Outcome]] = {
    Decision.BY_HAND: (ItemState.DONE, Outcome.BY_HAND),
    Decision.REJECT: (ItemState.REJECTED, Outcome.REJECTED),
    Decision.RETURN: (ItemState.RETURNED, Outcome.RETURNED),
}


class Engine:
    """Accepts items and people's answers; a ``Worker`` runs the items.

    Attributes:
        core: The store, the run log and the queues of the project.
    """

    def __init__(self, core: Core) -> None:
        self.core = core

    def close(self) -> None:
        """Close the connections to the database."""
        self.core.close()

    def require_storable(self, new: NewItem) -> None:
        """Refuse an item that cannot be stored; see ``Core.require_storable``."""
        self.core.require_storable(new)

    def event(self, kind: Kind, message: str, *, level: Level = Level.INFO, **data: Any) -> None:
        """Write an event about no single item to the run log; see ``Core.event``."""
        self.core.event(kind, message, level=level, **data)

    def submit(self, new: NewItem, review: NewReview | None = None) -> Submission:
        """Add an item once per reference, and queue it in the same commit.

        Args:
            new: The item.
            review: Why it must go to a person before any bot, or None.

        Returns:
            The item that now has the reference. When the same reference came with other content,
            the workflow's ``on_conflict`` decides.

        Raises:
            NotStorable: A value of the item cannot be stored.
        """
        self.core.require_storable(new)
        with self.core.log.writing() as writing:
            addition = add.add(self.core, writing.db, new, review)
            self._report(writing, addition)
        self._void([addition])
        return addition.submission

    def submit_all(
        self, arrivals: Sequence[tuple[NewItem, NewReview | None]], batch: Batch
    ) -> list[Submission]:
        """Add every item of a batch, or none of them, in short transactions.

        Raises:
            UsageError: The items differ from what the sender of the batch declared.
            BatchRefused: The content of an item would be dropped, because its reference is known
                with other content; or the batch's id was used for other content.
            BatchKnown: The batch was added before with the same content.
            NotStorable: A value of an item cannot be stored.
        """
        for new, _ in arrivals:
            self.core.require_storable(replace(new, batch_id=batch.id))
        batch.check([new.payload for new, _ in arrivals])
        marked = [(replace(new, batch_id=batch.id), review) for new, review in arrivals]
        return self._batches().put(marked, batch)

    def finish_batches(self) -> None:
        """Add the rest of complete batches of dead processes; discard their incomplete batches."""
        self._batches().sweep()

    def _batches(self) -> Batches:
        return Batches(core=self.core, add=self._add, settled=self._void)

    def _add(
        self, writing: Writing, new: NewItem, review: NewReview | None, arrived: datetime
    ) -> Addition:
        """Add one item of an accepted batch; content that would be dropped goes to a person.

        Such a conflict arises when its reference was added after the batch had been checked.
        """
        addition = add.add(self.core, writing.db, new, review, arrived=arrived)
        if addition.dropped:
            known = addition.submission.item_id
            addition = add.conflict(self.core, writing.db, new, known, arrived=arrived)
        self._report(writing, addition)
        return addition

    def _void(self, additions: Sequence[Addition]) -> None:
        """Remove the superseded runs from their queues."""
        stale = [addition.stale for addition in additions if addition.stale is not None]
        if stale:
            self.core.client.cancel_workflows(stale)

    def _report(self, writing: Writing, addition: Addition) -> None:
        """Write the result of adding an item to the run log."""
        added, new = addition.submission.added, addition.new
        same = {Added.MERGED, Added.REFUSED}
        self.core.event(
            Kind.ITEM_MERGED if added in same else Kind.ITEM_ADDED,
            _SENTENCES[added],
            item_id=addition.submission.item_id,
            reference=new.reference,
            workflow=new.workflow,
            source=new.source,
            within=writing,
        )
        if addition.opened is not None:
            self._opened(writing, addition.submission.item_id, addition.opened)

    def answer(
        self,
        number: int,
        *,
        decision: Decision,
        data: dict[str, Any] | None,
        note: str,
        who: str,
    ) -> bool:
        """Answer a review and change its item's state; the first answer wins.

        Args:
            number: The review.
            decision: The decision.
            data: The corrected data, valid for the review's model; required for ``CORRECT``.
            note: The person's reason; may be empty.
            who: The person.

        Returns:
            False when the review was already answered or another person has claimed it.
        """
        now = clock.now()
        with self.core.log.writing() as writing:
            reviews.lock_item(writing.db, number)
            if not reviews.answer(
                writing.db, number, decision=decision, data=data, note=note, who=who, now=now
            ):
                return False
            review = present(reviews.get(writing.db, number))
            self._move_on(writing.db, review, decision, data)
            self._say_answered(writing, review, data)
            correct = decision is Decision.CORRECT
            raised = learn(writing.db, self.core.judging, review, data or {}) if correct else []
            for each in raised:
                self._say_raised(writing, each, review.item_id)
        return True

    def _say_answered(self, writing: Writing, review: Review, data: dict[str, Any] | None) -> None:
        decision = present(review.decision)
        self.core.event(
            Kind.REVIEW_ANSWERED,
            "{who} decided: {decision}",
            item_id=review.item_id,
            run_id=f"item-{review.item_id}-{review.run_no}",
            step=review.step,
            within=writing,
            who=review.who,
            decision=decision.value,
            note=review.note,
            code=review.code,
            review=review.number,
            before=review.shown,
            after=data,
            ms=review.handling_ms,
        )

    def _say_raised(self, writing: Writing, raised: Raised, item_id: int) -> None:
        """Write to the run log that errors in the sample raised a threshold."""
        self.core.event(
            Kind.DRIFT,
            "{wrong} of {checked} sampled values of {field} from {source} were wrong, more than "
            "accepted: its threshold is raised to {threshold}.",
            level=Level.WARNING,
            item_id=item_id,
            within=writing,
            source=raised.source,
            field=raised.field,
            wrong=raised.wrong,
            checked=raised.checked,
            threshold=raised.threshold,
        )

    def _move_on(
        self, db: Connection, review: Review, decision: Decision, data: dict[str, Any] | None
    ) -> None:
        now = clock.now()
        if decision is not Decision.CORRECT:
            state, outcome = CLOSING[decision]
            transitions.close(db, review.item_id, state=state, outcome=outcome, now=now)
        elif review.step is not None:
            transitions.resume(db, review.item_id, now=now)
        else:
            payload = data if data is not None else review.shown
            item = present(items.get(db, review.item_id))
            group = self.core.group_of(item.workflow, payload)
            transitions.restart(db, item.id, payload=payload, group_key=group, now=now)
            self.core.enqueue(db, present(items.get(db, item.id)))

    def _opened(self, writing: Writing, item_id: int, review: NewReview) -> None:
        self.core.write(
            Kind.REVIEW_OPENED,
            review.message,
            {**review.facts, "code": review.code},
            level=Level.WARNING,
            item_id=item_id,
            within=writing,
        )


_SENTENCES = {
    Added.NEW: "{reference} was added.",
    Added.CONFLICT: "{reference} was added for review: another item has other content.",
    Added.MERGED: "{reference} came again and was merged into the known item.",
    Added.REFUSED: "{reference} came again with other content and was refused.",
    Added.SUPERSEDED: "{reference} came again; its new content replaces the old.",
    Added.REOPENED: "{reference} had been returned and came again.",
}


def reason_of(review: NewReview) -> str:
    """Return a review's reason as a sentence."""
    return fill(review.message, review.facts)
