"""What operators do with items: cancel, expire, edit, requeue."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest

from clerkwork import BusinessException, Run, bot, clock
from clerkwork.engine import portions
from clerkwork.engine.operate.operations import Operations
from clerkwork.errors import UsageError
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import MOVES, ItemState, Outcome
from clerkwork.model.work.reviews import AnswerInvalid
from clerkwork.store.items import held, transitions
from clerkwork.store.runs import effects, events, workers
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number

NINE = {"amount": "9"}


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def operations(bench: Bench) -> Operations:
    return Operations(bench.engine.core, who="ann", why="a slip")


def force(bench: Bench, item_id: int, state: ItemState) -> None:
    """Put the item into *state*, even if the table does not allow it."""
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == item_id).values(state=state))


def test_a_move_is_refused_from_every_state_the_table_does_not_name(make_bench: MakeBench) -> None:
    """Cancel and expire follow the table from each state; a running item is only asked to end."""
    bench = make_bench(plain)
    them = operations(bench)
    done: dict[ItemState, set[ItemState]] = {}
    for start in ItemState:
        done[start] = set()
        for act, goal in ((them.cancel, ItemState.CANCELLED), (them.expire, ItemState.EXPIRED)):
            item_id = bench.put(f"{start}-{goal}")
            force(bench, item_id, start)
            act(item_id)
            if bench.item(item_id).state is goal is not start:
                done[start].add(goal)
    goals = {ItemState.CANCELLED, ItemState.EXPIRED}
    allowed = {state: set(MOVES[state]) & goals for state in ItemState}
    allowed[ItemState.RUNNING] = set()
    assert done == allowed


def test_a_cancelled_item_is_not_worked_on(make_bench: MakeBench) -> None:
    """Its entry in the queue is void, and the log names who cancelled it and why."""
    bench = make_bench(plain)
    cancelled, other = bench.put("A-1"), bench.put("A-2")
    operations(bench).cancel(cancelled)
    bench.start_worker()
    bench.until(other, ItemState.DONE)
    item = bench.item(cancelled)
    with bench.store.read() as db:
        (said,) = [
            event.data
            for event in events.after(db, 0, item_id=cancelled)
            if event.kind is Kind.ITEM_CHANGED
        ]
    assert (item.outcome, item.attempt, said["who"], said["why"]) == (
        Outcome.CANCELLED,
        0,
        "ann",
        "a slip",
    )


def test_a_running_item_is_cancelled_at_its_next_step(make_bench: MakeBench) -> None:
    """The step under way ends, the next one does not begin."""
    begun, go_on, second = threading.Event(), threading.Event(), threading.Event()

    @bot()
    def two_steps(value: Number, run: Run) -> None:
        def first() -> None:
            begun.set()
            go_on.wait(20)

        run.step("first", first)
        run.step("second", second.set)

    bench = make_bench(two_steps)
    item_id = bench.put("A-1")
    bench.start_worker()
    assert begun.wait(20)
    operations(bench).cancel(item_id)
    go_on.set()
    item = bench.until(item_id)
    assert (item.state, item.outcome, second.is_set()) == (
        ItemState.CANCELLED,
        Outcome.CANCELLED,
        False,
    )


def test_an_item_that_was_sent_is_neither_cancelled_nor_expired_nor_edited(
    make_bench: MakeBench,
) -> None:
    """It may stand in the target already."""
    bench = make_bench(plain)
    item_id, now = bench.put("A-1", 3), clock.now()
    with bench.store.write() as db:
        effects.intend(
            db,
            target="erp",
            key="K",
            record="enter",
            name="enter",
            item_id=item_id,
            digest="d",
            now=now,
        )
        effects.mark_sent(db, target="erp", key="K", item_id=item_id, now=now)
    them = operations(bench)
    found = (them.cancel(item_id), them.expire(item_id), them.edit(item_id, {"amount": "4"}))
    assert (found, bench.item(item_id).state) == ((False, False, None), ItemState.WAITING)


def test_an_edited_item_runs_once_on_its_new_data(make_bench: MakeBench) -> None:
    """The difference is reported, and the old run finds nothing to do."""
    bench = make_bench(plain)
    item_id = bench.put("A-1", 3)
    made = operations(bench).edit(item_id, {"amount": "4"})
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    assert (made, item.attempt, item.result) == (
        {"amount": ("3", "4")},
        1,
        {"number": "A-1", "amount": 4},
    )


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"amount": "many"}, AnswerInvalid),
        ({"colour": "red"}, UsageError),
        ({"number": "A-2"}, UsageError),
    ],
)
def test_an_edit_that_does_not_fit_changes_nothing(
    make_bench: MakeBench, changes: dict[str, str], error: type[Exception]
) -> None:
    """Wrong values, unknown fields and another reference are refused."""
    bench = make_bench(plain)
    item_id = bench.put("A-1", 3)
    with pytest.raises(error):
        operations(bench).edit(item_id, changes)
    assert bench.item(item_id).payload == {"number": "A-1", "amount": 3}


def test_a_requeued_item_begins_a_new_run_and_its_review_is_withdrawn(
    make_bench: MakeBench,
) -> None:
    """The obstacle is gone, so the bot enters the item."""
    blocked = threading.Event()
    blocked.set()

    @bot()
    def strict(value: Number, run: Run) -> Number:
        if blocked.is_set():
            raise BusinessException("blocked", "The supplier is blocked.")
        return value

    bench = make_bench(strict)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    blocked.clear()
    operations(bench).requeue(item_id)
    item = bench.until(item_id, ItemState.DONE)
    assert (item.run_no, bench.open_reviews()) == (2, [])


def test_a_requeue_from_a_step_keeps_the_results_before_it(make_bench: MakeBench) -> None:
    """The named step runs again, the one before it does not."""
    calls: list[str] = []

    @bot()
    def three(value: Number, run: Run) -> None:
        for name in ("one", "two"):
            run.step(name, lambda name=name: calls.append(name))  # type: ignore[misc]  # bound now
        run.check(value, len(calls) > 2, "too_few")

    bench = make_bench(three)
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    operations(bench).requeue(item_id, "three: two")
    item = bench.until(item_id, ItemState.DONE)
    assert (calls, item.run_no) == (["one", "two", "two"], 1)


def test_a_requeue_from_an_unknown_step_names_the_steps(make_bench: MakeBench) -> None:
    """Nothing is moved."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    operations(bench).cancel(item_id)
    with pytest.raises(UsageError, match="has no finished step"):
        operations(bench).requeue(item_id, "plain: nowhere")
    assert bench.item(item_id).state is ItemState.CANCELLED


def lose_entry(bench: Bench, item_id: int) -> None:
    bench.engine.core.client.cancel_workflow(bench.item(item_id).run_id)


def postpone(bench: Bench, item_id: int) -> None:
    later = clock.now() + timedelta(days=1)
    with bench.store.write() as db:
        transitions.defer(db, item_id, not_before=later, code="c", reason="r", now=clock.now())


def hold(bench: Bench, item_id: int) -> None:
    with bench.store.write() as db:
        held.hold(db, item_id, now=clock.now())


def reserve(bench: Bench, item_id: int) -> None:
    with bench.store.write() as db:
        transitions.reserve(db, item_id, worker="w", now=clock.now())


@pytest.mark.parametrize("before", [lambda *_: None, lose_entry, postpone, hold])
def test_requeued_item_that_nobody_works_on_continues_at_once(
    make_bench: MakeBench, before: Callable[[Bench, int], None]
) -> None:
    """Waiting with and without an entry in its queue, postponed or held: it is done in its run."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    before(bench, item_id)
    requeued = operations(bench).requeue(item_id)
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    assert (requeued, item.run_no, item.attempt) == (True, 1, 1)


def test_item_of_a_living_worker_is_not_requeued(make_bench: MakeBench) -> None:
    """The refusal names the worker; once that is dead the item is due."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    reserve(bench, item_id)
    with bench.store.write() as db:
        workers.register(db, "w", host="h", pid=1, now=clock.now())
    with pytest.raises(UsageError, match="the worker w is running it"):
        operations(bench).requeue(item_id)
    with bench.store.write() as db:
        workers.remove(db, "w")
    requeued = operations(bench).requeue(item_id)
    assert (requeued, bench.item(item_id).state) == (True, ItemState.POSTPONED)


def test_many_items_are_moved_in_short_transactions(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Others write in between; each item has its line in the log, and none its entry in a queue."""
    monkeypatch.setattr(portions, "LONGEST", timedelta())
    bench = make_bench(plain)
    numbers = [bench.put(f"A-{n}") for n in range(3)]
    given: list[ItemState] = []

    def write(_: object) -> None:
        given.append(bench.item(numbers[len(given)]).state)
        bench.put(f"B-{len(given)}")

    monkeypatch.setattr("clerkwork.engine.operate.operations.give_way", write)
    refused = operations(bench).each(numbers[::-1], Operations.cancel)
    last = bench.put("C-1")
    bench.start_worker()
    bench.until(last, ItemState.DONE)
    with bench.store.read() as db:
        said = [one.item_id for one in events.after(db, 0) if one.kind is Kind.ITEM_CHANGED]
    assert (refused, given, said, [bench.item(number).attempt for number in numbers]) == (
        {},
        [ItemState.CANCELLED] * 2,
        numbers,
        [0, 0, 0],
    )


def test_items_that_may_not_be_moved_end_none_of_the_others(make_bench: MakeBench) -> None:
    """The reason may be the state, the data, or an unknown item."""
    bench = make_bench(plain)
    first, done, last = (bench.put(f"A-{n}") for n in range(3))
    force(bench, done, ItemState.DONE)
    them = operations(bench)
    refused = them.each([first, done, last, 99], lambda them, number: bool(them.edit(number, NINE)))
    amounts = [bench.item(number).payload["amount"] for number in (first, done, last)]
    assert (refused, amounts) == (
        {done: "it is done", 99: "there is no item 99; `clerkwork items` lists them"},
        [9, 0, 9],
    )


def test_of_a_portion_that_fails_nothing_is_moved(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item is never moved without its line in the log; the next try moves all."""
    bench = make_bench(plain)
    numbers = [bench.put(f"A-{n}") for n in range(2)]

    def die(them: Operations, number: int) -> bool:
        if number == numbers[1]:
            raise KeyboardInterrupt
        return them.cancel(number)

    with pytest.raises(KeyboardInterrupt):
        operations(bench).each(numbers, die)
    before = [bench.item(number).state for number in numbers]
    operations(bench).each(numbers, Operations.cancel)
    after = [bench.item(number).state for number in numbers]
    assert (before, after) == ([ItemState.WAITING] * 2, [ItemState.CANCELLED] * 2)


def test_items_at_work_that_are_asked_to_end_are_named(make_bench: MakeBench) -> None:
    """They may still be done, if something was sent before their next step."""
    bench = make_bench(plain)
    waiting, running = bench.put("A-1"), bench.put("A-2")
    force(bench, running, ItemState.RUNNING)
    them = operations(bench)
    refused = them.each([waiting, running], Operations.cancel)
    assert (refused, them.asked) == ({}, [running])


def test_items_are_requeued_from_a_step_one_by_one(make_bench: MakeBench) -> None:
    """DBOS is asked for the steps of each, which it answers in a transaction of its own."""
    bench = make_bench(plain)
    numbers = [bench.put(f"A-{n}") for n in range(2)]
    refused = operations(bench).each(
        numbers, lambda them, number: them.requeue(number, "keep"), alone=True
    )
    said = "item-{}-1 has no finished step 'keep'; it has none"
    assert refused == {number: said.format(number) for number in numbers}


def test_an_item_that_moved_meanwhile_is_not_requeued_among_others(make_bench: MakeBench) -> None:
    """It would ask DBOS within the transaction, which waits for that."""
    bench = make_bench(plain)
    cancelled, waiting = bench.put("A-1"), bench.put("A-2")
    operations(bench).cancel(cancelled)
    refused = operations(bench).each([cancelled, waiting], Operations.requeue)
    assert (refused, bench.item(cancelled).run_no) == (
        {waiting: "the item changed in the meantime; requeue it again"},
        2,
    )
