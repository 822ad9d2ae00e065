"""A batch is added in short transactions, all or nothing, even if a process dies in between."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from clerkwork import Receipt, Run, bot, clock
from clerkwork.engine import portions
from clerkwork.engine.submit import batches
from clerkwork.errors import BatchKnown, BatchRefused
from clerkwork.model.work.items import Added, ItemState, NewItem
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NewReview
from clerkwork.store.inbox import staged_batches
from clerkwork.store.items import items
from clerkwork.store.maintenance.recovery import mark_restored
from clerkwork.store.schema import item, staged_batch, staged_item
from tests.fixtures_engine import Bench, MakeBench, Number, TestScreen

BATCH = Batch(id="B-7")


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return what came."""
    return value


def find(_screen: TestScreen, _value: Number) -> list[Receipt]:
    raise AssertionError("nothing is looked up in a blind target")


def enter(screen: TestScreen, value: Number) -> Receipt:
    screen.about_to_submit()
    return Receipt(confirmation=f"C-{value.number}", reference=value.number)


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


@pytest.fixture(autouse=True)
def single_items(monkeypatch: pytest.MonkeyPatch) -> None:
    """Portions are of one item, and batches are abandoned at once."""
    monkeypatch.setattr(portions, "LONGEST", timedelta())
    monkeypatch.setattr(portions, "PAUSE", timedelta())
    monkeypatch.setattr(batches, "ABANDONED", -timedelta(seconds=1))


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return make_bench(plain)


def arrivals(*amounts: int) -> list[tuple[NewItem, NewReview | None]]:
    made = [{"number": f"A-{n}", "amount": amount} for n, amount in enumerate(amounts)]
    return [(NewItem(workflow="work", reference=str(p["number"]), payload=p), None) for p in made]


def die(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


def put_and_die(bench: Bench, patched: pytest.MonkeyPatch, where: str, *amounts: int) -> None:
    with patched.context() as context:
        context.setattr(where, die)
        with pytest.raises(KeyboardInterrupt):
            bench.engine.submit_all(arrivals(*amounts), BATCH)


def amounts(bench: Bench) -> list[int]:
    with bench.store.read() as db:
        rows = db.execute(item.select().order_by(item.c.id))
        return [row.payload["amount"] for row in rows]


def staged(bench: Bench) -> list[int]:
    """Return how many batches and items are staged."""
    with bench.store.read() as db:
        tables = (staged_batch, staged_item)
        return [len(db.execute(table.select()).all()) for table in tables]


def policy(bench: Bench, on_conflict: str) -> None:
    plan = bench.engine.core.workflow("work")
    bench.engine.core.workflows["work"] = plan.model_copy(update={"on_conflict": on_conflict})


@pytest.mark.parametrize(
    "where",
    ["clerkwork.store.inbox.staged_batches.renew", "clerkwork.store.inbox.staged_batches.complete"],
)
def test_of_a_batch_that_died_before_it_was_complete_nothing_is_added(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """A sweep discards what was staged; sent again it is added whole."""
    put_and_die(bench, monkeypatch, where, 1, 2, 3)
    bench.engine.finish_batches()
    before = (amounts(bench), staged(bench))
    bench.engine.submit_all(arrivals(1, 2, 3), BATCH)
    assert (before, amounts(bench), staged(bench)) == (([], [0, 0]), [1, 2, 3], [0, 0])


def test_a_batch_that_died_while_its_items_were_added_is_added_whole_by_sweeps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each item once; sent again it is known."""
    put_and_die(bench, monkeypatch, "clerkwork.engine.submit.batches.give_way", 1, 2, 3)
    died_with = amounts(bench)
    for _ in range(4):
        bench.engine.finish_batches()
    with pytest.raises(BatchKnown, match="added before with the same 3 items"):
        bench.engine.submit_all(arrivals(1, 2, 3), BATCH)
    with bench.store.read() as db:
        listed = items.count(db, items.Filter(batch="B-7"))
    assert (died_with, amounts(bench), listed, staged(bench)) == ([1], [1, 2, 3], 3, [0, 0])


def test_a_batch_sent_again_after_a_kill_adds_the_rest(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No worker need be there."""
    put_and_die(bench, monkeypatch, "clerkwork.engine.submit.batches.give_way", 1, 2, 3)
    with pytest.raises(BatchKnown):
        bench.engine.submit_all(arrivals(1, 2, 3), BATCH)
    assert (amounts(bench), staged(bench)) == ([1, 2, 3], [0, 0])


def test_a_batch_that_is_worked_on_is_left_alone_by_sweeps(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slow sender is no dead one."""
    monkeypatch.setattr(batches, "ABANDONED", timedelta(hours=1))
    put_and_die(bench, monkeypatch, "clerkwork.store.inbox.staged_batches.complete", 1, 2, 3)
    bench.engine.finish_batches()
    assert staged(bench) == [1, 3]


def test_a_batch_that_a_sweep_discarded_meanwhile_is_refused(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was paused for too long; nothing is added."""
    complete = staged_batches.complete

    def late(db: object, number: int) -> bool:
        with monkeypatch.context() as context:
            context.setattr(staged_batches, "complete", complete)
            staged_batches.discard(db, number)  # type: ignore[arg-type]  # a connection
            return complete(db, number)  # type: ignore[arg-type]  # a connection

    monkeypatch.setattr(staged_batches, "complete", late)
    with pytest.raises(BatchRefused, match="stood still"):
        bench.engine.submit_all(arrivals(1, 2, 3), BATCH)
    assert amounts(bench) == []


@pytest.mark.parametrize("on_conflict", ["reject", "merge"])
def test_what_became_known_while_a_batch_was_added_goes_to_a_person(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, on_conflict: str
) -> None:
    """The batch was accepted, so none of its content may be dropped."""
    policy(bench, on_conflict)
    put_and_die(bench, monkeypatch, "clerkwork.engine.submit.batches.give_way", 1, 2, 3)
    bench.put("A-2", 9)
    for _ in range(4):
        bench.engine.finish_batches()
    (asked,) = bench.open_reviews()
    assert (amounts(bench), asked.code, asked.shown["amount"]) == (
        [1, 9, 2, 3],
        "known_otherwise",
        3,
    )


def test_two_contents_of_one_reference_in_a_batch_are_refused(bench: Bench) -> None:
    """One of them would be dropped."""
    policy(bench, "reject")
    twice = [*arrivals(1, 2), *arrivals(3)]
    with pytest.raises(BatchRefused, match=r"other content: A-0 \(twice in this batch\);"):
        bench.engine.submit_all(twice, BATCH)
    assert (amounts(bench), staged(bench)) == ([], [0, 0])


def test_a_batch_whose_items_another_process_added_is_answered_whole(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A sweep thought that the sender had died; what was known before is said to be merged."""
    bench.put("A-1", 2)
    meanwhile: list[Callable[[], None]] = [bench.engine.finish_batches] * 2

    def sweep(_: object) -> None:
        if meanwhile:
            meanwhile.pop()()

    monkeypatch.setattr(batches, "give_way", sweep)
    answers = bench.engine.submit_all(arrivals(1, 2, 3, 4), BATCH)
    assert [answer.added for answer in answers] == [Added.NEW, Added.MERGED, Added.NEW, Added.NEW]
    assert sorted(amounts(bench)) == [1, 2, 3, 4]


def test_what_a_restored_batch_adds_may_be_entered_already(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All of it was accepted before the backup; in a blind target a person looks."""
    bench = make_bench(entering, guarantee="blind")
    put_and_die(bench, monkeypatch, "clerkwork.engine.submit.batches.give_way", 1, 2)
    with bench.store.write() as db:
        mark_restored(db, now=clock.now())
    for _ in range(3):
        bench.engine.finish_batches()
    bench.start_worker()
    with bench.store.read() as db:
        added = items.search(db, items.Filter(batch="B-7"))
    ends = [bench.until(one.id) for one in added]
    assert [(end.state, end.reason_code) for end in ends] == [
        (ItemState.IN_REVIEW, "effect_unknown")
    ] * 2
