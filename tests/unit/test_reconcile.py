"""The sweep for duplicates: what was entered is looked up again, and a person is asked."""

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from clerkwork import ApplicationException, Receipt, Run, bot, clock
from clerkwork.config.settings import ReconcileSettings
from clerkwork.engine.reconcile import Reconciliation
from clerkwork.model.items import ItemState, Outcome
from clerkwork.model.reviews import Decision
from tests.fixtures_engine import Bench, DirectBrowser, MakeBench, Number

bench_in_use: list[Bench] = []
unreachable: list[str] = []


def find(screen: object, value: Number) -> list[Receipt]:
    if unreachable:
        raise ApplicationException("target_unreachable", "The target is down.")
    return bench_in_use[-1].ledger.find(screen, value)


def enter(screen: object, value: Number) -> Receipt:
    return bench_in_use[-1].ledger.enter(screen, value)


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


@pytest.fixture
def entered(make_bench: MakeBench) -> Bench:
    """A bench whose bot has entered A-1."""
    unreachable.clear()
    bench = make_bench(entering)
    bench_in_use.append(bench)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id)
    return bench


def sweep(bench: Bench) -> Reconciliation:
    return Reconciliation(
        engine=bench.engine,
        browser=DirectBrowser(),
        settings=ReconcileSettings(),
        timezone="Asia/Shanghai",
    )


def results(bench: Bench, *, later: timedelta = timedelta()) -> list[tuple[str, str]]:
    return [(found.key, found.result) for found in sweep(bench).run(clock.now() + later)]


def asked(bench: Bench) -> list[tuple[str, str]]:
    return [(review.reference, review.code) for review in bench.open_reviews()]


def nothing(_entered: list[Number]) -> None: ...


def twice(entered: list[Number]) -> None:
    entered.append(entered[0])


def otherwise(entered: list[Number]) -> None:
    entered[0] = Number(number="A-1", amount=4)


@pytest.mark.parametrize(
    ("change", "result"),
    [
        (nothing, "right"),
        (list.clear, "confirmed_but_missing"),
        (twice, "found_twice"),
        (otherwise, "entered_differently"),
    ],
)
def test_entry_is_looked_up_and_a_person_is_asked_once(
    entered: Bench, change: Callable[[list[Number]], object], result: str
) -> None:
    """However often the sweep comes, one fault is one question; what is right is none."""
    change(entered.ledger.entered)
    found = [results(entered) for _ in range(2)]
    questions = [] if result == "right" else [(f"A-1 ({result})", result)]
    assert (found, asked(entered)) == ([[("A-1", result)]] * 2, questions)


def test_older_entries_are_left_alone(entered: Bench) -> None:
    """Two days are looked back."""
    assert results(entered, later=timedelta(hours=49)) == []


def test_target_that_is_down_is_no_fault_of_the_entry(entered: Bench) -> None:
    """Nobody is asked about what could not be looked up."""
    unreachable.append("erp")
    assert (results(entered), asked(entered)) == ([("A-1", "not_looked_up")], [])


def test_what_a_person_entered_beside_a_late_submit_is_found(make_bench: MakeBench) -> None:
    """Done by hand, and stored late as well: that is twice."""
    unreachable.clear()
    bench = make_bench(entering, guarantee="blind")
    bench_in_use.append(bench)
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(Decision.BY_HAND)
    bench.ledger.entered.append(Number(number="A-1", amount=3))
    blind = results(bench)
    target = bench.engine.targets["erp"].model_copy(update={"guarantee": "searchable"})
    bench.engine.targets["erp"] = target
    assert (blind, results(bench)) == ([("A-1", "blind")], [("A-1", "found_twice")])


def test_question_is_an_item_of_its_own(entered: Bench) -> None:
    """The closed one stays as it is."""
    entered.ledger.entered.clear()
    results(entered)
    (review,) = entered.open_reviews()
    entered.answer(Decision.BY_HAND)
    item = entered.item(review.item_id)
    assert (item.outcome, item.parent_id, item.payload) == (
        Outcome.BY_HAND,
        1,
        {"number": "A-1", "amount": 3},
    )


def test_nightly_sweep_runs_once_a_night(entered: Bench) -> None:
    """At half past two in Shanghai, whichever scheduler is first; not on the first look ever."""
    tomorrow = clock.now().astimezone(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
    night = tomorrow.replace(hour=2, minute=30, second=0, microsecond=0)
    minutes = (-2, -1, 0, 1)
    looks = [sweep(entered).nightly(night + timedelta(minutes=minute)) for minute in minutes]
    assert [len(look) for look in looks] == [0, 0, 1, 0]
