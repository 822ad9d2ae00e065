"""What a step costs: commits are what a worker waits for, so their number is part of the design."""

from collections import Counter

import pytest
import sqlalchemy as sa
from dbos import DBOS
from sqlalchemy.engine import Connection

from clerkwork import Run, bot
from clerkwork.model.work.events import Kind
from clerkwork.store.runs import events
from tests.fixtures_engine import Bench, MakeBench, Number


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


def test_a_step_is_two_commits_and_two_looks(make_bench: MakeBench) -> None:
    """Its start, its checkpoint, DBOS's look for one, and whether the item is still held."""
    bench = make_bench(stepping)
    commits: Counter[str] = Counter()

    def count(_connection: Connection) -> None:
        if DBOS.workflow_id:
            commits[DBOS.workflow_id] += 1

    sa.event.listen(bench.store.engine, "commit", count)
    bench.start_worker()
    one, six = (bench.until(bench.put(str(steps), steps)).run_id for steps in (1, 6))
    bench.stop_worker()  # DBOS notes the end of a run after the item is done
    assert commits[six] - commits[one] == 5 * 4


def test_the_log_of_a_run_is_in_order(make_bench: MakeBench) -> None:
    """The end of a step stands before whatever followed it."""
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
