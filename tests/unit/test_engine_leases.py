"""Who holds an item, for how long, and how many are held at once."""

import itertools
import os
import threading
from datetime import timedelta

import pytest

from clerkwork import ApplicationException, Run, bot, clock
from clerkwork.engine.sweep.sweep import Sweep
from clerkwork.model.bots import Bot
from clerkwork.model.project.workflows import Step
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.retry import Retry
from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.store.schema import worker as worker_table
from tests.fixtures_engine import PAUSE, Bench, MakeBench, Number

LEASE = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
gate = threading.Event()


@bot()
def stopping(value: Number, run: Run) -> Number:
    """Stop at the gate the first time."""
    if run.item.attempt == 1:
        gate.wait(60)
    return value


@bot()
def stumbling(value: Number, run: Run) -> Number:
    """Stop at the gate the first time, and fail the second time."""
    if run.item.attempt == 1:
        gate.wait(60)
    if run.item.attempt == 2:
        raise ApplicationException("down", "The system is down.")
    return value


class Hands:
    """The clocks of this process, all moved on by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        now, monotonic = clock.now, clock.monotonic
        monkeypatch.setattr(clock, "now", lambda: now() + self.ahead)
        monkeypatch.setattr(clock, "monotonic", lambda: monotonic() + self.ahead)


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    gate.clear()
    return Hands(monkeypatch)


def started(make_bench: MakeBench, bot: Bot = stopping, **worker: object) -> Bench:
    """Return a bench whose worker is inside an item and sends no heartbeat any more."""
    bench = make_bench(bot)
    bench.start_worker(sweep_s=3600)
    bench.put("A-1")
    bench.until(1, ItemState.RUNNING)
    with bench.store.write() as db:
        db.execute(worker_table.update().values(**worker))
    return bench


def takeovers(bench: Bench) -> list[str]:
    with bench.store.read() as db:
        said = events.after(db, 0, item_id=1)
    return [event.message for event in said if event.kind is Kind.TAKEN_OVER]


@pytest.mark.parametrize("worker", [{"host": "elsewhere"}, {"pid": os.getpid()}])
def test_item_of_a_silent_worker_is_taken_over_by_the_first_sweep_after_its_lease(
    make_bench: MakeBench, hands: Hands, worker: dict[str, object]
) -> None:
    """Dead on another host, or frozen on this one: not before, and the log says why."""
    bench = started(make_bench, **worker)
    second = Sweep(bench.engine, "second", lease=LEASE)
    hands.ahead = LEASE - MINUTE
    second.once()
    before = bench.engine.core.client.list_workflows(status="PENDING")
    hands.ahead = LEASE + MINUTE
    second.once()
    item = bench.until(1)
    gate.set()
    assert (len(before), item.state, item.attempt, item.takeovers, takeovers(bench)) == (
        1,
        ItemState.DONE,
        2,
        1,
        ["taken over from a dead worker"],
    )


def test_item_of_a_dead_process_of_this_host_is_taken_over_by_the_next_sweep(
    make_bench: MakeBench, hands: Hands
) -> None:
    """Its lease need not end: that the process is gone is known."""
    dead = os.fork()
    if dead == 0:
        os._exit(0)
    os.waitpid(dead, 0)
    bench = started(make_bench, pid=dead)
    Sweep(bench.engine, "second", lease=LEASE).once()
    item = bench.until(1)
    gate.set()
    assert (item.attempt, item.takeovers, hands.ahead) == (2, 1, timedelta())


def test_attempt_after_a_takeover_is_none(make_bench: MakeBench, hands: Hands) -> None:
    """The run log has exactly one takeover."""
    bench = started(make_bench, stumbling, host="elsewhere")
    hands.ahead = LEASE + MINUTE
    second = Sweep(bench.engine, "second", lease=LEASE)
    second.once()
    bench.until(1, ItemState.POSTPONED)
    hands.ahead += MINUTE
    second.once()
    item = bench.until(1)
    gate.set()
    assert (item.attempt, item.takeovers, takeovers(bench)) == (
        3,
        1,
        ["taken over from a dead worker"],
    )


def test_worker_has_no_more_items_at_work_than_its_concurrency(make_bench: MakeBench) -> None:
    """The others wait in their queue."""
    lock, pair = threading.Lock(), threading.Event()
    inside: list[str] = []
    most: list[int] = []

    @bot()
    def counting(value: Number, _run: Run) -> Number:
        with lock:
            inside.append(value.number)
            most.append(len(inside))
            if len(inside) == 2:
                pair.set()
        pair.wait(20)
        with lock:
            inside.remove(value.number)
        return value

    bench = make_bench(counting)
    numbers = [bench.put(f"A-{number}") for number in range(6)]
    bench.start_worker(concurrency=2)
    done = {bench.until(number).state for number in numbers}
    assert (done, max(most)) == ({ItemState.DONE}, 2)


def test_item_of_another_workflow_names_what_caused_it(make_bench: MakeBench) -> None:
    """Its parent, and the run and step of the parent that submitted it."""

    @bot()
    def handing(value: Number, _run: Run) -> Number:
        return value

    bench = make_bench(handing, steps=[Step(bot="handing"), Step(submit="next")])
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id)
    with bench.store.read() as db:
        caused = [(child.workflow, child.parent_id, child.cause) for child in items.children(db, 1)]
    assert caused == [("next", item_id, f"item-{item_id}-1: submit next")]


def test_item_at_work_when_its_worker_ends_is_released(make_bench: MakeBench) -> None:
    """Nothing is counted against it, and the next worker goes on after its finished steps."""
    may_end = threading.Event()
    steps: list[int] = []

    @bot()
    def stepping(value: Number, run: Run) -> Number:
        for number in itertools.count():
            if may_end.is_set():
                break
            run.step(f"step {number}", steps.append, number)
            PAUSE.wait(0.1)
        return value

    bench = make_bench(stepping, retry=Retry(attempts=1, takeovers=1))
    item_id = bench.put("A-1")
    worker = bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    bench.workers.remove(worker)
    worker.stop(patience=timedelta(seconds=0.2))
    before = len(steps)
    bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    may_end.set()
    item = bench.until(item_id)
    ended = item.state, item.attempt, item.failures, item.takeovers
    assert (ended, steps[:before]) == ((ItemState.DONE, 2, 0, 0), list(range(before)))
