"""A person answers a review while somebody cancels, edits or expires its item: both are served."""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from clerkwork import Run, bot
from clerkwork.engine.operate.operations import Operations
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.reviews import Decision, NewReview
from tests.fixtures_engine import Bench, MakeBench, Number

RACES = int(os.environ.get("CLERKWORK_TEST_RACES", "40"))
ASKED = NewReview(step=None, code="c", message="m", facts={}, model="m", shown={}, fields=[])


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def answer(bench: Bench, number: int) -> bool:
    data = {"number": "A", "amount": 2}
    return bench.engine.answer(number, decision=Decision.CORRECT, data=data, note="", who="ann")


def supersede(bench: Bench, item_id: int) -> bool:
    item = bench.item(item_id)
    new = NewItem(workflow="work", reference=item.reference, payload={"number": "A", "amount": 5})
    return bench.engine.submit(new).item_id == item_id


@pytest.mark.parametrize(
    ("move", "state"),
    [
        (lambda bench, one: operations(bench).cancel(one), ItemState.CANCELLED),
        (lambda bench, one: operations(bench).expire(one), ItemState.EXPIRED),
        (lambda bench, one: operations(bench).edit(one, {"amount": "3"}), ItemState.WAITING),
        (lambda bench, one: operations(bench).requeue(one), ItemState.WAITING),
        (supersede, ItemState.WAITING),
    ],
    ids=["cancel", "expire", "edit", "requeue", "supersede"],
)
def test_answer_and_move_at_the_same_moment_both_end(
    make_bench: MakeBench, move: Callable[[Bench, int], object], state: ItemState
) -> None:
    """Neither fails, no review is left open, and the item has the state of the later one."""
    bench = make_bench(plain)
    workflows = bench.engine.core.workflows
    workflows["work"] = workflows["work"].model_copy(update={"on_conflict": "supersede"})
    start = threading.Barrier(2)
    left = set()
    with ThreadPoolExecutor(2) as pool:

        def at_once(act: Callable[[Bench, int], object], number: int) -> object:
            start.wait(30)
            return act(bench, number)

        for race in range(RACES):
            new = NewItem(workflow="work", reference=str(race), payload={"number": "A"})
            item_id = bench.engine.submit(new, ASKED).item_id
            (review,) = bench.open_reviews()
            rivals = [
                pool.submit(at_once, answer, review.number),
                pool.submit(at_once, move, item_id),
            ]
            for rival in rivals:
                rival.result(30)
            left.add((bench.item(item_id).state, len(bench.open_reviews())))
    assert left <= {(state, 0), (ItemState.WAITING, 0)}


def operations(bench: Bench) -> Operations:
    return Operations(bench.engine.core, who="bob", why="a slip")
