"""Items whose workflow the project no longer has wait, and hold up nothing else."""

from datetime import timedelta

from clerkwork import Run, bot, clock
from clerkwork.engine.operate.operations import Operations
from clerkwork.engine.sweep.sweep import Sweep
from clerkwork.errors import fill
from clerkwork.model.work.items import ItemState
from clerkwork.store.runs import events
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number

SAID = (
    "The project has no workflow next: restore its file in workflows/ and restart the workers,"
    " or cancel its items."
)


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def put_of_both(bench: Bench) -> tuple[int, int]:
    """Add an item of each workflow that waits for an instant; the workflow of the first goes."""
    later = clock.now() + timedelta(hours=1)
    gone = bench.put("A-1", workflow="next", not_before=later, due=later)
    other = bench.put("A-2", not_before=later, due=later)
    del bench.engine.core.workflows["next"]
    return gone, other


def come(bench: Bench, column: str) -> None:
    """Let the instants in *column* have come."""
    with bench.store.write() as db:
        db.execute(item_table.update().values({column: 1}))


def states(bench: Bench, *numbers: int) -> list[tuple[ItemState, str | None]]:
    found = [bench.item(number) for number in numbers]
    return [(item.state, item.reason_code) for item in found]


def test_due_item_of_a_missing_workflow_waits_and_others_go_on(make_bench: MakeBench) -> None:
    """The run log names it once, however often a sweep comes to it."""
    bench = make_bench(plain)
    gone, other = put_of_both(bench)
    sweep = Sweep(bench.engine, "sweeper", lease=timedelta(seconds=5))
    for _ in range(2):
        come(bench, "not_before_ms")
        sweep.once()
    with bench.store.read() as db:
        said = [fill(each.message, each.data) for each in events.after(db, 0, item_id=gone)]
    assert (states(bench, gone, other), said) == (
        [(ItemState.POSTPONED, "workflow_gone"), (ItemState.WAITING, None)],
        ["A-1 was added.", SAID],
    )


def test_overdue_item_of_a_missing_workflow_is_treated_when_that_is_back(
    make_bench: MakeBench,
) -> None:
    """Until then nobody knows the rule; the others are treated at once."""
    bench = make_bench(plain)
    plan = bench.engine.core.workflows["next"]
    gone, other = put_of_both(bench)
    come(bench, "due_ms")
    sweep = Sweep(bench.engine, "sweeper", lease=timedelta(seconds=5))
    sweep.once()
    before = states(bench, gone, other)
    bench.engine.core.workflows["next"] = plan
    sweep.once()
    assert (before, states(bench, gone)) == (
        [(ItemState.POSTPONED, None), (ItemState.IN_REVIEW, "overdue")],
        [(ItemState.IN_REVIEW, "overdue")],
    )


def test_queued_item_of_a_missing_workflow_is_done_when_that_is_back(
    make_bench: MakeBench,
) -> None:
    """No attempt counts, and the next worker with the workflow resumes the item."""
    bench = make_bench(plain)
    gone = bench.put("A-1", workflow="next")
    plan = bench.engine.core.workflows.pop("next")
    bench.start_worker()
    bench.until(gone, ItemState.POSTPONED)
    found = states(bench, gone)
    bench.stop_worker()
    bench.engine.core.workflows["next"] = plan
    bench.start_worker()
    item = bench.until(gone)
    assert (found, item.state, item.attempt) == (
        [(ItemState.POSTPONED, "workflow_gone")],
        ItemState.DONE,
        1,
    )


def test_item_of_a_missing_workflow_is_cancelled(make_bench: MakeBench) -> None:
    """It needs nothing of the workflow."""
    bench = make_bench(plain)
    gone, _ = put_of_both(bench)
    Operations(bench.engine.core, who="ann", why="not needed").cancel(gone)
    assert bench.item(gone).state is ItemState.CANCELLED
