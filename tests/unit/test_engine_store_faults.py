"""A store that refuses a write, as on a full disk: the item goes on, and nobody is asked."""

from typing import Any

import pytest
import sqlalchemy as sa

from clerkwork import Receipt, Run, bot
from clerkwork.model.items import ItemState, Outcome
from clerkwork.store.database import Store
from tests.fixtures_engine import Ledger, MakeBench, Number


def refuse_once(store: Store, wanted: str) -> None:
    """Let the next statement that has *wanted* in its text or its values fail."""
    left = [wanted]

    def refuse(
        _connection: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool
    ) -> None:
        if left and left[0] in f"{statement} {values}":
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
        "INSERT INTO operation_outputs",  # the checkpoint of a step
        "run_ended",
    ],
)
def test_an_item_goes_on_after_a_write_that_was_refused(make_bench: MakeBench, wanted: str) -> None:
    """Wherever it was, the item is done by the bot and stands in the target once."""
    ledger = Ledger()

    @bot(target="erp")
    def entering(value: Number, run: Run) -> Receipt:
        return run.effect("enter", value, key="number", find=ledger.find, do=ledger.enter)

    bench = make_bench(entering)
    number = bench.put("PO-1")
    refuse_once(bench.store, wanted)
    bench.start_worker()
    done = bench.until(number)
    assert (done.state, done.outcome, len(ledger.entered)) == (
        ItemState.DONE,
        Outcome.BY_BOT,
        1,
    )
