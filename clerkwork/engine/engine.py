"""The engine as the rest of the toolkit sees it: submit an item, answer a review, log an event.

DBOS keeps the runs: it queues, checkpoints and resumes them. Its tables and ours are in one
database, so an item and its queue entry are one commit. Only this package knows DBOS.
"""

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from dbos import DBOS, DBOSClient, DBOSPortableJSONSerializer
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.runlog import RunLog
from clerkwork.errors import UsageError, fill
from clerkwork.model.bots import Bot
from clerkwork.model.events import Event, Kind, Level
from clerkwork.model.items import (
    Added,
    ItemState,
    NewItem,
    Outcome,
    Submission,
    WorkItem,
)
from clerkwork.model.reviews import Decision, NewReview, Review, plain_fields
from clerkwork.model.workflows import Target, Workflow
from clerkwork.store import items, reviews
from clerkwork.store.database import Store

T = TypeVar("T")
RUN = "run_item"
VERSION = "items-1"  # constant: with DBOS's own, items would wait for code that no longer runs
SERIALIZER = DBOSPortableJSONSerializer()  # the default would keep pickles in the database

CLOSING: dict[Decision, tuple[ItemState, Outcome]] = {
    Decision.BY_HAND: (ItemState.DONE, Outcome.BY_HAND),
    Decision.REJECT: (ItemState.REJECTED, Outcome.REJECTED),
    Decision.RETURN: (ItemState.RETURNED, Outcome.RETURNED),
}


class Engine:
    """Takes items in and lets people answer; a ``Worker`` runs them.

    Attributes:
        store: The open store.
        log: The run log.
        client: The way to DBOS from a process that runs no items.
    """

    def __init__(
        self,
        store: Store,
        log: RunLog,
        *,
        workflows: dict[str, Workflow],
        targets: dict[str, Target],
        bots: dict[str, Bot],
        root: Path,
    ) -> None:
        self.store = store
        self.log = log
        self.workflows = workflows
        self.targets = targets
        self.bots = bots
        self.root = root
        DBOS.migrate(store.engine.url.render_as_string(hide_password=False))
        self.client = DBOSClient(system_database_engine=store.engine, serializer=SERIALIZER)

    def close(self) -> None:
        """Let go of the database and the log."""
        self.client.destroy()
        self.log.close()

    def workflow(self, name: str) -> Workflow:
        """Return the workflow called *name*.

        Raises:
            UsageError: There is none; names those that exist.
        """
        if name not in self.workflows:
            known = ", ".join(sorted(self.workflows)) or "none"
            raise UsageError(f"there is no workflow {name!r}; known: {known}")
        return self.workflows[name]

    def first_bot(self, workflow: str) -> Bot:
        """Return the bot of the workflow's first step; its model is the item's payload."""
        step = self.workflow(workflow).steps[0]
        return self.bots[step.bot or ""]

    def queues(self) -> list[str]:
        """Return the queues that the project's workflows use."""
        return sorted({self.first_bot(name).queue for name in self.workflows})

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
                    items.reopen(db, item_id, new, digest=digest, state=state, now=now)
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
            items.close(db, review.item_id, state=state, outcome=outcome, now=now)
        elif review.step is not None:
            items.resume(db, review.item_id, now=now)
        else:
            payload = data if data is not None else review.shown
            items.restart(db, review.item_id, payload=payload, now=now)
            self.enqueue(db, _present(items.get(db, review.item_id)))

    def enqueue(self, db: Connection, item: WorkItem) -> None:
        """Put the item's present run into its queue, in the caller's transaction."""
        self.client.enqueue_in_transaction(
            db,
            {
                "workflow_name": RUN,
                "queue_name": item.queue,
                "workflow_id": item.run_id,
                "app_version": VERSION,
                "priority": item.priority,
            },
            item.id,
        )

    def open_review(self, db: Connection, item: WorkItem, review: NewReview) -> int:
        """Add a review of the item, due by its workflow's rule, in the caller's transaction."""
        now = clock.now()
        due = now + timedelta(seconds=self.workflow(item.workflow).fallback.due_s)
        return reviews.add(db, item.id, item.run_no, review, due=due, now=now)

    def _opened(self, item_id: int, review: NewReview) -> None:
        self._write(
            Kind.REVIEW_OPENED,
            review.message,
            {**review.facts, "code": review.code},
            level=Level.WARNING,
            item_id=item_id,
        )

    def event(
        self,
        kind: Kind,
        message: str,
        *,
        level: Level = Level.INFO,
        item_id: int | None = None,
        run_id: str | None = None,
        step: str | None = None,
        **data: Any,
    ) -> None:
        """Write an event to the run log; *message* may hold ``{name}`` for values of *data*."""
        self._write(kind, message, data, level=level, item_id=item_id, run_id=run_id, step=step)

    def _write(
        self,
        kind: Kind,
        message: str,
        data: dict[str, Any],
        *,
        level: Level,
        item_id: int | None = None,
        run_id: str | None = None,
        step: str | None = None,
    ) -> None:
        self.log.write(
            Event(
                at=clock.now(),
                kind=kind,
                level=level,
                item_id=item_id,
                run_id=run_id,
                step=step,
                message=message,
                data=data,
            )
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
