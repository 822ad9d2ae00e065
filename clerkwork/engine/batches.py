"""A batch is added all or not at all, and once.

Its row stands among the deliveries, in the same commit as its items: whoever sends the same batch a
second time, perhaps because no answer came, does no harm, whatever became of the items meanwhile.
"""

import hashlib
from collections.abc import Sequence

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine.adding import Addition, digest_of, present
from clerkwork.errors import BatchKnown, BatchRefused
from clerkwork.model.items import NewItem
from clerkwork.model.queues import Batch
from clerkwork.store import deliveries

MOST_NAMED = 20


def record(db: Connection, batch: Batch, news: Sequence[NewItem]) -> None:
    """Record the batch before its items are added; all of them are of one workflow.

    Raises:
        BatchKnown: It was added before, with this content.
        BatchRefused: Its id was used before, for other content.
    """
    if not news:
        return  # nothing is added, so there is nothing that may not be added twice
    workflow, key, digest = news[0].workflow, _key(batch), _digest(news)
    if deliveries.add(db, workflow, key, digest=digest, items=len(news), now=clock.now()):
        return
    known = present(deliveries.find(db, workflow, key))
    if known.digest == digest:
        raise BatchKnown(
            f"batch {batch.id} was added before with the same {known.items} items; "
            "nothing was added"
        )
    raise BatchRefused(
        f"batch {batch.id} was added before with other content; nothing was added, "
        "send it under another id"
    )


def require_all(batch: Batch, additions: Sequence[Addition]) -> None:
    """Refuse the batch if the content of one of its items would be dropped.

    Raises:
        BatchRefused: Names the items.
    """
    dropped = [
        f"{addition.new.reference} (item {addition.submission.item_id})"
        for addition in additions
        if addition.dropped
    ]
    if dropped:
        more = len(dropped) - MOST_NAMED
        names = ", ".join(dropped[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        raise BatchRefused(
            f"batch {batch.id}: nothing was added, because these are known with other content: "
            f"{names}; ask the sender, or see `on_conflict` of the workflow"
        )


def _key(batch: Batch) -> str:
    return f"batch:{hashlib.sha256(batch.id.encode()).hexdigest()}"


def _digest(news: Sequence[NewItem]) -> str:
    """Return a SHA-256 of references and payloads, whatever their order."""
    each = sorted(f"{digest_of(new.payload)} {new.reference}" for new in news)
    return hashlib.sha256("\n".join(each).encode()).hexdigest()
