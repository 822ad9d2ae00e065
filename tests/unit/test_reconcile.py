"""The sweep for duplicates: what was entered is looked up again, and a person is asked."""

import threading
from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from clerkwork import ApplicationException, Receipt, Run, bot, clock
from clerkwork.config.settings import ReconcileSettings
from clerkwork.engine import target_gate
from clerkwork.engine.effects.reconcile import NOT_LOOKED_UP, Reconciliation
from clerkwork.model.project.target_gates import Breaker
from clerkwork.model.work.events import Level
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.reviews import Decision
from clerkwork.store.items import login_slots
from clerkwork.store.runs import events
from tests.fixtures_engine import Bench, DirectBrowser, MakeBench, Number

bench_in_use: list[Bench] = []
unreachable: list[str] = []
looking: list[Callable[[], object]] = []


def find(screen: object, value: Number) -> list[Receipt]:
    for look in looking:
        look()
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
    looking.clear()
    bench = make_bench(entering)
    bench_in_use.append(bench)
    bench.start_worker()
    enter_one(bench, "A-1")
    return bench


def enter_one(bench: Bench, number: str) -> None:
    assert bench.until(bench.put(number, 3)).state is ItemState.DONE


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
    looking.clear()
    bench = make_bench(entering, guarantee="blind")
    bench_in_use.append(bench)
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(Decision.BY_HAND)
    bench.ledger.entered.append(Number(number="A-1", amount=3))
    blind = results(bench)
    target = bench.engine.core.targets["erp"].model_copy(update={"guarantee": "searchable"})
    bench.engine.core.targets["erp"] = target
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


def test_target_behind_a_closed_gate_is_not_looked_into(entered: Bench) -> None:
    """Stopped by a person, frozen or failing: the sweep obeys as every item does."""
    target_gate.hold(entered.engine.core, "erp", who="ann", why="month-end")
    before = entered.ledger.looked
    (found,) = sweep(entered).run(clock.now())
    assert (found.result, found.reason, entered.ledger.looked - before) == (
        NOT_LOOKED_UP,
        "ann paused the target erp: month-end",
        0,
    )


def change_target(bench: Bench, **changes: object) -> None:
    bench.engine.core.targets["erp"] = bench.engine.core.targets["erp"].model_copy(update=changes)


def test_failed_look_ups_count_for_the_breaker(entered: Bench) -> None:
    """After as many as the breaker takes, the rest of the target is left alone."""
    enter_one(entered, "A-2")
    change_target(entered, breaker=Breaker(failures=1, cool_down_s=60))
    unreachable.append("erp")
    found = sweep(entered).run(clock.now())
    with entered.store.read() as db:
        state = target_gate.state_of(entered.engine.core, db, "erp")[1]
    assert state is not None
    assert (found[0].reason, found[1].reason[:42], state.failures) == (
        "The target is down.",
        "The target erp fails and is not used until",
        1,
    )


def test_lookup_has_a_place_at_the_login_and_gives_it_back(entered: Bench) -> None:
    """The limit of a login is the sweep's as well, so no item gets its place meanwhile."""
    change_target(entered, limit=1)
    login = entered.engine.core.targets["erp"].account
    taken: list[int] = []

    def count() -> None:
        with entered.store.read() as db:
            taken.append(login_slots.holders(db, login, now=clock.now()))

    looking.append(count)
    found = results(entered)
    count()
    assert (found, taken) == ([("A-1", "right")], [1, 0])


def test_lookup_waits_for_a_place_until_the_sweep_is_stopped(entered: Bench) -> None:
    """It does not start while the login has as many items as it may have."""
    change_target(entered, limit=1)
    login, now = entered.engine.core.targets["erp"].account, clock.now()
    with entered.store.write() as db:
        login_slots.take_for_a_time(db, login, limit=1, until=now + timedelta(hours=1), now=now)
    stopping = threading.Event()
    stopped = threading.Timer(0.1, stopping.set)
    stopped.start()
    (found,) = sweep(entered).run(now, stopping=stopping)
    assert (found.result, found.reason) == (
        NOT_LOOKED_UP,
        "All 1 login slots of erp are in use.",
    )


def test_entry_of_a_workflow_that_is_gone_stops_nothing(entered: Bench) -> None:
    """That nobody could be asked is said, in the log as well, and the next entry is looked up."""
    enter_one(entered, "A-2")
    entered.ledger.entered.pop(0)
    entered.engine.core.workflows["renamed"] = entered.engine.core.workflows.pop("work")
    found = sweep(entered).run(clock.now())
    said = (
        "A-1 was entered in erp, but a lookup does not find it there now. Check erp. If it is"
        " there, or was deleted on purpose, choose 'By hand'; if it was deleted by mistake, enter"
        " it there again and send this on. No review could be opened: there is no workflow 'work';"
        " known: next, renamed"
    )
    with entered.store.read() as db:
        errors = [event for event in events.after(db, 0) if event.level is Level.ERROR]
    entered.engine.core.workflows["work"] = entered.engine.core.workflows["renamed"]
    assert (
        [(one.key, one.result, one.reason) for one in found],
        [(one.item_id, one.data["code"]) for one in errors],
    ) == (
        [("A-1", "confirmed_but_missing", said), ("A-2", "right", "")],
        [(1, "confirmed_but_missing")],
    )


def test_stopped_sweep_starts_no_further_lookup(entered: Bench) -> None:
    """A scheduler that ends does not wait for the rest of the night."""
    enter_one(entered, "A-2")
    stopping = threading.Event()
    looking.append(stopping.set)
    found = sweep(entered).run(clock.now(), stopping=stopping)
    assert [(one.key, one.result, one.reason) for one in found] == [
        ("A-1", "right", ""),
        ("A-2", NOT_LOOKED_UP, "The check was stopped."),
    ]
