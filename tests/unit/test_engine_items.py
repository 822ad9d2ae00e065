"""A work item runs once per reference, goes to a person in doubt, and resumes with the answer."""

import json
from datetime import timedelta

import pytest

from clerkwork import ApplicationException, BusinessException, Run, bot, clock
from clerkwork.engine.runs.reserve import reserve
from clerkwork.model.project.workflows import Step
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import Added, ItemState, NewItem, Outcome
from clerkwork.model.work.queues import Deadline
from clerkwork.model.work.retry import Retry
from clerkwork.model.work.reviews import Decision
from clerkwork.store.items import items
from clerkwork.store.runs import events
from tests.fixtures_engine import SECRET, Bench, MakeBench, Number


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


@bot()
def doubting(value: Number, run: Run) -> Number:
    """Ask a person about every amount over ten."""
    value = run.step("double", lambda: Number(number=value.number, amount=value.amount * 2))
    few = value.amount <= 10
    return run.check(value, few, "too_much", "{amount} is a lot", amount=value.amount)


def ends(bench: Bench, item_id: int) -> tuple[ItemState, Outcome | None]:
    item = bench.until(item_id)
    return item.state, item.outcome


def kinds(bench: Bench, item_id: int) -> list[Kind]:
    with bench.store.read() as db:
        return [event.kind for event in events.after(db, 0, item_id=item_id)]


def test_an_item_nobody_doubts_is_done_by_the_bot(make_bench: MakeBench) -> None:
    """A bot that finishes without a question closes the item as its own."""
    bench = make_bench(plain)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.outcome, item.result, item.attempt, item.touched) == (
        ItemState.DONE,
        Outcome.BY_BOT,
        {"number": "A-1", "amount": 3},
        1,
        False,
    )


def test_the_same_reference_twice_is_one_item(make_bench: MakeBench) -> None:
    """Adding equal data again changes nothing and names the item that is there."""
    bench = make_bench(plain)
    new = NewItem(workflow="work", reference="A-1", payload={"number": "A-1", "amount": 3})
    first, second = bench.engine.submit(new), bench.engine.submit(new)
    assert (first.added, second.added, second.item_id) == (
        Added.NEW,
        Added.MERGED,
        first.item_id,
    )


def test_the_same_reference_with_other_content_goes_to_a_person(make_bench: MakeBench) -> None:
    """Contradicting data is neither dropped nor worked on: a person sees it."""
    bench = make_bench(plain)
    bench.put("A-1", 3)
    bench.put("A-1", 4)
    (review,) = bench.open_reviews()
    assert (review.code, review.shown) == ("known_otherwise", {"number": "A-1", "amount": 4})


def test_a_doubt_waits_for_a_person_and_goes_on_with_the_answer(make_bench: MakeBench) -> None:
    """The corrected data is the result, and the step before the question is not run again."""
    bench = make_bench(doubting)
    item_id = bench.put("A-1", 30)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(amount=7)
    item = bench.until(item_id, ItemState.DONE)
    started = [kind for kind in kinds(bench, item_id) if kind is Kind.STEP_DONE]
    assert (item.outcome, item.result, len(started)) == (
        Outcome.ASSISTED,
        {"number": "A-1", "amount": 7},
        2,
    )


def test_an_answer_given_while_no_worker_runs_is_kept(make_bench: MakeBench) -> None:
    """A parked item occupies no worker: another one resumes it after a restart."""
    bench = make_bench(doubting)
    item_id = bench.put("A-1", 30)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.stop_worker()
    bench.answer(amount=8)
    bench.start_worker()
    assert bench.until(item_id, ItemState.DONE).result == {"number": "A-1", "amount": 8}


def test_only_the_first_answer_counts(make_bench: MakeBench) -> None:
    """A second answer to the same review is refused and changes nothing."""
    bench = make_bench(doubting)
    item_id = bench.put("A-1", 30)
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    (review,) = bench.open_reviews()
    answers = [
        bench.engine.answer(review.number, decision=decision, data=None, note="no", who="ann")
        for decision in (Decision.REJECT, Decision.BY_HAND)
    ]
    assert (answers, bench.item(item_id).outcome) == ([True, False], Outcome.REJECTED)


def test_a_person_can_close_an_item_in_three_ways(make_bench: MakeBench) -> None:
    """Rejecting, returning and doing by hand each close it with their own outcome."""
    bench = make_bench(doubting)
    bench.start_worker()
    found = {}
    for number, decision in enumerate((Decision.REJECT, Decision.RETURN, Decision.BY_HAND)):
        item_id = bench.put(f"A-{number}", 30)
        bench.until(item_id, ItemState.IN_REVIEW)
        bench.answer(decision)
        found[decision] = ends(bench, item_id)
    assert found == {
        Decision.REJECT: (ItemState.REJECTED, Outcome.REJECTED),
        Decision.RETURN: (ItemState.RETURNED, Outcome.RETURNED),
        Decision.BY_HAND: (ItemState.DONE, Outcome.BY_HAND),
    }


def test_a_returned_item_that_comes_again_is_worked_on(make_bench: MakeBench) -> None:
    """The sender's second version takes the place of the one that was sent back."""
    bench = make_bench(doubting)
    bench.start_worker()
    item_id = bench.put("A-1", 30)
    bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(Decision.RETURN)
    bench.put("A-1", 4)
    item = bench.until(item_id, ItemState.DONE)
    assert (item.run_no, item.result) == (2, {"number": "A-1", "amount": 8})


def test_a_failing_system_is_tried_again_by_the_policy(make_bench: MakeBench) -> None:
    """An application exception postpones the item; the attempt after it succeeds."""
    failures = [ApplicationException("down", "the system is down")]

    @bot()
    def shaky(value: Number, run: Run) -> Number:
        def read() -> Number:
            if failures:
                raise failures.pop()
            return value

        return run.step("read", read)

    bench = make_bench(shaky)
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.outcome, item.attempt, item.failures) == (
        ItemState.DONE,
        Outcome.BY_BOT,
        2,
        1,
    )


def test_a_system_that_stays_down_sends_the_item_to_a_person(make_bench: MakeBench) -> None:
    """After the last attempt of the policy a person sees the code of the failure."""

    @bot()
    def broken(value: Number, run: Run) -> None:
        raise ApplicationException("down", "{system} is down", system="ERP")

    bench = make_bench(broken, retry=Retry(attempts=2, wait_s=0.05))
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.reason_code, item.reason, item.attempt) == (
        ItemState.IN_REVIEW,
        "down",
        "ERP is down",
        2,
    )


def test_broken_rules_go_to_a_person_at_once_and_the_corrected_data_is_run(
    make_bench: MakeBench,
) -> None:
    """A business exception is never retried; the answer starts a new run on the new data."""

    @bot()
    def strict(value: Number, run: Run) -> Number:
        if value.amount < 0:
            raise BusinessException("negative", "{amount} < 0", fields=("amount",), amount=-1)
        return value

    bench = make_bench(strict)
    item_id = bench.put("A-1", -1)
    bench.start_worker()
    asked = bench.until(item_id, ItemState.IN_REVIEW)
    bench.answer(amount=1)
    done = bench.until(item_id, ItemState.DONE)
    assert (asked.attempt, done.run_no, done.result) == (1, 2, {"number": "A-1", "amount": 1})


def test_a_fault_of_the_bot_itself_reaches_a_person_without_a_traceback(
    make_bench: MakeBench,
) -> None:
    """An unexpected error is retried and then shown as one sentence; the log has the traceback."""

    @bot()
    def faulty(value: Number, run: Run) -> None:
        run.step("divide", lambda: 1 // value.amount)

    bench = make_bench(faulty, retry=Retry(attempts=1))
    item_id = bench.put("A-1", 0)
    bench.start_worker()
    item = bench.until(item_id)
    with bench.store.read() as db:
        traces = [e.data.get("traceback", "") for e in events.after(db, 0, item_id=item_id)]
    assert (item.reason_code, item.reason, any("ZeroDivisionError" in t for t in traces)) == (
        "bot_error",
        "The bot failed: ZeroDivisionError: integer division or modulo by zero",
        True,
    )


def test_two_items_of_one_group_are_never_at_work_at_once(make_bench: MakeBench) -> None:
    """The second waits until the first is done, however many threads are free."""
    at_work: list[str] = []
    seen: list[int] = []

    @bot()
    def slow(value: Number, run: Run) -> None:
        at_work.append(value.number)
        seen.append(len(at_work))
        run.step("work", lambda: [run.log("at work") for _ in range(20)] and None)
        at_work.remove(value.number)

    bench = make_bench(slow)
    numbers = [bench.put(f"A-{number}", group_key="vendor-7") for number in range(4)]
    bench.start_worker()
    states = [bench.until(number).state for number in numbers]
    assert (states, max(seen)) == ([ItemState.DONE] * 4, 1)


@pytest.mark.parametrize(
    ("group", "at_work"),
    [(None, ["work A-1", "next A-1"]), ("vendors", ["work A-1"])],
)
def test_equal_group_keys_of_two_workflows_count_together_if_those_share_a_group(
    make_bench: MakeBench, group: str | None, at_work: list[str]
) -> None:
    """The second item of a workflow waits in any case."""
    bench = make_bench(plain)
    for name, workflow in bench.engine.core.workflows.items():
        keys = {"group_key": "amount", "group": group}
        bench.engine.core.workflows[name] = workflow.model_copy(update=keys)
    numbers = [bench.put(f"A-{n}", 7, name) for n in (1, 2) for name in ("work", "next")]
    found = [
        reserve(
            bench.engine.core,
            number,
            worker="w",
            run_no=1,
            full=lambda: False,
            begin=lambda _writing, item, _taken_over: f"{item.workflow} {item.reference}",
        )
        for number in numbers
    ]
    assert [name for name in found if name] == at_work


def test_a_workflow_hands_its_result_on_as_an_item_of_the_next(make_bench: MakeBench) -> None:
    """A submit step adds a child item with the result as its payload."""
    bench = make_bench(plain, steps=[Step(bot="plain"), Step(submit="next")])
    item_id = bench.put("A-1", 5)
    bench.start_worker()
    bench.until(item_id)
    with bench.store.read() as db:
        (child,) = items.children(db, item_id)
    done = bench.until(child.id)
    assert (done.workflow, done.reference, done.outcome, done.result) == (
        "next",
        "A-1",
        Outcome.BY_BOT,
        {"number": "A-1", "amount": 5},
    )


def test_the_due_instant_goes_with_the_result_to_the_next_workflow(make_bench: MakeBench) -> None:
    """The due time of the first item also applies to the items it causes."""
    bench = make_bench(plain, steps=[Step(bot="plain"), Step(submit="next")])
    due = clock.from_ms(clock.to_ms(clock.now() + timedelta(hours=3)))
    first = bench.put("A-1", 5, due=due)
    bench.start_worker()
    bench.until(first)
    with bench.store.read() as db:
        (child,) = items.children(db, first)
    assert bench.item(child.id).due == due


def test_a_nearer_deadline_of_the_next_workflow_holds(make_bench: MakeBench) -> None:
    """The due instant of the parent puts none off."""
    bench = make_bench(plain, steps=[Step(bot="plain"), Step(submit="next")])
    nearer = {"deadline": Deadline(due_s=3600)}
    bench.engine.core.workflows["next"] = bench.engine.core.workflows["next"].model_copy(
        update=nearer
    )
    first = bench.put("A-1", 5, due=clock.now() + timedelta(hours=3))
    bench.start_worker()
    bench.until(first)
    with bench.store.read() as db:
        (child,) = items.children(db, first)
    found = bench.item(child.id)
    assert found.due == found.arrived + timedelta(hours=1)


def test_the_log_file_of_a_run_holds_the_events_of_the_store(make_bench: MakeBench) -> None:
    """Each event of a run is one JSON line, in the order and with the numbers of the store."""
    bench = make_bench(doubting)
    item_id = bench.put("A-1", 3)
    bench.start_worker()
    item = bench.until(item_id)
    bench.stop_worker()
    with bench.store.read() as db:
        stored = [(e.number, e.kind) for e in events.after(db, 0, run_id=item.run_id)]
    lines = (bench.logs / "runs" / f"{item.run_id}.jsonl").read_text("utf-8").splitlines()
    assert [(line["number"], line["kind"]) for line in map(json.loads, lines)] == stored


def test_no_secret_reaches_the_log(make_bench: MakeBench) -> None:
    """A target's password is masked in messages and data, in the store and in the files."""

    @bot()
    def careless(value: Number, run: Run) -> None:
        run.log(f"logging in with {SECRET}", password=SECRET)

    bench = make_bench(careless)
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id)
    bench.stop_worker()
    files = "".join(file.read_text("utf-8") for file in bench.logs.rglob("*.jsonl"))
    with bench.store.read() as db:
        stored = str(events.after(db, 0))
    assert [SECRET in files, SECRET in stored, "•••" in files] == [False, False, True]
