"""Every open item has a way to continue; one that lost it is found and repaired."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.engine import Connection

from clerkwork import Run, bot, clock
from clerkwork.config.settings import Settings
from clerkwork.engine.sweep import stuck_items
from clerkwork.engine.sweep.stuck_items import Problem
from clerkwork.engine.sweep.sweep import Sweep
from clerkwork.insight.health import Checkup, State
from clerkwork.insight.open_items import open_items
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.reviews import NewReview
from clerkwork.store.items import held, transitions
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def postpone(bench: Bench, item_id: int, seconds: float) -> None:
    """Do what a worker does with a queue entry whose item it cannot take now."""
    now = clock.now()
    with bench.store.write() as db:
        until = now + timedelta(seconds=seconds)
        transitions.defer(db, item_id, not_before=until, code="group_busy", reason="busy", now=now)
    bench.engine.core.client.cancel_workflow(bench.item(item_id).run_id)


def test_item_postponed_again_during_a_sweep_stays_postponed(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep does not mark it as waiting: its new queue entry is used up already."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    postpone(bench, item_id, 0)
    rewind = bench.engine.core.client.rewind_workflow

    def rewind_to_a_quick_worker(run_id: str, **options: Any) -> None:
        rewind(run_id, **options)
        postpone(bench, item_id, 3600)

    monkeypatch.setattr(bench.engine.core.client, "rewind_workflow", rewind_to_a_quick_worker)
    Sweep(bench.engine, "sweeper", lease=timedelta(seconds=5)).once()
    assert bench.item(item_id).state is ItemState.POSTPONED


def wait_without_entry(bench: Bench) -> int:
    """Return an item that waits while its run is over."""
    item_id = bench.put("A-1")
    bench.engine.core.client.cancel_workflow(bench.item(item_id).run_id)
    return item_id


def at_work_without_run(bench: Bench) -> int:
    item_id = wait_without_entry(bench)
    with bench.store.write() as db:
        transitions.reserve(db, item_id, worker="w", now=clock.now())
    return item_id


def postpone_without_instant(bench: Bench) -> int:
    item_id = bench.put("A-1")
    with bench.store.write() as db:
        transitions.defer(db, item_id, not_before=None, code="c", reason="r", now=clock.now())
    return item_id


def review_without_question(bench: Bench) -> int:
    """Return an item in review that nobody is asked about."""
    item_id = bench.put("A-1")
    with bench.store.write() as db:
        transitions.escalate(db, item_id, code="c", reason="r", now=clock.now())
    return item_id


def question_without_review(bench: Bench) -> int:
    """Return a closed item that a person is asked about."""
    item_id = asked_about(bench, "A-1")
    with bench.store.write() as db:
        transitions.drop(db, item_id, ItemState.CANCELLED, reason="r", now=clock.now())
    return item_id


def asked_about(bench: Bench, number: str) -> int:
    asked = NewReview(step=None, code="c", message="m", facts={}, model="m", shown={}, fields=[])
    new = NewItem(workflow="work", reference=number, payload={"number": number})
    return bench.engine.submit(new, asked).item_id


def look(bench: Bench) -> stuck_items.StuckItemSearch:
    """Return a look at items of any age."""
    return stuck_items.StuckItemSearch(
        bench.store, bench.engine.core.client, grace=timedelta(minutes=-1)
    )


@pytest.mark.parametrize(
    ("broken", "problem", "state", "codes"),
    [
        (wait_without_entry, Problem.NO_ENTRY, ItemState.POSTPONED, []),
        (at_work_without_run, Problem.NO_RUN, ItemState.POSTPONED, []),
        (postpone_without_instant, Problem.NO_INSTANT, ItemState.POSTPONED, []),
        (review_without_question, Problem.NO_REVIEW, ItemState.IN_REVIEW, ["review_missing"]),
        (question_without_review, Problem.VOID_REVIEW, ItemState.CANCELLED, []),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_item_without_one_way_to_continue_is_repaired_and_logged(
    make_bench: MakeBench,
    broken: Callable[[Bench], int],
    problem: Problem,
    state: ItemState,
    codes: list[str],
) -> None:
    """It is due, or a person is asked, or nobody is asked any more; the run log says why."""
    bench = make_bench(plain)
    item_id = broken(bench)
    (found,) = look(bench).oldest()
    repaired = stuck_items.repair(bench.engine.core, found)
    with bench.store.read() as db:
        said = [event.message for event in events.after(db, 0, item_id=item_id)]
    item = bench.item(item_id)
    assert (repaired, item.state, [review.code for review in bench.open_reviews()]) == (
        True,
        state,
        codes,
    )
    assert (problem in said, look(bench).oldest()) == (True, [])


@pytest.mark.parametrize(
    ("broken", "move"),
    [
        (
            wait_without_entry,
            lambda db, one: transitions.reserve(db, one, worker="w", now=clock.now()),
        ),
        (
            postpone_without_instant,
            lambda db, one: transitions.reserve(db, one, worker="w", now=clock.now()),
        ),
        (review_without_question, lambda db, one: transitions.resume(db, one, now=clock.now())),
        (
            question_without_review,
            lambda db, one: reviews.withdraw(db, one, who="ann", now=clock.now()),
        ),
    ],
)
def test_item_that_moved_since_it_was_found_is_not_repaired(
    make_bench: MakeBench,
    broken: Callable[[Bench], int],
    move: Callable[[Connection, int], object],
) -> None:
    """The later transition already lets it continue."""
    bench = make_bench(plain)
    item_id = broken(bench)
    (found,) = look(bench).oldest()
    with bench.store.write() as db:
        move(db, item_id)
    before = bench.item(item_id)
    assert (stuck_items.repair(bench.engine.core, found), bench.item(item_id)) == (False, before)


def test_repaired_item_is_done(make_bench: MakeBench) -> None:
    """The next sweep puts it into its queue again."""
    bench = make_bench(plain)
    item_id = wait_without_entry(bench)
    for found in look(bench).oldest():
        stuck_items.repair(bench.engine.core, found)
    bench.start_worker()
    assert bench.until(item_id).state is ItemState.DONE


def test_sweep_repairs_items_that_did_not_move_for_a_while(make_bench: MakeBench) -> None:
    """One that moved a moment ago is left alone: its move may not be complete."""
    bench = make_bench(plain)
    old, young = wait_without_entry(bench), bench.put("A-2")
    bench.engine.core.client.cancel_workflow(bench.item(young).run_id)
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == old).values(updated_ms=1))
    Sweep(bench.engine, "sweeper", lease=timedelta(seconds=5)).once()
    assert [bench.item(one).state for one in (old, young)] == [
        ItemState.POSTPONED,
        ItemState.WAITING,
    ]


def test_items_with_a_way_to_continue_are_left_alone(make_bench: MakeBench) -> None:
    """Waiting, at work, postponed, held, in review, or closed: each as it should be."""
    bench = make_bench(plain)
    bench.put("waits")
    at_work = bench.put("at work")
    postpone(bench, bench.put("postponed"), 3600)
    asked_about(bench, "in review")
    closed, waits = bench.put("closed"), bench.put("held")
    with bench.store.write() as db:
        held.hold(db, waits, now=clock.now())
        transitions.drop(db, closed, ItemState.CANCELLED, reason="r", now=clock.now())
        transitions.reserve(db, at_work, worker="w", now=clock.now())
    assert look(bench).oldest() == []


def test_look_goes_on_where_the_last_one_ended(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look is short, and after the last page the first one follows."""
    monkeypatch.setattr(stuck_items, "PAGE", 2)
    bench = make_bench(plain)
    numbers = [bench.put(f"A-{number}") for number in range(3)]
    bench.engine.core.client.cancel_workflows([bench.item(one).run_id for one in numbers])
    looking = look(bench)
    found = [[one.item.item_id for one in looking.next()] for _ in range(3)]
    assert found == [numbers[:2], numbers[2:], numbers[:2]]


def checked(bench: Bench) -> list[tuple[State, str]]:
    checkup = Checkup(
        core=bench.engine.core, settings=Settings(), root=bench.engine.core.root, now=clock.now()
    )
    return [(found.state, found.found) for found in open_items(checkup)]


def test_check_names_items_that_no_worker_repaired(make_bench: MakeBench) -> None:
    """An item without a way to continue is no failure before a worker had time to repair it."""
    bench = make_bench(plain)
    item_id = wait_without_entry(bench)
    young = checked(bench)
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == item_id).values(updated_ms=1))
    assert (young, checked(bench)) == (
        [],
        [(State.FAIL, f"Waiting items without an entry in a queue (1): {item_id}.")],
    )
