"""Effects are entered exactly once, even if the answer to the click is lost."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clerkwork import ApplicationException, Receipt, Run, bot, clock
from clerkwork.model.project.egress import Fence
from clerkwork.model.project.target_gates import Breaker
from clerkwork.model.project.targets import Target
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.store import targets
from clerkwork.store.items import transitions
from clerkwork.store.runs import effects, events
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import PAUSE, Bench, DirectBrowser, MakeBench, Number

bench_in_use: list[Bench] = []


def find(screen: object, value: Number) -> list[Receipt]:
    return bench_in_use[-1].ledger.find(screen, value)


def enter(screen: object, value: Number) -> Receipt:
    return bench_in_use[-1].ledger.enter(screen, value)


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


def start(make_bench: MakeBench) -> Bench:
    bench = make_bench(entering)
    bench_in_use.append(bench)
    return bench


def test_an_effect_is_done_once_and_verified(make_bench: MakeBench) -> None:
    """The ledger goes from intent over sent to confirmed, and the receipt is the result."""
    bench = start(make_bench)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    with bench.store.read() as db:
        kinds = [e.kind for e in events.after(db, 0, item_id=item_id) if "effect" in e.kind]
    assert (bench.ledger.entered, item.outcome, kinds) == (
        [Number(number="A-1", amount=3)],
        Outcome.BY_BOT,
        [Kind.EFFECT_INTENT, Kind.EFFECT_SENT, Kind.EFFECT_CONFIRMED],
    )


def test_what_the_target_has_already_is_not_entered_again(make_bench: MakeBench) -> None:
    """A record somebody else entered with equal data is found and confirmed."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=3))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (len(bench.ledger.entered), item.state, item.outcome) == (
        1,
        ItemState.DONE,
        Outcome.BY_BOT,
    )


def test_a_lost_answer_does_not_enter_it_twice(make_bench: MakeBench) -> None:
    """After a submit without an answer the record is looked up when the target has settled."""
    bench = start(make_bench)
    bench.ledger.lose_answers = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    with bench.store.read() as db:
        row = effects.get(db, "erp", "A-1")
    assert row is not None
    assert row.confirmed is not None
    assert row.sent is not None
    waited_s = (row.confirmed - row.sent).total_seconds()
    assert (len(bench.ledger.entered), item.attempt, waited_s >= 0.3) == (1, 2, True)


def test_what_was_confirmed_and_is_not_found_is_not_entered_again(make_bench: MakeBench) -> None:
    """A target may keep it under another reference; a person looks, and allows one submit more."""
    bench = start(make_bench)
    bench.ledger.renames = True
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    seen = []
    for _ in range(2):
        item = bench.until(item_id, ItemState.IN_REVIEW)
        seen.append((item.reason_code, len(bench.ledger.entered)))
        bench.answer()
    bench.until(item_id, ItemState.IN_REVIEW)
    assert seen == [("effect_unknown", 1), ("effect_unknown", 2)]


def test_a_confirmation_is_kept_though_the_look_after_it_fails(make_bench: MakeBench) -> None:
    """Where no later look comes to the record, it would be entered again."""
    bench = start(make_bench)
    bench.ledger.renames = True
    bench.ledger.fail_looks = 1
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id, ItemState.IN_REVIEW)
    assert (item.reason_code, len(bench.ledger.entered)) == ("effect_unknown", 1)


def test_another_record_under_the_same_key_goes_to_a_person(make_bench: MakeBench) -> None:
    """A record with other data is never overwritten nor doubled."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=4))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (len(bench.ledger.entered), item.state, item.reason_code) == (
        1,
        ItemState.IN_REVIEW,
        "entered_differently",
    )


def test_a_key_that_exists_twice_goes_to_a_person(make_bench: MakeBench) -> None:
    """Two records under one key open a review that names their numbers."""
    bench = start(make_bench)
    bench.ledger.entered += [Number(number="A-1", amount=3)] * 2
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.reason_code, ", as C-A-1, C-A-1. " in item.reason) == ("found_twice", True)


def test_a_worker_whose_item_was_taken_over_does_not_submit(make_bench: MakeBench) -> None:
    """The fence is looked at in the transaction that marks the submit."""
    bench = start(make_bench)

    bench.ledger.before_submit = lambda: take_over(bench)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    bench.stop_worker()
    with bench.store.read() as db:
        row = effects.get(db, "erp", "A-1")
    assert row is not None
    assert (bench.ledger.entered, row.sent) == ([], None)


def test_a_person_corrects_what_the_target_refused_and_the_effect_goes_on(
    make_bench: MakeBench,
) -> None:
    """The answer takes the place of the refused value in the same run."""
    bench = start(make_bench)
    bench.ledger.entered.append(Number(number="A-1", amount=4))
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(amount=4)
    item = bench.until(item_id, ItemState.DONE)
    assert (item.run_no, item.outcome, len(bench.ledger.entered)) == (1, Outcome.ASSISTED, 1)


def test_lookup_that_finds_another_record_is_not_trusted(make_bench: MakeBench) -> None:
    """A search that also finds longer numbers neither confirms the effect nor lets it be done."""
    bench = start(make_bench)
    other = Receipt(confirmation="C-1", reference="A-10")
    bench.ledger.find = lambda _screen, _value: [other]  # type: ignore[method-assign] # its fault
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.reason_code, item.reason, bench.ledger.entered) == (
        "found_another",
        "The lookup of A-1 in erp found another record: A-10.",
        [],
    )


def test_reference_may_be_shown_in_other_case_and_with_blanks(make_bench: MakeBench) -> None:
    """Targets do that; it is the same record."""
    bench = start(make_bench)
    shown = Receipt(confirmation="C-1", reference=" a-1 ")
    bench.ledger.find = lambda _screen, _value: [shown]  # type: ignore[method-assign] # its way
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    assert bench.until(item_id).state is ItemState.DONE


def take_over(bench: Bench) -> None:
    """Give every item to another execution, as a takeover does."""
    with bench.store.write() as db:
        db.execute(item_table.update().values(attempt=item_table.c.attempt + 1))


def test_what_fails_after_a_takeover_is_no_fault_of_the_target(make_bench: MakeBench) -> None:
    """The old holder's call is ended by the new one; the breaker does not count it."""
    bench = start(make_bench)
    erp = bench.engine.core.targets["erp"]
    bench.engine.core.targets["erp"] = erp.model_copy(
        update={"breaker": Breaker(failures=1, cool_down_s=60)}
    )

    def fail() -> None:
        take_over(bench)
        raise ApplicationException("page_timeout", "The page did not answer.")

    bench.ledger.before_submit = fail
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    bench.stop_worker()
    with bench.store.read() as db:
        kinds = {event.kind for event in events.after(db, 0)}
        assert (targets.get(db, "erp"), Kind.EXCEPTION in kinds) == (None, False)


def test_execution_that_was_taken_over_does_not_say_that_its_step_is_done(
    make_bench: MakeBench,
) -> None:
    """Neither the log nor the metrics count a step whose result nobody keeps."""
    held: list[Bench] = []

    @bot()
    def working(value: Number, run: Run) -> Number:
        run.step("first", take_over, held[0])
        return value

    bench = make_bench(working)
    held.append(bench)
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id, ItemState.RUNNING)
    bench.stop_worker()
    with bench.store.read() as db:
        said = [(event.attempt, event.kind) for event in events.after(db, 0, item_id=item_id)]
    assert Kind.STEP_DONE not in [kind for attempt, kind in said if attempt == 1]


class SlowStore(DirectBrowser):
    """Sends a request through the fence while somebody else holds the item's row."""

    def __init__(self) -> None:
        self.released: datetime | None = None

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Callable[[str, Any], Any],
        **named: Any,
    ) -> Any:
        def hear(kind: str, data: Any) -> None:
            on_message(kind, data)
            if kind == "about_to_submit":
                self._send(named["fence"])

        return super().call(target, function, *arguments, on_message=hear)

    def _send(self, fence: Fence) -> None:
        blocker = self.blocked()
        with fence.passing() as held:
            assert held
        blocker.join(30)

    def blocked(self) -> threading.Thread:
        """Return the thread that holds the item's row for a while from now on."""
        holding = threading.Event()
        blocker = threading.Thread(target=self._hold, args=(holding,))
        blocker.start()
        assert holding.wait(30)
        return blocker

    def _hold(self, holding: threading.Event) -> None:
        bench = bench_in_use[-1]
        with bench.store.write() as db:
            transitions.holds(db, 1, 1, lock=True)
            holding.set()
            PAUSE.wait(0.8)
            self.released = clock.now()


def test_quiet_period_begins_when_the_request_leaves(make_bench: MakeBench) -> None:
    """A store that delays the request for more than half a commit renews the mark."""
    bench = start(make_bench)
    erp = bench.engine.core.targets["erp"]
    bench.engine.core.targets["erp"] = erp.model_copy(update={"slowest_commit_s": 1.0})
    browser = SlowStore()
    item_id = bench.put("A-1", 3)
    bench.start_worker(browser=browser)
    bench.until(item_id)
    assert is_marked_after(bench, browser.released)


def is_marked_after(bench: Bench, released: datetime | None) -> bool:
    with bench.store.read() as db:
        row = effects.get(db, "erp", "A-1")
    assert row is not None
    assert row.sent is not None
    assert released is not None
    return clock.to_ms(row.sent) >= clock.to_ms(released)


class RowAtWork(SlowStore):
    """A screen whose submit is announced while somebody else holds the item's row."""

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Callable[[str, Any], Any],
        **_: Any,
    ) -> Any:
        def hear(kind: str, data: Any) -> None:
            blocker = self.blocked() if kind == "about_to_submit" else None
            on_message(kind, data)
            if blocker is not None:
                blocker.join(30)

        return DirectBrowser.call(self, target, function, *arguments, on_message=hear)


def test_mark_of_a_submit_is_no_older_than_the_wait_for_its_row(make_bench: MakeBench) -> None:
    """With an older mark, the next worker would end the quiet period too early."""
    bench = start(make_bench)
    browser = RowAtWork()
    item_id = bench.put("A-1", 3)
    bench.start_worker(browser=browser)
    bench.until(item_id)
    assert is_marked_after(bench, browser.released)


def test_item_whose_run_ended_without_it_is_worked_on_again(make_bench: MakeBench) -> None:
    """Two executions were at it; the one that lost the item is the one whose end DBOS notes."""
    bench = start(make_bench)
    bench.ledger.before_submit = lambda: lose_to_the_dead(bench)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.worker != "dead", len(bench.ledger.entered)) == (
        ItemState.DONE,
        True,
        1,
    )


def lose_to_the_dead(bench: Bench) -> None:
    """Let a worker that dies at once take the item over, while its run stays ours."""
    bench.ledger.before_submit = None
    with bench.store.write() as db:
        transitions.reserve(db, 1, worker="dead", now=clock.now())
