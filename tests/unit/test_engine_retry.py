"""When an item is tried again: by reason code, with jitter, until an instant, and poison items."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clerkwork import ApplicationException, Run, bot, clock
from clerkwork.model.work.items import ItemState, WorkItem
from clerkwork.model.work.retry import Retry
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import MakeBench, Number


def test_each_code_has_its_own_rule(make_bench: MakeBench) -> None:
    """One code is given up at once, the other is tried as often as its rule says."""
    calls: list[str] = []

    @bot()
    def failing(value: Number, run: Run) -> None:
        calls.append(value.number)
        raise ApplicationException(value.number, "the system is down")

    rule = {"attempts": 3, "wait_s": 0.05}
    bench = make_bench(
        failing, retry=Retry.model_validate({"attempts": 1, "by_code": {"busy": rule}})
    )
    numbers = [bench.put(name) for name in ("busy", "down")]
    bench.start_worker()
    for number in numbers:
        bench.until(number, ItemState.IN_REVIEW)
    assert sorted(calls) == ["busy", "busy", "busy", "down"]


def test_wait_that_no_clock_can_add_ends_with_a_person(make_bench: MakeBench) -> None:
    """A failure after the bot's return does not restart the item for ever."""

    @bot()
    def failing(value: Number, run: Run) -> None:
        raise ApplicationException("down", "the system is down")

    endless = Retry.model_construct(attempts=3, wait_s=1e300, longest_s=1e300)  # no file may
    bench = make_bench(failing, retry=endless)
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id)
    assert (item.state, item.reason_code, item.attempt) == (ItemState.IN_REVIEW, "end_failed", 1)


def test_waits_grow_up_to_the_longest() -> None:
    """Each is the backoff times the one before; the last attempt has none."""
    rule = Retry(attempts=5, wait_s=2, backoff=3, longest_s=20)
    assert [rule.wait_after(failures) for failures in range(1, 6)] == [2, 6, 18, 20, None]


def test_jitter_spreads_items_and_is_the_same_each_time() -> None:
    """Ten items wait ten different times, all within the jitter, and equal when asked again."""
    rule = Retry(wait_s=100, jitter=0.2)
    waits = [rule.wait_after(1, str(number)) for number in range(10)]
    again = [rule.wait_after(1, str(number)) for number in range(10)]
    assert (len(set(waits)), waits == again, all(80 <= wait <= 120 for wait in waits if wait)) == (
        10,
        True,
        True,
    )


def test_no_wait_is_longer_than_the_longest() -> None:
    """Jitter makes a wait longer, but not longer than that."""
    rule = Retry(wait_s=100, longest_s=100, jitter=1)
    waits = [rule.wait_after(1, str(number)) or 0 for number in range(100)]
    assert max(waits) == 100


@pytest.mark.parametrize(
    ("keys", "gives_up"),
    [
        ({}, False),
        ({"until_due": True}, True),
        ({"until_s": 10}, True),
        ({"until_s": 100}, False),
    ],
)
def test_no_attempt_starts_after_its_limit(
    make_bench: MakeBench, keys: dict[str, Any], gives_up: bool
) -> None:
    """A wait of 30 seconds is too long for an item that is due in 20 or may wait 10."""

    @bot()
    def idle(value: Number, run: Run) -> None:
        """Do nothing."""

    bench = make_bench(idle)
    now = clock.now()
    item: WorkItem = replace(
        bench.item(bench.put("A-1")), arrived=now, due=now + timedelta(seconds=20)
    )
    rule = Retry.model_validate({"wait_s": 30, **keys})
    assert (rule.next_attempt(item, now) is None) == gives_up


@pytest.mark.parametrize(
    ("counter", "code", "sentence"),
    [
        (
            "takeovers",
            "worker_died",
            "The worker died 3 times while running this item, the last time in deadly: one.",
        ),
        (
            "breaks",
            "broke_off",
            "The execution of this item broke off 3 times, the last time in deadly: one, with an "
            "error outside of its bot; see logs/errors.log of the worker.",
        ),
    ],
)
def test_item_that_ends_its_executions_too_often_goes_to_a_person(
    make_bench: MakeBench, counter: str, code: str, sentence: str
) -> None:
    """The sentence says what happened, how often, and in which step the last time."""

    @bot()
    def deadly(value: Number, run: Run) -> None:
        run.step("one", lambda: None)
        raise ApplicationException("again", "once more")

    bench = make_bench(deadly, retry=Retry(attempts=2, wait_s=0.05, takeovers=2))
    item_id = bench.put("A-1")
    with bench.store.write() as db:
        db.execute(item_table.update().values({counter: 2}))
    bench.start_worker()
    bench.until(item_id, ItemState.POSTPONED)
    with bench.store.write() as db:
        db.execute(item_table.update().values({counter: 3}))
    item = bench.until(item_id)
    assert (item.reason_code, item.reason) == (code, sentence)
