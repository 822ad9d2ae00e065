"""Many at once: on both back ends the database itself decides who wins, and there is one winner."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.reviews import Decision, NewReview
from clerkwork.store.database import Store
from clerkwork.store.items import items, transitions
from clerkwork.store.reviews import readings, reviews, samples
from clerkwork.store.reviews.readings import Reading
from clerkwork.store.reviews.samples import Raised
from clerkwork.store.runs import effects, planned_runs

T = TypeVar("T")
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LEASE = timedelta(minutes=5)
RIVALS = 6


def add(
    db: Connection, reference: str, group_key: str | None = None, workflow: str = "work"
) -> int | None:
    new = NewItem(workflow=workflow, reference=reference, payload={}, group_key=group_key)
    return items.add(db, new, queue="q", digest="d", state=ItemState.WAITING, now=NOW)


def added(
    store: Store, reference: str, group_key: str | None = None, workflow: str = "work"
) -> int:
    with store.write() as db:
        item_id = add(db, reference, group_key, workflow)
    assert item_id is not None
    return item_id


def opened_review(store: Store) -> int:
    item_id = added(store, "A-1")
    new = NewReview(step=None, code="c", message="m", facts={}, model="m", shown={}, fields=[])
    with store.write() as db:
        return reviews.add(db, item_id, 1, new, due=NOW, now=NOW)


def race(store: Store, act: Callable[[Connection, int], T]) -> list[T | None]:
    """Return the result of each concurrent transaction; None if the database refused it."""
    start = threading.Barrier(RIVALS)

    def run(rival: int) -> T | None:
        start.wait(30)
        try:
            with store.write() as db:
                return act(db, rival)
        except sa.exc.IntegrityError:
            return None

    with ThreadPoolExecutor(RIVALS) as pool:
        return list(pool.map(run, range(RIVALS)))


def test_one_reference_that_many_add_is_one_item(store: Store) -> None:
    """One of them gets a number, the others learn that it is there."""
    found = race(store, lambda db, _: add(db, "A-1"))
    assert sorted(number is None for number in found) == [False] + [True] * (RIVALS - 1)


def test_every_reservation_of_one_item_is_an_attempt_of_its_own(store: Store) -> None:
    """No two holders have the same fence, however close they came."""
    item_id = added(store, "A-1")
    found = race(store, lambda db, n: transitions.reserve(db, item_id, worker=f"w{n}", now=NOW))
    assert sorted(item.attempt for item in found if item) == list(range(1, RIVALS + 1))


def test_of_one_group_one_item_is_at_work(store: Store) -> None:
    """The others of the group are refused while it runs."""
    numbers = [added(store, f"A-{n}", "north") for n in range(RIVALS)]
    found = race(store, lambda db, n: transitions.reserve(db, numbers[n], worker="w", now=NOW))
    assert sum(item is not None for item in found) == 1


@pytest.mark.parametrize(("group", "at_work"), [(None, 2), ("bank", 1)])
def test_a_group_key_counts_in_its_workflow_or_in_those_that_share_a_group(
    store: Store, group: str | None, at_work: int
) -> None:
    """Of two workflows with one key, one item of each runs, or one in a shared group."""
    numbers = [
        added(store, f"A-{n}", "north", "orders" if n % 2 else "bills") for n in range(RIVALS)
    ]
    found = race(
        store, lambda db, n: transitions.reserve(db, numbers[n], worker="w", now=NOW, group=group)
    )
    assert len({item.workflow for item in found if item}) == sum(map(bool, found)) == at_work


def test_one_of_many_answers_counts(store: Store) -> None:
    """The other answers are refused as too late."""
    number = opened_review(store)
    found = race(
        store,
        lambda db, n: reviews.answer(
            db, number, decision=Decision.REJECT, data=None, note="", who=f"p{n}", now=NOW
        ),
    )
    assert sorted(map(bool, found)) == [False] * (RIVALS - 1) + [True]


def test_one_of_many_claims_a_review(store: Store) -> None:
    """Two people never hold one review."""
    number = opened_review(store)
    found = race(store, lambda db, n: reviews.claim(db, number, who=f"p{n}", now=NOW, lease=LEASE))
    assert sorted(map(bool, found)) == [False] * (RIVALS - 1) + [True]


def test_one_of_many_schedulers_takes_a_due_instant(store: Store) -> None:
    """Schedulers on every host do not run a planned run twice."""
    found = race(
        store, lambda db, n: planned_runs.claim(db, "orders", NOW, worker=f"s{n}", now=NOW)
    )
    assert sorted(map(bool, found)) == [False] * (RIVALS - 1) + [True]


def test_one_of_many_items_owns_the_effect_of_a_key(store: Store) -> None:
    """Two items about to enter the same record: one writes the intent."""
    found = race(store, intend)
    assert sorted(map(bool, found)) == [False] * (RIVALS - 1) + [True]


def test_only_the_owner_of_an_effect_may_submit(store: Store) -> None:
    """Another item that looked before the owner changed cannot mark it as sent."""
    with store.write() as db:
        intend(db, 1)
        effects.adopt(db, target="erp", key="K", item_id=2, digest="d")
        marked = [
            effects.mark_sent(db, target="erp", key="K", item_id=item_id, now=NOW)
            for item_id in (1, 2)
        ]
    assert marked == [False, True]


def test_a_takeover_waits_for_a_submit_that_is_being_marked(store: Store) -> None:
    """Who takes the item over sees the mark, so it looks before it enters anything."""
    item_id = added(store, "A-1")
    with store.write() as db:
        transitions.reserve(db, item_id, worker="first", now=NOW)
        intend(db, item_id)
    seen: list[datetime | None] = []

    def take_over() -> None:
        with store.write() as db:
            transitions.reserve(db, item_id, worker="second", now=NOW)
            row = effects.get(db, "erp", "K")
            seen.append(row.sent if row else None)

    rival = threading.Thread(target=take_over)
    with store.write() as db:
        held = transitions.holds(db, item_id, 1, lock=True)
        rival.start()
        rival.join(0.5)
        waited = rival.is_alive()
        effects.mark_sent(db, target="erp", key="K", item_id=item_id, now=NOW)
    rival.join(30)
    assert (held, waited, seen) == (True, True, [NOW])


def test_of_many_who_raise_a_threshold_the_highest_counts(store: Store) -> None:
    """Several people answer at once; nobody's answer fails for it, and none lowers it."""

    def act(db: Connection, rival: int) -> float:
        new = Raised(
            source="s", field="f", threshold=0.9 + rival / 100, checked=30, wrong=rival, at=NOW
        )
        samples.raise_threshold(db, new)
        return new.threshold

    found = race(store, act)
    with store.read() as db:
        kept = [(each.threshold, each.wrong) for each in samples.raised(db)]
    assert (None in found, kept) == (False, [(0.9 + 5 / 100, 5)])


def test_reading_waits_for_another_one_and_finds_its_document(store: Store) -> None:
    """Of two readings of one document at the same moment, neither misses the other."""
    first, second = [
        Reading(
            item_id=added(store, reference),
            source="s",
            kind="order",
            sha256="same",
            number="",
            total="",
            duplicate_of=None,
            values=(),
        )
        for reference in ("A-1", "A-2")
    ]
    found: list[int | None] = []

    def read_second() -> None:
        with store.write() as db:
            readings.lock(db)
            found.append(readings.same_document(db, second))

    rival = threading.Thread(target=read_second)
    with store.write() as db:
        readings.lock(db)
        readings.put(db, first, now=NOW)
        rival.start()
        rival.join(0.5)
        waited = rival.is_alive()
    rival.join(30)
    assert (waited, found) == (True, [first.item_id])


def intend(db: Connection, item_id: int) -> bool:
    return effects.intend(
        db,
        target="erp",
        key="K",
        record="enter",
        name="enter",
        item_id=item_id,
        digest="d",
        now=NOW,
    )
