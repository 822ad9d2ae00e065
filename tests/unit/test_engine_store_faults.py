"""A store that refuses a write, as on a full disk: the item goes on, and nobody is asked."""

import re
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from clerkwork import Receipt, Run, bot, clock
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.store.database import Store
from clerkwork.store.runs import workers
from tests.fixtures_engine import PAUSE, Bench, Ledger, MakeBench, Number


def refuse_once(store: Store, wanted: str) -> None:
    """Let the next statement fail in whose text or values the pattern *wanted* is found."""
    left = [wanted]

    def refuse(
        _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool
    ) -> None:
        if left and re.search(left[0], f"{statement} {values}"):
            left.clear()
            raise sa.exc.OperationalError(statement, values, OSError("the disk is full"))

    sa.event.listen(store.engine, "before_cursor_execute", refuse)


@pytest.mark.parametrize(
    "wanted",
    [
        "UPDATE item SET state=",  # reserving it
        "step_started",
        "effect_sent",
        "effect_confirmed",
        "step_done",
        r"INSERT INTO \S*operation_outputs",  # the checkpoint of a step
        "run_ended",
    ],
)
def test_an_item_goes_on_after_a_write_that_was_refused(make_bench: MakeBench, wanted: str) -> None:
    """Wherever it was, the item is done by the bot and in the target once; no worker died."""
    ledger = Ledger()

    @bot(target="erp")
    def entering(value: Number, run: Run) -> Receipt:
        return run.effect("enter", value, key="number", find=ledger.find, do=ledger.enter)

    bench = make_bench(entering)
    number = bench.put("PO-1")
    refuse_once(bench.store, wanted)
    bench.start_worker()
    done = bench.until(number)
    assert (done.state, done.outcome, done.takeovers, len(ledger.entered)) == (
        ItemState.DONE,
        Outcome.BY_BOT,
        0,
        1,
    )


def last_beat(bench: Bench) -> datetime:
    with bench.store.read() as db:
        return max(worker.beat for worker in workers.alive(db, since=clock.from_ms(0)))


def test_execution_that_goes_on_after_a_refused_write_is_left_alone(make_bench: MakeBench) -> None:
    """The broken run is restarted once, not at every sweep while it runs."""
    held: list[Bench] = []
    beats: set[datetime] = set()

    @bot()
    def working(value: Number, run: Run) -> Number:
        if run.item.attempt > 1:
            while len(beats) < 8:
                beats.add(last_beat(held[0]))
                PAUSE.wait(0.01)
        return value

    bench = make_bench(working)
    held.append(bench)
    number = bench.put("A-1")
    refuse_once(bench.store, "run_ended")
    bench.start_worker()
    done = bench.until(number)
    assert (done.state, done.attempt, done.takeovers, done.breaks) == (ItemState.DONE, 2, 0, 1)
