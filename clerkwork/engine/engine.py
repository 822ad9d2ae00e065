"""The engine as the rest of the toolkit sees it: submit an item, answer a review, log an event."""

import hashlib
import json
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.core import Core
from clerkwork.errors import fill
from clerkwork.model.events import Kind, Level
from clerkwork.model.items import Added, ItemState, NewItem, Outcome, Submission, WorkItem
from clerkwork.model.reviews import Decision, NewReview, Review, plain_fields
from clerkwork.store import items, moves, reviews

T = TypeVar("T")

CLOSING: dict[Decision, tuple[ItemState, Outcome]] = {
    Decision.BY_HAND: (ItemState.DONE, Outcome.BY_HAND),
    Decision.REJECT: (ItemState.REJECTED, Outcome.REJECTED),
    Decision.RETURN: (ItemState.RETURNED, Outcome.RETURNED),
}


class Engine(Core):
    """Takes items in and lets people answer; a ``Worker`` runs them."""

    def submit(self, new: NewItem, review: NewReview | None = None) -> Submission:
        """Add an item once per reference, and queue it in the same commit.

        Args:
            new: The item.
            review: Why it must go to a person before any bot, or None.

        Returns:
            The item that stands for the reference now. The same reference with other content is
            not dropped: it becomes an item of its own in the fallback queue.
        """
        answer, queued = self._submit(new, review)
        if answer.added is not Added.CONFLICT:
            kind = Kind.ITEM_MERGED if answer.added is Added.MERGED else Kind.ITEM_ADDED
            self.event(
                kind,
                _SENTENCES[answer.added],
                item_id=answer.item_id,
                reference=new.reference,
                workflow=new.workflow,
                source=new.source,
            )
            if queued is not None:
                self._opened(answer.item_id, queued)
            return answer
        again = replace(new, reference=f"{new.reference} ({digest_of(new.payload)[:8]})")
        doubt = self._conflict(new, answer.item_id)
        second = self.submit(again, doubt)
        return Submission(item_id=second.item_id, added=Added.CONFLICT)

    def _submit(
        self, new: NewItem, review: NewReview | None
    ) -> tuple[Submission, NewReview | None]:
        digest, now = digest_of(new.payload), clock.now()
        state = ItemState.WAITING if review is None else ItemState.IN_REVIEW
        queue = self.first_bot(new.workflow).queue
        with self.store.write() as db:
            item_id = items.add(db, new, queue=queue, digest=digest, state=state, now=now)
            added = Added.NEW
            if item_id is None:
                found = items.find(db, new.workflow, new.reference)
                item_id, added = _known(found, digest)
                if added is Added.REOPENED:
                    moves.reopen(db, item_id, new, digest=digest, state=state, now=now)
            if added in {Added.NEW, Added.REOPENED}:
                item = _present(items.get(db, item_id))
                if review is None:
                    self.enqueue(db, item)
                else:
                    self.open_review(db, item, review)
            else:
                review = None
        return Submission(item_id=item_id, added=added), review

    def _conflict(self, new: NewItem, known: int) -> NewReview:
        return NewReview(
            step=None,
            code="known_otherwise",
            message="The reference {reference} is known with other content (item {item}).",
            facts={"reference": new.reference, "item": str(known)},
            model=dotted_name(self.first_bot(new.workflow).takes),
            shown=new.payload,
            fields=plain_fields(new.payload, ()),
        )

    def answer(
        self,
        number: int,
        *,
        decision: Decision,
        data: dict[str, Any] | None,
        note: str,
        who: str,
    ) -> bool:
        """Answer a review and move its item on; the first answer wins.

        Args:
            number: The review.
            decision: What was decided.
            data: The corrected data, valid for the review's model; needed for ``CORRECT``.
            note: The person's reason, may be empty.
            who: The person.

        Returns:
            False when the review was answered already or somebody else holds it.
        """
        now = clock.now()
        with self.store.write() as db:
            if not reviews.answer(
                db, number, decision=decision, data=data, note=note, who=who, now=now
            ):
                return False
            review = _present(reviews.get(db, number))
            self._move_on(db, review, decision, data)
        self.event(
            Kind.REVIEW_ANSWERED,
            "{who} decided: {decision}",
            item_id=review.item_id,
            run_id=f"item-{review.item_id}-{review.run_no}",
            step=review.step,
            who=who,
            decision=decision.value,
            note=note,
            code=review.code,
            review=number,
            before=review.shown,
            after=data,
            ms=review.handling_ms,
        )
        return True

    def _move_on(
        self, db: Connection, review: Review, decision: Decision, data: dict[str, Any] | None
    ) -> None:
        now = clock.now()
        if decision is not Decision.CORRECT:
            state, outcome = CLOSING[decision]
            moves.close(db, review.item_id, state=state, outcome=outcome, now=now)
        elif review.step is not None:
            moves.resume(db, review.item_id, now=now)
        else:
            payload = data if data is not None else review.shown
            moves.restart(db, review.item_id, payload=payload, now=now)
            self.enqueue(db, _present(items.get(db, review.item_id)))

    def _opened(self, item_id: int, review: NewReview) -> None:
        self.write(
            Kind.REVIEW_OPENED,
            review.message,
            {**review.facts, "code": review.code},
            level=Level.WARNING,
            item_id=item_id,
        )


_SENTENCES = {
    Added.NEW: "{reference} was added.",
    Added.MERGED: "{reference} came again with the same content; it stays one item.",
    Added.REOPENED: "{reference} had been returned and came again.",
}


def digest_of(payload: dict[str, Any]) -> str:
    """Return the SHA-256 of JSON data in one canonical form."""
    text = json.dumps(payload, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def reason_of(review: NewReview) -> str:
    """Return a review's reason as a sentence."""
    return fill(review.message, review.facts)


def _known(found: tuple[WorkItem, str] | None, digest: str) -> tuple[int, Added]:
    item, known_digest = _present(found)
    if item.state is ItemState.RETURNED:
        return item.id, Added.REOPENED
    return item.id, Added.MERGED if known_digest == digest else Added.CONFLICT


def _present(found: T | None) -> T:
    if found is None:  # pragma: no cover - rows are never deleted while they are in use
        raise LookupError("a row that was just written is not there")
    return found
