"""The time limit of an attempt: what takes longer is stopped, and its place is free again."""

import os
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clerkwork import ApplicationException, Run, bot
from clerkwork.children import Child
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.retry import Retry
from clerkwork.model.work.time_limit import TimeLimit, acquired
from clerkwork.processes import family
from clerkwork.store.runs import events
from tests import limited_bots
from tests.fixtures_engine import Bench, MakeBench

ONCE = Retry(attempts=1)


def local_function() -> Callable[[limited_bots.Order, Run], None]:
    def inner(order: limited_bots.Order, run: Run) -> None:
        """Stand where no other process finds it."""

    return inner


class FolderBrowser:
    """Calls a page function in a child process, as the browser does."""

    def __init__(self) -> None:
        self._child = Child("browser", memory_mb=500)

    def call(
        self, _target: Any, function: Any, *arguments: Any, on_message: Any, **_: object
    ) -> Any:
        longest = timedelta(seconds=60)
        return self._child.call(
            limited_bots.visit, function, *arguments, timeout=longest, on_message=on_message
        )

    def close(self) -> None:
        self._child.close()


@pytest.fixture
def store_url() -> str:
    """Return the address of a file: what is tested here is the same with every store."""
    return "sqlite:///store.db"


def put(bench: Bench, number: str, amount: int = 0) -> int:
    folder = bench.logs.parent / "target"
    folder.mkdir(exist_ok=True)
    order = limited_bots.Order(number=number, folder=folder, amount=amount)
    new = NewItem(workflow="work", reference=number, payload=order.model_dump(mode="json"))
    return bench.engine.submit(new).item_id


def log_of(bench: Bench, *kinds: Kind) -> list[tuple[str, dict[str, Any]]]:
    with bench.store.read() as db:
        found = events.after(db, 0, limit=1000)
    return [(event.message, event.data) for event in found if event.kind in kinds]


def test_a_bot_without_a_limit_runs_in_the_worker(make_bench: MakeBench) -> None:
    """It costs no process."""
    bench = make_bench(limited_bots.unlimited)
    bench.start_worker()
    assert bench.until(put(bench, "1")).result == {"number": str(os.getpid()), "amount": 0}


@pytest.mark.parametrize("how", limited_bots.HUNG)
def test_a_hung_step_is_stopped_and_the_next_item_goes_on(how: str, make_bench: MakeBench) -> None:
    """Its process is killed; the review names the step and the limit."""
    bench = make_bench(limited_bots.hanging, retry=ONCE)
    hung, following = put(bench, how), put(bench, "next")
    bench.start_worker(concurrency=1)
    ends = [bench.until(hung).state, bench.until(following).state]
    pid = int((bench.logs.parent / "target" / "pid").read_text())
    (review,) = bench.open_reviews()
    assert (ends, review.code, review.facts, pid in family(os.getpid())) == (
        [ItemState.IN_REVIEW, ItemState.DONE],
        "timeout",
        {"step": "hanging: hang", "limit": "1", "bot": "hanging"},
        False,
    )


def test_a_bot_that_hangs_between_two_steps_is_stopped(make_bench: MakeBench) -> None:
    """The limit is for the attempt and not for its steps alone."""
    bench = make_bench(limited_bots.hanging_between, retry=ONCE)
    item_id = put(bench, "1")
    bench.start_worker()
    assert (bench.until(item_id).state, bench.open_reviews()[0].facts) == (
        ItemState.IN_REVIEW,
        {"limit": "1", "bot": "hanging_between"},
    )


def test_an_attempt_that_was_stopped_is_tried_again(make_bench: MakeBench) -> None:
    """Finished steps return their stored results, and the time limit restarts."""
    bench = make_bench(limited_bots.hanging_once)
    item_id = put(bench, "1")
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.attempt, item.result) == (
        ItemState.DONE,
        2,
        {"number": "0", "amount": 0},
    )


def test_an_effect_that_was_stopped_is_looked_up_and_not_entered_again(
    make_bench: MakeBench,
) -> None:
    """As after a crash: the quiet period, the lookup, and the record that it finds."""
    bench = make_bench(limited_bots.entering)
    item_id = put(bench, "A-1")
    bench.start_worker(browser=FolderBrowser())
    item = bench.until(item_id)
    records = list((bench.logs.parent / "target").glob("*.record"))
    effects = (Kind.EFFECT_SENT, Kind.EFFECT_FOUND, Kind.EFFECT_CONFIRMED)
    said = [message for message, _ in log_of(bench, *effects)]
    assert (item.state, len(records), said) == (
        ItemState.DONE,
        1,
        ["submits {key} in {target}", "{key} is already in {target} as {confirmation}"],
    )


def test_a_run_is_the_same_in_a_process_of_its_own(make_bench: MakeBench) -> None:
    """Steps may be any function; notes reach the run log; a doubt waits for its answer."""
    bench = make_bench(limited_bots.talking)
    item_id = put(bench, "1", amount=10)
    bench.start_worker()
    bench.until(item_id)
    bench.answer(amount=3)
    item = bench.until(item_id, ItemState.DONE)
    attached = [data["name"] for _, data in log_of(bench, Kind.ATTACHED)]
    assert (item.result, log_of(bench, Kind.NOTE), attached) == (
        {"number": "1", "amount": 4},
        [
            ("{what} is at work", {"what": "1"}),
            ("{what} is at work", {"what": "1"}),
            ("adding within the step", {}),
        ],
        ["note.txt"],
    )


@pytest.mark.parametrize(
    ("number", "code", "text"),
    [("rule", "refused", "No."), ("bug", "bot_error", "The bot failed: KeyError: 'nothing'")],
)
def test_errors_keep_their_meaning(
    number: str, code: str, text: str, make_bench: MakeBench
) -> None:
    """A business exception and a bug are classified as in the worker."""
    bench = make_bench(limited_bots.failing, retry=ONCE)
    item_id = put(bench, number)
    bench.start_worker()
    item = bench.until(item_id)
    assert (bench.open_reviews()[0].code, item.reason) == (code, text)


def test_the_traceback_of_a_bug_is_that_of_the_bot(make_bench: MakeBench) -> None:
    """It names the line in the bot, and not the one that waited for the process."""
    bench = make_bench(limited_bots.failing, retry=ONCE)
    item_id = put(bench, "bug")
    bench.start_worker()
    bench.until(item_id)
    traces = [data.get("traceback", "") for _, data in log_of(bench, Kind.EXCEPTION)]
    assert '{}["nothing"]' in traces[0]


def test_what_cannot_be_sent_is_one_sentence(make_bench: MakeBench) -> None:
    """It says what to write instead."""
    bench = make_bench(limited_bots.sending_what_cannot_be_sent, retry=ONCE)
    item_id = put(bench, "1")
    bench.start_worker()
    assert "defined at the top level of a module" in (bench.until(item_id).reason or "")


def test_a_bot_that_its_process_could_not_find_is_refused() -> None:
    """`clerkwork check` names it, because it cannot be imported."""
    with pytest.raises(TypeError, match="at the top level of a module"):
        bot(timeout_s=1)(local_function())


def test_waiting_for_a_process_that_another_item_uses_ends_in_time() -> None:
    """The browser's own limits begin only when it is free."""
    used = threading.Lock()
    with (
        used,
        TimeLimit("waiting", timedelta(milliseconds=20)).applied(),
        pytest.raises(ApplicationException, match="timeout_s"),
        acquired(used),
    ):
        raise AssertionError("it is in use")


@pytest.mark.parametrize("seconds", [0, -1, float("inf"), float("nan")])
def test_a_limit_that_is_none_is_refused(seconds: float) -> None:
    """To have no limit, leave the key out."""
    with pytest.raises(ValueError, match="above 0"):
        bot(timeout_s=seconds)(limited_bots.hanging.function)
