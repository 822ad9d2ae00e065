"""Adds a batch completely or not at all, and only once, in short transactions.

The items are first staged in a separate table. When all are staged, one commit records the batch as
a delivery and marks it as complete; from that commit on, the batch counts as added. Its items are
then added in portions; if the process dies, sweeps add the rest. If it dies before that commit,
nothing was added, and a sweep discards the staged items. Sending the same batch again, for example
because no answer came, is harmless.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from clerkwork import clock
from clerkwork.engine.core import Core
from clerkwork.engine.portions import Portion, give_way
from clerkwork.engine.run_log import Writing
from clerkwork.engine.submit.add import Addition, is_equal, present
from clerkwork.errors import BatchKnown, BatchRefused
from clerkwork.model.work.content import digest_of_json
from clerkwork.model.work.items import Added, ItemState, NewItem, Submission
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NewReview
from clerkwork.store.inbox import deliveries, staged_batches
from clerkwork.store.items import items

Arrival = tuple[NewItem, NewReview | None]
Add = Callable[[Writing, NewItem, NewReview | None, datetime], Addition]
MOST_NAMED = 20
AT_ONCE = 200  # items read or staged in one transaction
ABANDONED = timedelta(seconds=30)  # a living process renews its batch far more often
DROPPING = frozenset({"merge", "reject"})
_JSON: TypeAdapter[Arrival] = TypeAdapter(Arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Adds the batches of one project.

    Attributes:
        add: Adds one item in an open transaction and logs it; its last argument is the arrival of
            the batch.
        settled: Called with the additions after their commit.
    """

    core: Core
    add: Add
    settled: Callable[[Sequence[Addition]], None]

    def put(self, arrivals: Sequence[Arrival], batch: Batch) -> list[Submission]:
        """Add every item of a batch of one workflow, or none of them.

        Raises:
            BatchKnown: The batch was added before with this content.
            BatchRefused: Its id was used before for other content, or the content of an item would
                be dropped.
        """
        if not arrivals:
            return []  # an empty batch is not recorded: adding it twice is harmless
        news = [new for new, _ in arrivals]
        key, digest = _key(batch), _digest(news)
        with self.core.store.read() as db:
            known = deliveries.find(db, news[0].workflow, key)
        if known is not None:
            self._refuse(batch, news[0].workflow, known, digest)
        self._require_all(batch, news)
        number = self._stage(arrivals, key)
        with self.core.store.write() as db:
            now, many = clock.now(), len(news)
            first = deliveries.add(db, news[0].workflow, key, digest=digest, items=many, now=now)
            marked = (
                staged_batches.complete(db, number) if first else staged_batches.discard(db, number)
            )
            if not marked:
                raise _lost(batch)
        if not first:
            with self.core.store.read() as db:
                known = present(deliveries.find(db, news[0].workflow, key))
            self._refuse(batch, news[0].workflow, known, digest)
        return self._answers(number, news)

    def sweep(self) -> None:
        """Add the rest of complete batches; discard abandoned incomplete ones.

        One portion of each, to keep a sweep short; the next sweep continues.
        """
        before = clock.now() - ABANDONED
        with self.core.store.read() as db:
            found = staged_batches.abandoned(db, before=before)
        for batch in found:
            if batch.complete and batch.workflow in self.core.workflows:
                self._portion(batch.number)
            elif not batch.complete:
                with self.core.store.write() as db:
                    staged_batches.discard(db, batch.number, before=before)
        self._delete_orphans()

    def _refuse(self, batch: Batch, workflow: str, known: deliveries.Delivery, digest: str) -> None:
        """Refuse a batch with a known id, after all items of the known batch are added."""
        if known.digest != digest:
            raise BatchRefused(
                f"batch {batch.id} was added before with other content; nothing was added, "
                "send it under another id"
            )
        with self.core.store.read() as db:
            left = staged_batches.find(db, workflow, _key(batch))
        if left is not None:
            self._promote(left.number)
        raise BatchKnown(
            f"batch {batch.id} was added before with the same {known.items} items; "
            "nothing was added"
        )

    def _require_all(self, batch: Batch, news: Sequence[NewItem]) -> None:
        """Refuse the batch if the content of any item would be dropped."""
        if self.core.workflow(news[0].workflow).on_conflict not in DROPPING:
            return
        digests: dict[str, str] = {}
        dropped = []
        with self.core.store.read() as db:
            for new in news:
                digest = self.core.digest_of(new.workflow, new.payload)
                found = items.find(db, new.workflow, new.reference)
                if found is not None and found[0].state is not ItemState.RETURNED:
                    if not is_equal(self.core, *found, new):
                        dropped.append(f"{new.reference} (item {found[0].id})")
                elif digests.setdefault(new.reference, digest) != digest:
                    dropped.append(f"{new.reference} (twice in this batch)")
        if dropped:
            more = len(dropped) - MOST_NAMED
            names = ", ".join(dropped[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
            raise BatchRefused(
                f"batch {batch.id}: nothing was added, because these are known with other content: "
                f"{names}; ask the sender, or set `on_conflict` in the workflow"
            )

    def _stage(self, arrivals: Sequence[Arrival], key: str) -> int:
        """Stage the items; return the number of the batch."""
        store, many = self.core.store, len(arrivals)
        with store.write() as db:
            number = staged_batches.begin(
                db, arrivals[0][0].workflow, key, items=many, now=clock.now()
            )
        for first in range(0, many, AT_ONCE):
            data = [_JSON.dump_python(one, mode="json") for one in arrivals[first:][:AT_ONCE]]
            with store.write() as db:
                if not staged_batches.renew(db, number, now=clock.now()):
                    raise _lost(arrivals[0][0])
                staged_batches.stage(db, number, first, data)
        return number

    def _answers(self, number: int, news: Sequence[NewItem]) -> list[Submission]:
        """Add the staged items; return the result of each, in order."""
        answers = self._promote(number)
        missing = [place for place in range(len(news)) if place not in answers]
        with self.core.store.read() as db:  # a sweep took this process for dead and added them
            for place in missing:
                new = news[place]
                item, _ = present(items.find(db, new.workflow, new.reference))
                added = Added.NEW if item.batch_id == new.batch_id else Added.MERGED
                answers[place] = Submission(item_id=item.id, added=added)
        return [answers[place] for place in range(len(news))]

    def _promote(self, number: int) -> dict[int, Submission]:
        """Add the remaining items of a complete batch; return the results by position."""
        answers: dict[int, Submission] = {}
        while True:
            with self.core.store.write() as db:
                staged_batches.renew(db, number, now=clock.now())
            added = self._portion(number)
            if added is None:
                self._delete_orphans()
                return answers
            answers |= added
            give_way(self.core.store)

    def _portion(self, number: int) -> dict[int, Submission] | None:
        """Add the next items of the batch; None when there are no more."""
        additions: list[Addition] = []
        with self.core.log.writing() as writing:
            portion, db = Portion(), writing.db
            batch = staged_batches.locked(db, number)
            if batch is None or (batch.done == batch.items and staged_batches.discard(db, number)):
                return None
            # The arrival is that of the batch: after a restore, older items may have been entered.
            known = deliveries.find(db, batch.workflow, batch.key)
            arrived = clock.now() if known is None else known.arrived  # None: deleted since
            for data in staged_batches.arrivals(db, number, batch.done, AT_ONCE):
                new, review = _JSON.validate_python(data)
                additions.append(self.add(writing, new, review, arrived))
                if portion.is_over():
                    break
            staged_batches.note_done(db, number, batch.done + len(additions))
        self.settled(additions)
        return {batch.done + place: one.submission for place, one in enumerate(additions)}

    def _delete_orphans(self) -> None:
        """Delete the staged rows of finished and discarded batches."""
        store = self.core.store
        with store.read() as db:
            left = staged_batches.has_orphans(db)
        while left:
            with store.write() as db:
                left = staged_batches.delete_orphans(db) == staged_batches.PORTION


def _lost(batch: Batch | NewItem) -> BatchRefused:
    name = batch.id if isinstance(batch, Batch) else batch.batch_id
    return BatchRefused(
        f"batch {name}: this process stood still for more than {ABANDONED.total_seconds():.0f} s, "
        "and its staged items were discarded; nothing was added, send it again"
    )


def _key(batch: Batch) -> str:
    return f"batch:{hashlib.sha256(batch.id.encode()).hexdigest()}"


def _digest(news: Sequence[NewItem]) -> str:
    """Return a SHA-256 of references and payloads that does not depend on their order."""
    each = sorted(f"{digest_of_json(new.payload)} {new.reference}" for new in news)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()
