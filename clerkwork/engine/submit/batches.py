"""A batch is added all or not at all, and once, in short transactions.

Its items are staged in a table of their own, where nothing sees them. When all are there, one
commit records the batch among the deliveries and marks it as complete: in that moment it was added.
Then its items are added in portions; whatever dies meanwhile, sweeps add the rest. Before it,
nothing was added, and a sweep discards what was staged. Whoever sends the same batch a second
time, perhaps because no answer came, does no harm, whatever became of the items meanwhile.
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
AT_ONCE = 200  # items that are read or staged at once
ABANDONED = timedelta(seconds=30)  # whoever works on a batch says so far more often
DROPPING = frozenset({"merge", "reject"})
_JSON: TypeAdapter[Arrival] = TypeAdapter(Arrival)


@dataclass(frozen=True, slots=True, kw_only=True)
class Batches:
    """Adds the batches of one project.

    Attributes:
        add: Adds one item in an open transaction, with its line in the run log; it arrived with the
            batch.
        settled: Called with what was added once that is committed.
    """

    core: Core
    add: Add
    settled: Callable[[Sequence[Addition]], None]

    def put(self, arrivals: Sequence[Arrival], batch: Batch) -> list[Submission]:
        """Add every item of a batch, all of them of one workflow, or none of them.

        Raises:
            BatchKnown: It was added before, with this content.
            BatchRefused: Its id was used before for other content, or the content of an item would
                be dropped.
        """
        if not arrivals:
            return []  # nothing is added, so there is nothing that may not be added twice
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
        """Add what was left of complete batches; discard what was staged of the others.

        One portion of each: a sweep has other things to do, and the next one goes on.
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
        """Refuse a batch whose id is known, after the items of the known one were all added."""
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
        """Refuse the batch if the content of one of its items would be dropped."""
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
                f"{names}; ask the sender, or see `on_conflict` of the workflow"
            )

    def _stage(self, arrivals: Sequence[Arrival], key: str) -> int:
        """Stage the items where nothing sees them; return the batch's number."""
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
        """Add the staged items; return the answer for each, in their order."""
        answers = self._promote(number)
        missing = [place for place in range(len(news)) if place not in answers]
        with self.core.store.read() as db:  # a sweep thought that this process had died
            for place in missing:
                new = news[place]
                item, _ = present(items.find(db, new.workflow, new.reference))
                added = Added.NEW if item.batch_id == new.batch_id else Added.MERGED
                answers[place] = Submission(item_id=item.id, added=added)
        return [answers[place] for place in range(len(news))]

    def _promote(self, number: int) -> dict[int, Submission]:
        """Add the items of a complete batch that are not added yet; return the answers by place."""
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
        """Add the next items of the batch; None once there are no more."""
        additions: list[Addition] = []
        with self.core.log.writing() as writing:
            portion, db = Portion(), writing.db
            batch = staged_batches.locked(db, number)
            if batch is None or (batch.done == batch.items and staged_batches.discard(db, number)):
                return None
            # When the batch was recorded: after a restore, what came before it may be entered.
            known = deliveries.find(db, batch.workflow, batch.key)
            arrived = clock.now() if known is None else known.arrived  # None: tidied since
            for data in staged_batches.arrivals(db, number, batch.done, AT_ONCE):
                new, review = _JSON.validate_python(data)
                additions.append(self.add(writing, new, review, arrived))
                if portion.is_over():
                    break
            staged_batches.note_done(db, number, batch.done + len(additions))
        self.settled(additions)
        return {batch.done + place: one.submission for place, one in enumerate(additions)}

    def _delete_orphans(self) -> None:
        """Delete the staged rows of batches that are done or discarded."""
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
        "and what it had staged was discarded; nothing was added, send it again"
    )


def _key(batch: Batch) -> str:
    return f"batch:{hashlib.sha256(batch.id.encode()).hexdigest()}"


def _digest(news: Sequence[NewItem]) -> str:
    """Return a SHA-256 of references and payloads, whatever their order."""
    each = sorted(f"{digest_of_json(new.payload)} {new.reference}" for new in news)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()
