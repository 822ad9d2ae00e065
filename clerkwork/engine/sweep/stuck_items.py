"""Finds open items that cannot continue, and repairs them.

Every open item has exactly one way to continue: a waiting item has an entry in its queue, a
postponed one has an instant (or is held by a queue trigger), one in review has an open review, and
a running one has a run whose worker is alive or will be taken over. Each search covers one page of
each kind, so that a sweep stays short; the next search continues with the next page.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import partial

from dbos import DBOSClient

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine.core import ACTIVE, Core
from clerkwork.engine.run_log import Writing
from clerkwork.engine.submit.add import present
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.store.database import Store
from clerkwork.store.items import held, items, stuck_items
from clerkwork.store.items.stuck_items import START, OpenItem

GRACE = timedelta(seconds=30)  # state changes take less; items changed later are skipped
PAGE = 100
WHO = "the sweep"
ASKED_AGAIN = "It was in review, but its review was missing: check it and decide again."


class Problem(StrEnum):
    """What is wrong with the item, and what its repair does."""

    NO_ENTRY = "It was waiting without an entry in its queue; it is due now."
    NO_RUN = "It was running without a run; it is due now."
    NO_INSTANT = "It was postponed without an instant at which it continues; it is due now."
    NO_REVIEW = "It was in review without an open review; a person is asked again."
    VOID_REVIEW = "Its review {review} was open although it was {state}; the review was withdrawn."


@dataclass(frozen=True, slots=True, kw_only=True)
class Stuck:
    """An item that cannot continue, or has a review that it should not have."""

    item: OpenItem
    problem: Problem


class StuckItemSearch:
    """Searches the open items, one page of each kind at a time."""

    def __init__(self, store: Store, client: DBOSClient, *, grace: timedelta = GRACE) -> None:
        self._store = store
        self._client = client
        self._grace = grace
        self._reached = dict.fromkeys(PAGES, START)

    def next(self) -> list[Stuck]:
        """Return the stuck items on the next page of each kind."""
        before = clock.now() - self._grace
        found: list[Stuck] = []
        for problem, read in PAGES.items():
            with self._store.read() as db:
                page = read(db, after=self._reached[problem], before=before, limit=PAGE)
            self._reached[problem] = page[-1].key if len(page) == PAGE else START
            if problem in (Problem.NO_ENTRY, Problem.NO_RUN):
                page = self._without_run(page)
            found += [Stuck(item=one, problem=problem) for one in page if _has(one, problem)]
        return found

    def oldest(self) -> list[Stuck]:
        """Return the stuck items among those that have not changed for the longest time."""
        self._reached = dict.fromkeys(PAGES, START)
        found = self.next()
        with self._store.read() as db:
            same = stuck_items.unmoved(db, [one.item for one in found])
        return [one for one in found if one.item.item_id in same]

    def _without_run(self, page: list[OpenItem]) -> list[OpenItem]:
        """Return the items whose run is neither queued nor running, although it should be."""
        if not page:
            return []
        runs = self._client.list_workflows(
            workflow_ids=[one.run_id for one in page], load_input=False, load_output=False
        )
        active = {run.workflow_id for run in runs if run.status in ACTIVE}
        return [one for one in page if one.run_id not in active]


def repair(core: Core, found: Stuck) -> bool:
    """Repair the item; False when it has changed since it was found."""
    was, now = found.item, clock.now()
    with core.log.writing() as writing:
        match found.problem:
            case Problem.NO_REVIEW:
                repaired = stuck_items.take_for_review(writing.db, was, now=now)
            case Problem.VOID_REVIEW:
                repaired = stuck_items.withdraw_review(writing.db, was, who=WHO, now=now)
            case _:
                repaired = stuck_items.make_due(writing.db, was, now=now)
        if not repaired:
            return False
        core.event(
            Kind.NOTE,
            found.problem,
            level=Level.WARNING,
            item_id=was.item_id,
            run_id=was.run_id,
            within=writing,
            review=was.review,
            state=was.state.value,
        )
        if found.problem is Problem.NO_REVIEW:
            _ask_again(core, writing, present(items.get(writing.db, was.item_id)))
    return True


def _ask_again(core: Core, writing: Writing, item: WorkItem) -> None:
    review = NewReview(
        step=None,
        code="review_missing",
        message=ASKED_AGAIN,
        facts={},
        model=dotted_name(core.first_bot(item.workflow).takes),
        shown=item.payload,
        fields=plain_fields(item.payload, ()),
    )
    core.open_review(writing.db, item, review)
    core.event(
        Kind.REVIEW_OPENED,
        review.message,
        level=Level.WARNING,
        item_id=item.id,
        run_id=item.run_id,
        within=writing,
        code=review.code,
    )


def _has(one: OpenItem, problem: Problem) -> bool:
    """Return whether an item on a page of *problem* has that problem."""
    match problem:
        case Problem.NO_INSTANT:
            return not one.has_instant and one.reason_code != held.CODE
        case Problem.NO_REVIEW:
            return one.review is None
        case Problem.VOID_REVIEW:
            return one.state is not ItemState.IN_REVIEW
    return True


PAGES: dict[Problem, Callable[..., list[OpenItem]]] = {
    Problem.NO_ENTRY: partial(stuck_items.page, state=ItemState.WAITING),
    Problem.NO_RUN: partial(stuck_items.page, state=ItemState.RUNNING),
    Problem.NO_INSTANT: partial(stuck_items.page, state=ItemState.POSTPONED),
    Problem.NO_REVIEW: partial(stuck_items.page, state=ItemState.IN_REVIEW),
    Problem.VOID_REVIEW: stuck_items.reviewed_page,
}
