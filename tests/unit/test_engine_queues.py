"""The place of an item in its queue: rank, not-before, deadline, conflict and batch."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest

from clerkwork import BusinessException, Run, bot, clock
from clerkwork.engine.operate.operations import Operations
from clerkwork.errors import BatchKnown, BatchRefused, UsageError
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import Added, ItemState, NewItem, Outcome
from clerkwork.model.work.queues import START, Batch, Deadline, rank
from clerkwork.store.items import items, transitions
from clerkwork.store.runs import effects
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number

DAY = timedelta(days=1)


def fresh(*, seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def change(bench: Bench, **keys: object) -> None:
    """Give the workflow other keys."""
    old = bench.engine.core.workflows["work"]
    bench.engine.core.workflows["work"] = Workflow.model_validate(
        old.model_dump(exclude_unset=True) | keys
    )


def force(bench: Bench, item_id: int, state: ItemState) -> None:
    """Put the item into *state*, even if the table does not allow it."""
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == item_id).values(state=state))


def test_priority_goes_first_among_items_of_one_moment() -> None:
    """The smaller number has the smaller rank."""
    assert rank(fresh(seconds=5), 10, 60) < rank(fresh(seconds=5), 100, 60)


def test_an_item_that_waited_long_goes_before_a_fresh_one_of_higher_priority() -> None:
    """Ninety steps of priority are worth ninety times the ageing, and not a second more."""
    old = rank(fresh(seconds=0), 100, 60)
    overtakes, does_not = (rank(fresh(seconds=90 * 60 + gap), 10, 60) for gap in (-1, 1))
    assert overtakes < old < does_not


def test_items_are_worked_on_by_rank(make_bench: MakeBench) -> None:
    """One worker at a time takes the urgent item first, though it came last."""
    seen: list[str] = []

    @bot()
    def noting(value: Number, run: Run) -> None:
        run.step("note", lambda: seen.append(value.number))

    bench = make_bench(noting)
    numbers = [
        bench.put(name, priority=priority)
        for name, priority in (("low", 900), ("normal", 100), ("urgent", 1))
    ]
    bench.start_worker(concurrency=1)
    for number in numbers:
        bench.until(number, ItemState.DONE)
    assert seen == ["urgent", "normal", "low"]


def test_an_item_is_not_worked_on_before_its_instant(make_bench: MakeBench) -> None:
    """It is postponed until then, and the sweep puts it into the queue."""
    bench = make_bench(plain)
    bench.start_worker()
    instant = clock.now() + timedelta(seconds=1)
    item_id = bench.put("A-1", not_before=instant)
    before = bench.item(item_id).state
    bench.until(item_id, ItemState.DONE)
    assert (before, clock.now() >= instant) == (ItemState.POSTPONED, True)


def test_an_item_waits_as_long_as_its_workflow_says(make_bench: MakeBench) -> None:
    """From when it came; an instant that came with it goes first."""
    bench = make_bench(plain)
    change(bench, not_before_s=3600)
    own = clock.from_ms(clock.to_ms(clock.now() + timedelta(minutes=5)))
    first, second = (bench.item(bench.put(number)) for number in ("A-1", "A-2"))
    third = bench.item(bench.put("A-3", not_before=own))
    waits = [each.not_before and each.not_before - each.arrived for each in (first, second)]
    assert ([first.state, third.state], waits, third.not_before) == (
        [ItemState.POSTPONED, ItemState.POSTPONED],
        [timedelta(hours=1)] * 2,
        own,
    )


def test_wait_that_a_clock_ahead_began_ends_though_nobody_saw_the_clock(
    make_bench: MakeBench,
) -> None:
    """It was set, the worker postponed an item and died, and it was set right again."""
    bench = make_bench(plain)
    ahead = clock.now() + timedelta(hours=2)
    item_id = bench.put("A-1", not_before=ahead)
    as_if = {
        "updated_ms": clock.to_ms(ahead),
        "not_before_ms": clock.to_ms(ahead + timedelta(seconds=0.1)),
    }
    with bench.store.write() as db:
        db.execute(item_table.update().values(**as_if))
    bench.start_worker()
    assert bench.until(item_id).state is ItemState.DONE


@pytest.mark.parametrize(
    ("rule", "state", "outcome"),
    [
        ("escalate", ItemState.IN_REVIEW, None),
        ("expire", ItemState.EXPIRED, Outcome.EXPIRED),
    ],
)
def test_an_overdue_item_is_treated_by_the_rule(
    make_bench: MakeBench, rule: str, state: ItemState, outcome: Outcome | None
) -> None:
    """It goes to a person or is closed as expired; no bot works on it afterwards."""
    bench = make_bench(plain)
    change(bench, deadline=Deadline(due_s=0.1, on_due=rule).model_dump())
    item_id = bench.put("A-1", not_before=clock.now() + timedelta(hours=1))
    bench.start_worker()
    item = bench.until(item_id, ItemState.IN_REVIEW, ItemState.EXPIRED)
    assert (item.state, item.outcome, item.attempt) == (state, outcome, 0)


def test_an_overdue_item_that_was_sent_is_not_expired(make_bench: MakeBench) -> None:
    """It may stand in the target, so a person decides."""
    bench = make_bench(plain)
    change(bench, deadline={"due_s": 0.1, "on_due": "expire"})
    item_id = bench.put("A-1", not_before=clock.now() + timedelta(hours=1))
    send(bench, item_id)
    bench.start_worker()
    assert bench.until(item_id).state is ItemState.IN_REVIEW


def send(bench: Bench, item_id: int) -> None:
    """Note that the item may have been submitted."""
    now = clock.now()
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


@pytest.mark.parametrize(
    ("policy", "worked_on", "unworked"),
    [
        ("review", Added.CONFLICT, Added.CONFLICT),
        ("reject", Added.REFUSED, Added.REFUSED),
        ("merge", Added.MERGED, Added.MERGED),
        ("supersede", Added.CONFLICT, Added.SUPERSEDED),
    ],
)
def test_other_content_under_a_known_reference_follows_the_policy(
    make_bench: MakeBench, policy: str, worked_on: Added, unworked: Added
) -> None:
    """Only an item nobody works on is superseded; a returned one is always taken up again."""
    bench = make_bench(plain)
    change(bench, on_conflict=policy)
    found = {}
    for state in ItemState:
        item_id = bench.put(state, 3)
        force(bench, item_id, state)
        payload = {"number": state.value, "amount": 4}
        answer = bench.engine.submit(NewItem(workflow="work", reference=state, payload=payload))
        found[state] = (answer.added, bench.item(item_id).payload["amount"])
    idle = {ItemState.WAITING, ItemState.POSTPONED, ItemState.IN_REVIEW}
    expected = {state: unworked if state in idle else worked_on for state in ItemState}
    expected[ItemState.RETURNED] = Added.REOPENED
    renewed = {Added.REOPENED, Added.SUPERSEDED}
    assert found == {
        state: (added, 4 if added in renewed else 3) for state, added in expected.items()
    }


def test_other_content_is_of_its_own_group(make_bench: MakeBench) -> None:
    """However it came: by an edit, in place of the old, after a return, from a person."""

    @bot()
    def doubtful(value: Number, _run: Run) -> Number:
        if value.amount == 3:
            raise BusinessException("wrong", "The amount is wrong.")
        return value

    bench = make_bench(doubtful)
    change(bench, on_conflict="supersede", group_key="amount")
    first, edited, superseded, returned = (bench.put(f"A-{n}", 3) for n in range(4))
    force(bench, returned, ItemState.RETURNED)
    Operations(bench.engine.core, who="ann", why="").edit(edited, {"amount": "4"})
    bench.put("A-2", 5)
    bench.put("A-3", 6)
    bench.start_worker()
    bench.until(first, ItemState.IN_REVIEW)
    bench.answer(amount=7)
    found = [bench.item(each).group_key for each in (first, edited, superseded, returned)]
    assert found == ["7", "4", "5", "6"]


def test_an_item_that_was_sent_is_not_superseded(make_bench: MakeBench) -> None:
    """What may stand in the target keeps its content; a person sees the newcomer."""
    bench = make_bench(plain)
    change(bench, on_conflict="supersede")
    item_id = bench.put("A-1", 3)
    send(bench, item_id)
    bench.put("A-1", 4)
    assert (bench.item(item_id).payload["amount"], len(bench.open_reviews())) == (3, 1)


def test_a_superseded_item_is_worked_on_once_with_its_new_content(make_bench: MakeBench) -> None:
    """The entry of the old run in the queue finds nothing to do."""
    bench = make_bench(plain)
    change(bench, on_conflict="supersede")
    item_id = bench.put("A-1", 3)
    bench.put("A-1", 4)
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    assert (item.run_no, item.attempt, item.result) == (2, 1, {"number": "A-1", "amount": 4})


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [
        ("supersede", (900, 2 * DAY, "not_before", 9 * DAY)),
        ("merge", (5, DAY, None, None)),
    ],
)
def test_terms_that_come_with_other_content(
    make_bench: MakeBench, rule: str, wanted: tuple[object, ...]
) -> None:
    """A superseding item brings its own terms; one that is merged changes nothing."""
    bench = make_bench(plain)
    change(bench, on_conflict=rule)
    start = clock.from_ms(clock.to_ms(clock.now()))
    item_id = bench.put("A-1", 3, priority=5, due=start + DAY)
    bench.put("A-1", 4, priority=900, due=start + 2 * DAY, not_before=start + 9 * DAY)
    item = bench.item(item_id)
    instants = [None if at is None else at - start for at in (item.due, item.not_before)]
    assert (item.priority, instants[0], item.reason_code, instants[1]) == wanted


def test_terms_that_were_not_given_stay_when_an_item_is_superseded(make_bench: MakeBench) -> None:
    """The workflow's own are for new items."""
    bench = make_bench(plain)
    change(bench, on_conflict="supersede")
    due = clock.from_ms(clock.to_ms(clock.now() + DAY))
    item_id = bench.put("A-1", 3, priority=5, due=due)
    bench.put("A-1", 4)
    item = bench.item(item_id)
    assert (item.priority, item.due, item.state) == (5, due, ItemState.WAITING)


def arrivals(*amounts: int) -> list[tuple[NewItem, None]]:
    return [
        (
            NewItem(workflow="work", reference=f"A-{n}", payload={"number": f"A-{n}", "amount": a}),
            None,
        )
        for n, a in enumerate(amounts)
    ]


def test_a_batch_with_the_declared_totals_is_added(make_bench: MakeBench) -> None:
    """Every item carries the batch and is listed by it."""
    bench = make_bench(plain)
    batch = Batch(id="B-7", count=3, sums={"amount": Decimal(6)})
    answers = bench.engine.submit_all(arrivals(1, 2, 3), batch)
    with bench.store.read() as db:
        listed = items.search(db, items.Filter(batch="B-7"))
    assert sorted(item.id for item in listed) == sorted(a.item_id for a in answers)


@pytest.mark.parametrize(
    "batch",
    [
        Batch(id="B-7", count=4),
        Batch(id="B-7", sums={"amount": Decimal(7)}),
        Batch(id="B-7", sums={"weight": Decimal(7)}),
    ],
)
def test_a_batch_with_other_totals_adds_nothing(make_bench: MakeBench, batch: Batch) -> None:
    """One sentence says what differs, and no item is there."""
    bench = make_bench(plain)
    with pytest.raises(UsageError, match="nothing was added"):
        bench.engine.submit_all(arrivals(1, 2, 3), batch)
    with bench.store.read() as db:
        assert items.count(db, items.Filter()) == 0


def test_a_batch_whose_last_item_cannot_be_stored_adds_nothing(make_bench: MakeBench) -> None:
    """All items are one commit."""
    bench = make_bench(plain)
    broken = [*arrivals(1, 2), (NewItem(workflow="nowhere", reference="x", payload={}), None)]
    with pytest.raises(UsageError, match="nowhere"):
        bench.engine.submit_all(broken, Batch(id="B-7"))
    with bench.store.read() as db:
        assert items.count(db, items.Filter()) == 0


@pytest.mark.parametrize("policy", ["reject", "merge"])
def test_a_batch_with_an_item_whose_content_is_dropped_adds_nothing(
    make_bench: MakeBench, policy: str
) -> None:
    """The sentence names the items; a later batch of this id is not thought to be the same."""
    bench = make_bench(plain)
    change(bench, on_conflict=policy)
    known = bench.put("A-1", 9)
    with pytest.raises(BatchRefused, match=rf"known with other content: A-1 \(item {known}\);"):
        bench.engine.submit_all(arrivals(1, 2, 3), Batch(id="B-7"))
    with bench.store.read() as db:
        assert items.count(db, items.Filter()) == 1
    answers = bench.engine.submit_all(arrivals(1, 9, 3), Batch(id="B-7"))
    assert [answer.added for answer in answers] == [Added.NEW, Added.MERGED, Added.NEW]


def test_the_same_batch_a_second_time_adds_nothing(make_bench: MakeBench) -> None:
    """The sender got no answer; meanwhile a person changed an item, which is no conflict."""
    bench = make_bench(plain)
    first, *_ = bench.engine.submit_all(arrivals(1, 2, 3), Batch(id="B-7"))
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == first.item_id).values(digest="x"))
    with pytest.raises(BatchKnown, match="B-7 was added before with the same 3 items"):
        bench.engine.submit_all(arrivals(1, 2, 3)[::-1], Batch(id="B-7"))
    with bench.store.read() as db:
        assert items.count(db, items.Filter()) == 3


def test_the_id_of_a_batch_with_other_content_is_refused(make_bench: MakeBench) -> None:
    """Nobody can tell whether it replaces the first one or is another one."""
    bench = make_bench(plain)
    bench.engine.submit_all(arrivals(1, 2), Batch(id="B-7"))
    with pytest.raises(BatchRefused, match="B-7 was added before with other content"):
        bench.engine.submit_all(arrivals(1, 2, 3), Batch(id="B-7"))
    with bench.store.read() as db:
        assert items.count(db, items.Filter()) == 2


def test_a_run_that_was_superseded_reserves_nothing(make_bench: MakeBench) -> None:
    """Only the present run may work on the item, even if an old one is left in the queue."""
    bench = make_bench(plain)
    change(bench, on_conflict="supersede")
    item_id = bench.put("A-1", 3)
    bench.put("A-1", 4)
    now = clock.now()
    with bench.store.write() as db:
        old, present = (
            transitions.reserve(db, item_id, worker="w", now=now, run_no=number)
            for number in (1, 2)
        )
    assert (old, present is not None) == (None, True)
