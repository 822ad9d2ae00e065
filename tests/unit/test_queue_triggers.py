"""Queue triggers: what is held, what releases it, and that each item is queued once."""

import threading
from datetime import UTC, datetime, timedelta

import pytest

from clerkwork import Run, bot, clock
from clerkwork.engine.submit.queue_trigger import release_held, why_release
from clerkwork.model.project.workflows import QueueTrigger
from clerkwork.model.work.items import ItemState
from clerkwork.store.items import held
from clerkwork.store.items.held import Held
from clerkwork.store.schema import item
from tests.fixtures_engine import Number

NOW = datetime(2026, 11, 2, 12, tzinfo=UTC)


@bot()
def pass_on(number: Number, run: Run) -> None:
    """Do nothing."""


def found(count: int = 1, *, age_s: float = 0, due_s: float | None = None) -> Held:
    due = None if due_s is None else NOW + timedelta(seconds=due_s)
    return Held(workflow="work", count=count, since=NOW - timedelta(seconds=age_s), due=due)


@pytest.mark.parametrize(
    ("keys", "what", "reason"),
    [
        ({"min_items": 3}, found(2), ""),
        ({"min_items": 3}, found(3), "3 items were held"),
        ({"max_age_s": 60}, found(1, age_s=59), ""),
        ({"max_age_s": 60}, found(1, age_s=60), "the oldest was held for 60 s"),
        ({"min_items": 3}, found(2, age_s=86_400), "the oldest was held for 86400 s"),
        ({"due_slack_s": 600}, found(1, due_s=601), ""),
        (
            {"due_slack_s": 600},
            found(1, due_s=600),
            "one of them is due at 2026-11-02 12:10:00 UTC",
        ),
        ({"due_slack_s": 600}, found(1, due_s=-5), "one of them is due at 2026-11-02 11:59:55 UTC"),
        ({"due_slack_s": 600}, found(9), ""),
        ({}, found(1_000_000), ""),
    ],
)
def test_each_condition_releases_by_itself(keys, what, reason):
    """Whichever comes first; without an instant due there is no slack to run out."""
    assert why_release(QueueTrigger(**keys), what, NOW) == reason


def test_without_a_trigger_nothing_is_held_for_ever():
    """Somebody removed the key from the file while items were held."""
    assert why_release(None, found(), NOW) != ""


@pytest.fixture
def make(make_bench):
    def make(**keys: object):
        bench = make_bench(pass_on)
        plan = bench.engine.core.workflows["work"]
        trigger = QueueTrigger(**keys) if keys else None
        bench.engine.core.workflows["work"] = plan.model_copy(update={"queue_trigger": trigger})
        return bench

    return make


def test_failing_part_of_a_sweep_holds_up_no_other(make, monkeypatch):
    """What is held is released although the deadlines cannot be looked at."""

    def fail(_engine: object) -> None:
        raise ValueError("the calendar is gone")

    bench = make(min_items=1)
    number = bench.put("A-1")
    monkeypatch.setattr("clerkwork.engine.sweep.deadlines.sweep", fail)
    bench.start_worker()
    assert bench.until(number).state is ItemState.DONE


def states(bench) -> list[str]:
    with bench.store.read() as db:
        return [row.state for row in db.execute(item.select().order_by(item.c.id))]


def test_items_are_held_until_there_are_enough_and_then_run(make):
    """Two are too few; the third brings all of them to the worker."""
    bench = make(min_items=3)
    bench.start_worker()
    first = [bench.put("A-1"), bench.put("A-2")]
    assert release_held(bench.engine.core) == 0
    assert states(bench) == ["postponed", "postponed"]
    assert bench.item(first[0]).reason == held.REASON
    last = bench.put("A-3")
    done = [bench.until(number, ItemState.DONE) for number in (*first, last)]
    assert [(one.attempt, one.reason_code) for one in done] == [(1, None)] * 3


def test_an_item_that_comes_twice_is_held_once(make):
    """The same reference with the same content stays one item, held or not."""
    bench = make(min_items=3)
    assert bench.put("A-1") == bench.put("A-1")
    with bench.store.read() as db:
        assert [one.count for one in held.summary(db)] == [1]


def test_sweeps_at_the_same_time_release_each_item_once(make):
    """Else the queue would get it twice, and the second entry would fail."""
    bench = make(min_items=1)
    for number in range(30):
        bench.put(f"A-{number}")
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(release_held(bench.engine.core)))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    queued = bench.engine.core.client.list_workflows(status="ENQUEUED", load_input=False)
    assert (sum(counts), len(queued), set(states(bench))) == (30, 30, {"waiting"})


def test_a_due_instant_releases_what_is_held(make):
    """The column that says when an item is due is the one that the trigger reads."""
    bench = make(due_slack_s=600)
    number = bench.put("A-1")
    before = release_held(bench.engine.core)
    with bench.store.write() as db:
        due_ms = clock.to_ms(clock.now() + timedelta(seconds=599))
        db.execute(item.update().where(item.c.id == number).values(due_ms=due_ms))
    assert (before, release_held(bench.engine.core)) == (0, 1)


def test_a_trigger_that_was_removed_lets_go_of_what_it_held(make):
    """Also an item of a workflow that is no more stays where it is and stops no sweep."""
    bench = make(min_items=2)
    bench.put("A-1")
    plan = bench.engine.core.workflows.pop("work")
    assert release_held(bench.engine.core) == 0
    bench.engine.core.workflows["work"] = plan.model_copy(update={"queue_trigger": None})
    assert release_held(bench.engine.core) == 1
