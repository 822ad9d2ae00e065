"""What a target offers against double entry decides what is done when an answer was lost."""

from datetime import timedelta

import pytest

from clerkwork import Receipt, Run, bot, clock
from clerkwork.errors import ApplicationException, BusinessException
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.reviews import Decision
from clerkwork.store.instants import Milestone, reach
from clerkwork.store.maintenance.recovery import mark_restored
from tests.fixtures_engine import Bench, MakeBench, Number

bench_in_use: list[Bench] = []


def find(screen: object, value: Number) -> list[Receipt]:
    return bench_in_use[-1].ledger.find(screen, value)


def enter(screen: object, value: Number) -> Receipt:
    return bench_in_use[-1].ledger.enter(screen, value)


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


def start(make_bench: MakeBench, guarantee: str) -> Bench:
    bench = make_bench(entering, guarantee=guarantee)
    bench_in_use.append(bench)
    return bench


def test_blind_target_is_believed_when_it_confirms(make_bench: MakeBench) -> None:
    """Nothing is looked up, neither before nor after."""
    bench = start(make_bench, "blind")
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.outcome, len(bench.ledger.entered), bench.ledger.looked) == (Outcome.BY_BOT, 1, 0)


def test_blind_target_is_never_asked_twice(make_bench: MakeBench) -> None:
    """An interrupted submit goes to a person at once, and no retry policy repeats it."""
    bench = start(make_bench, "blind")
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.reason_code, item.attempt, len(bench.ledger.entered)) == (
        ItemState.IN_REVIEW,
        "effect_unknown",
        1,
        1,
    )


@pytest.mark.parametrize(
    ("error", "told", "fields"),
    [
        (
            BusinessException("unknown_role", "Not offered: {role}.", fields=("role",), role="CEO"),
            "(unknown_role): Not offered: CEO. Check erp.",
            ["role"],
        ),
        (
            ApplicationException("page_unexpected", "Phone was not found"),
            "(page_unexpected): Phone was not found. Check erp.",
            [],
        ),
        (KeyError("phone"), "(bot_error): The bot failed: KeyError: 'phone'. Check erp.", []),
    ],
)
def test_what_failed_after_the_submit_is_reported(
    make_bench: MakeBench, error: Exception, told: str, fields: list[str]
) -> None:
    """The person, and the run log, get its code, its sentence and its fields."""
    bench = start(make_bench, "blind")
    bench.ledger.after_submit = error
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    (review,) = bench.open_reviews()
    asked = [field.path for field in review.fields if field.doubtful]
    assert (item.reason_code, told in (item.reason or ""), asked) == (
        "effect_unknown",
        True,
        fields,
    )


def test_person_sends_on_what_a_blind_target_did_not_take(make_bench: MakeBench) -> None:
    """One answer is leave for one submit: when that is interrupted too, a person is asked again."""
    bench = start(make_bench, "blind")
    bench.ledger.lose_answers = 2
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    asked = []
    for _ in range(2):
        asked.append(bench.until(item_id, ItemState.IN_REVIEW).reason_code)
        bench.answer()
    item = bench.until(item_id, ItemState.DONE)
    assert (asked, item.outcome, len(bench.ledger.entered)) == (
        ["effect_unknown"] * 2,
        Outcome.ASSISTED,
        3,
    )


def test_clock_that_is_set_back_makes_no_answer_count_twice(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The submit seems to be older than the answer it used; that is no leave for a third."""
    bench = start(make_bench, "blind")
    bench.ledger.lose_answers = 2
    true_now, behind = clock.now, [timedelta()]
    monkeypatch.setattr(clock, "now", lambda: true_now() - behind[0])
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.ledger.before_submit = lambda: behind.__setitem__(0, timedelta(hours=1))
    bench.answer()
    again = bench.until(item_id, ItemState.IN_REVIEW, ItemState.DONE)
    assert (again.state, len(bench.ledger.entered)) == (ItemState.IN_REVIEW, 2)


def test_answer_of_before_the_backup_is_no_leave_after_a_restore(make_bench: MakeBench) -> None:
    """It may have been used after the backup; the restore's clock does not matter."""
    bench = start(make_bench, "blind")
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.stop_worker()
    bench.answer()
    with bench.store.write() as db:
        mark_restored(db, now=clock.now() - timedelta(hours=1))
    bench.start_worker()
    again = bench.until(item_id, ItemState.IN_REVIEW, ItemState.DONE)
    assert (again.reason_code, len(bench.ledger.entered)) == ("effect_unknown", 1)


def test_person_closes_what_a_blind_target_took(make_bench: MakeBench) -> None:
    """The person found the record, so nothing is entered again."""
    bench = start(make_bench, "blind")
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(Decision.BY_HAND)
    item = bench.until(item_id, ItemState.DONE)
    assert (item.outcome, len(bench.ledger.entered)) == (Outcome.BY_HAND, 1)


def test_after_a_restore_a_blind_target_is_for_a_person(make_bench: MakeBench) -> None:
    """The restored store does not know what was submitted after its backup."""
    bench = start(make_bench, "blind")
    item_id = bench.put("A-1", 3)
    with bench.store.write() as db:
        reach(db, Milestone.RESTORED, now=clock.now())
    bench.start_worker()
    assert (bench.until(item_id).reason_code, bench.ledger.entered) == ("effect_unknown", [])


def test_unique_reference_needs_no_quiet_period(make_bench: MakeBench) -> None:
    """The look-up comes at once; a record that is stored late is not entered twice all the same."""
    bench = start(make_bench, "unique-ref")
    bench.ledger.unique = True
    bench.ledger.before_submit = lambda: bench.ledger.entered.append(Number(number="A-1", amount=3))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.outcome, item.attempt, len(bench.ledger.entered)) == (Outcome.BY_BOT, 1, 1)
