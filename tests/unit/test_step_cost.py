"""What a step costs: commits are what a worker waits for, so their number is part of the design."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.engine import Connection

from clerkwork import Run, bot, clock
from clerkwork.engine.runs import execution
from clerkwork.model.work.events import Kind
from clerkwork.store.runs import events
from tests.fixtures_engine import Bench, MakeBench, Number

SEEN = threading.Event()


@bot()
def stepping(value: Number, run: Run) -> Number:
    """Do as many steps as the amount says, and a note after the first."""
    for number in range(value.amount):
        run.step(f"step {number}", int)
        if not number:
            run.log("one is done")
    return value


@pytest.fixture
def store_url() -> str:
    """Return the address of a file: PostgreSQL gets the same statements."""
    return "sqlite:///store.db"


def kinds_of(bench: Bench, item_id: int) -> list[Kind]:
    with bench.store.read() as db:
        return [event.kind for event in events.after(db, 0, item_id=item_id)]


def test_quick_steps_share_one_commit_of_the_log(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each costs its checkpoint, DBOS's lookup of one, and whether the item is still held."""
    monkeypatch.setattr(execution, "WRITE_WITHIN", timedelta(hours=1))  # however slow this host
    monkeypatch.setattr(execution, "CHECK_AGAIN", timedelta(hours=1))
    bench = make_bench(stepping)
    commits: Counter[str] = Counter()

    def count(_connection: Connection) -> None:
        if DBOS.workflow_id:
            commits[DBOS.workflow_id] += 1

    sa.event.listen(bench.store.engine, "commit", count)
    bench.start_worker()
    one, six = (bench.until(bench.put(str(steps), steps)).run_id for steps in (1, 6))
    bench.stop_worker()  # DBOS notes the end of a run after the item is done
    assert commits[six] - commits[one] == 5 * 3


def test_the_log_of_a_run_is_in_order(make_bench: MakeBench) -> None:
    """The end of a step precedes every later event."""
    bench = make_bench(stepping)
    item_id = bench.put("1", 2)
    bench.start_worker()
    bench.until(item_id)
    assert kinds_of(bench, item_id) == [
        Kind.ITEM_ADDED,
        Kind.RUN_STARTED,
        Kind.STEP_STARTED,
        Kind.STEP_DONE,
        Kind.NOTE,
        Kind.STEP_STARTED,
        Kind.STEP_DONE,
        Kind.RUN_ENDED,
    ]


@bot()
def long(value: Number, run: Run) -> Number:
    """Take a step that lasts until somebody reads of it in the log."""
    run.step("long", lambda: SEEN.wait(30))
    return value


def test_the_log_shows_a_step_that_lasts(make_bench: MakeBench) -> None:
    """The next sweep writes its start while the step still runs."""
    SEEN.clear()
    bench = make_bench(long)
    item_id = bench.put("1", 1)
    bench.start_worker()
    patience = clock.monotonic() + timedelta(seconds=30)
    while Kind.STEP_STARTED not in kinds_of(bench, item_id) and clock.monotonic() < patience:
        SEEN.wait(0.02)
    kinds = kinds_of(bench, item_id)
    SEEN.set()
    bench.until(item_id)
    assert kinds == [Kind.ITEM_ADDED, Kind.RUN_STARTED, Kind.STEP_STARTED]


def test_a_step_is_not_done_before_its_result_is_kept(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep between the end of the function and its checkpoint writes the start alone."""
    run_step, logged = DBOS.run_step, []

    def swept(options: Any, function: Callable[[], Any]) -> Any:
        def then_a_sweep() -> Any:
            result = function()
            SEEN.clear()
            while Kind.STEP_STARTED not in kinds_of(bench, item_id):
                SEEN.wait(0.02)
            logged.extend(kinds_of(bench, item_id))
            return result

        return run_step(options, then_a_sweep)

    monkeypatch.setattr(DBOS, "run_step", swept)
    bench = make_bench(stepping)
    item_id = bench.put("1", 1)
    bench.start_worker()
    bench.until(item_id)
    assert logged == [Kind.ITEM_ADDED, Kind.RUN_STARTED, Kind.STEP_STARTED]
