"""When targets are left alone: freeze windows, a person's stop, the breaker, places at a login."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from clerkwork import ApplicationException, Run, bot, clock
from clerkwork.config.files.calendars import SHIPPED, read_calendars
from clerkwork.engine import target_gate
from clerkwork.engine.runs.reserve import put_off
from clerkwork.model.orders import Receipt
from clerkwork.model.project.target_gates import Breaker, FreezeWindow, frozen_until
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, NewItem, WorkItem
from clerkwork.model.work.retry import Retry
from clerkwork.store import targets
from clerkwork.store.database import Store
from clerkwork.store.items import items, login_slots, transitions
from clerkwork.store.runs import events
from tests.fixtures_engine import Bench, MakeBench, Number
from tests.fixtures_project import until
from tests.unit.test_store_races import race

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
NIGHT = FreezeWindow(begin="22:00", end="05:30", timezone="Asia/Shanghai", reason="backup")
SUNDAYS = FreezeWindow(begin="00:00", end="00:00", weekdays=["sun"])
YEAR_END = FreezeWindow(
    begin="18:00", end="08:00", first_day="2026-12-30", last_day="2026-12-31", timezone="UTC"
)
DAYS_OFF = FreezeWindow(
    begin="00:00", end="00:00", timezone="Asia/Shanghai", calendar="china", only_on="days_off"
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("window", "now", "end"),
    [
        (NIGHT, "2026-11-23T13:59", None),
        (NIGHT, "2026-11-23T14:00", "2026-11-23T21:30"),
        (NIGHT, "2026-11-23T21:29", "2026-11-23T21:30"),
        (NIGHT, "2026-11-23T21:30", None),
        (SUNDAYS, "2026-11-22T12:00", "2026-11-23T00:00"),
        (SUNDAYS, "2026-11-23T00:00", None),
        (YEAR_END, "2026-12-29T20:00", None),
        (YEAR_END, "2027-01-01T07:00", "2027-01-01T08:00"),
        (DAYS_OFF, "2026-10-02T02:00", "2026-10-07T16:00"),
        (DAYS_OFF, "2026-10-10T02:00", None),
    ],
)
def test_a_target_is_frozen_in_its_windows_alone(
    window: FreezeWindow, now: str, end: str | None
) -> None:
    """Local times, days, dates and calendars count; windows that meet end with the last."""
    calendars, _ = read_calendars(SHIPPED)
    found = frozen_until([window], at(now), calendars)
    assert found == (None if end is None else (at(end), window.reason))


@pytest.mark.parametrize(
    "wrong",
    [
        {"calendar": "china"},
        {"only_on": "workdays"},
        {"timezone": "Mars/Olympus"},
        {"begin": "9:00"},
        {"first_day": "2026-12-31", "last_day": "2026-12-30"},
    ],
)
def test_a_freeze_window_that_does_not_fit_together_is_refused(wrong: dict[str, str]) -> None:
    """A window that never counts would be worse than none."""
    with pytest.raises(ValueError, match="validation error"):
        FreezeWindow.model_validate({"begin": "22:00", "end": "05:30", **wrong})


@dataclass
class Erp:
    """A target that answers or does not, and counts who is in it.

    Attributes:
        failures: So many further calls fail.
        pair: Set once two calls were in it at once; until then each waits for a second one.
    """

    failures: int = 0
    calls: int = 0
    inside: int = 0
    most: int = 0
    pair: threading.Event | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def find(self, _screen: Any, value: Number) -> list[Receipt]:
        with self.lock:
            self.calls += 1
            if self.failures:
                self.failures -= 1
                raise ApplicationException("target_unreachable", "The target does not answer.")
            self.inside += 1
            self.most = max(self.most, self.inside)
        if self.pair is not None:
            if self.most == 2:
                self.pair.set()
            self.pair.wait(20)
        with self.lock:
            self.inside -= 1
        return [Receipt(confirmation="C", reference=value.number)]


def bench_with(make_bench: MakeBench, erp: Erp, **target: Any) -> Bench:
    @bot(target="erp")
    def enter(value: Number, run: Run) -> Receipt:
        """Enter the number."""
        return run.effect("enter", value, key="number", find=erp.find, do=erp.find)

    bench: Bench = make_bench(enter, retry=Retry(attempts=50, wait_s=0.05, backoff=1))
    known = bench.engine.core.targets["erp"]
    bench.engine.core.targets["erp"] = known.model_copy(update=target)
    return bench


def said(bench: Bench, kind: Kind) -> list[str]:
    with bench.store.read() as db:
        return [event.message for event in events.after(db, 0) if event.kind is kind]


def test_an_item_of_a_frozen_target_is_postponed_to_its_end_and_not_attempted(
    make_bench: MakeBench,
) -> None:
    """No attempt counts, the target is not called, and the run log says it once."""
    erp = Erp()
    bench = bench_with(make_bench, erp, freeze=[FreezeWindow(begin="00:00", end="00:00")])
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id, ItemState.POSTPONED)
    told = until(lambda: said(bench, Kind.POSTPONED), "the run log says it")
    assert (item.reason_code, item.attempt, erp.calls, told) == (
        "target_frozen",
        0,
        0,
        ["The target {target} is frozen until {until}: {why}"],
    )


def test_a_target_paused_by_a_person_is_left_alone_until_resumed(
    make_bench: MakeBench,
) -> None:
    """Its items wait without an attempt, and continue at once when it is resumed."""
    bench = bench_with(make_bench, Erp())
    target_gate.hold(bench.engine.core, "erp", who="ann", why="month-end")
    item_id = bench.put("A-1")
    bench.start_worker()
    held = bench.until(item_id, ItemState.POSTPONED)
    released = target_gate.release(bench.engine.core, "erp", who="ann", why="closed")
    done = bench.until(item_id, ItemState.DONE)
    assert (held.reason_code, held.attempt, held.reason, released, done.attempt) == (
        "target_held",
        0,
        "ann paused the target erp: month-end",
        True,
        1,
    )


def test_an_item_postponed_after_its_target_was_resumed_is_due_at_once(
    make_bench: MakeBench,
) -> None:
    """Between what kept it was found and was noted, a person let the target go."""
    bench = bench_with(make_bench, Erp())
    target_gate.hold(bench.engine.core, "erp", who="ann", why="month-end")
    item_id, target = bench.put("A-1"), bench.engine.core.targets["erp"]
    with bench.store.read() as db:
        found = target_gate.obstacle(bench.engine.core, db, target, clock.now())
    target_gate.release(bench.engine.core, "erp", who="ann", why="closed")
    assert found is not None
    put_off(bench.engine.core, item_id, None, found)
    item = bench.item(item_id)
    assert item.not_before is not None
    assert (item.state, item.not_before <= clock.now()) == (ItemState.POSTPONED, True)


def test_items_that_come_to_a_failing_target_are_not_attempted(make_bench: MakeBench) -> None:
    """Two failures open the breaker; a person who closes it lets all of them go on."""
    erp = Erp(failures=2)
    bench = bench_with(make_bench, erp, breaker=Breaker(failures=2, cool_down_s=3600))
    first = bench.put("A-0")
    bench.start_worker(concurrency=1)
    until(lambda: said(bench, Kind.TARGET), "the breaker opens")
    others = [bench.put(f"A-{number}") for number in range(1, 4)]
    waiting = [bench.until(item_id, ItemState.POSTPONED) for item_id in others]
    target_gate.release(bench.engine.core, "erp", who="ann", why="repaired")
    done = [bench.until(item_id, ItemState.DONE) for item_id in [first, *others]]
    assert (
        {(item.reason_code, item.attempt) for item in waiting},
        [item.attempt for item in done],
        said(bench, Kind.TARGET),
    ) == (
        {("breaker_open", 0)},
        [3, 1, 1, 1],
        [
            "{target} failed {times} times in a row and is not used until {until}: {why}",
            "{who} resumed the target {target}: {why}",
        ],
    )


def test_a_failing_target_is_tried_after_the_cool_down_until_it_works(
    make_bench: MakeBench,
) -> None:
    """One item tries it, fails, and a later trial closes the breaker for all."""
    bench = bench_with(make_bench, Erp(failures=4), breaker=Breaker(failures=2, cool_down_s=0.3))
    numbers = [bench.put(f"A-{number}") for number in range(3)]
    bench.start_worker(concurrency=1)
    states = {bench.until(item_id).state for item_id in numbers}
    closed = until(lambda: said(bench, Kind.TARGET)[3:], "the breaker closes")
    assert (states, closed) == ({ItemState.DONE}, ["{target} works again; its items resume."])


def test_one_item_goes_through_an_open_breaker_whose_time_is_over(make_bench: MakeBench) -> None:
    """The others wait for its result, even if they came at the same moment."""
    bench = bench_with(make_bench, Erp(), breaker=Breaker(failures=1, cool_down_s=3600))
    target, past = bench.engine.core.targets["erp"], NOW - timedelta(days=1)
    numbers = [bench.put(f"A-{number}") for number in range(2)]
    with bench.store.write() as db:
        targets.know(db, "erp", now=past)
        targets.count_failure(db, "erp", limit=1, until=past, reason="down", now=past)
        found = [
            target_gate.enter(bench.engine.core, db, target, bench.item(number))
            for number in numbers
        ]
    assert [obstacle and obstacle.code for obstacle in found] == [None, "breaker_open"]


@pytest.mark.parametrize("code", ["child_memory", "egress_refused"])
def test_what_our_own_browser_breaks_does_not_open_the_breaker(
    make_bench: MakeBench, code: str
) -> None:
    """A host without memory must not stop all others."""
    erp = Erp()
    bench = bench_with(make_bench, erp, breaker=Breaker(failures=1, cool_down_s=600))
    target = bench.engine.core.targets["erp"]
    with (
        pytest.raises(ApplicationException),
        target_gate.watched(bench.engine.core, target),
    ):
        raise ApplicationException(code, "Too large.")
    item_id = bench.put("A-1")
    bench.start_worker()
    assert bench.until(item_id).state is ItemState.DONE


def test_no_more_items_than_places_are_at_work_at_a_login(make_bench: MakeBench) -> None:
    """A worker with room for four works on two; none fails for it."""
    erp = Erp(pair=threading.Event())
    bench = bench_with(make_bench, erp, limit=2)
    numbers = [bench.put(f"A-{number}") for number in range(6)]
    bench.start_worker(concurrency=4)
    done = [bench.until(item_id, ItemState.DONE) for item_id in numbers]
    assert (erp.most, {item.attempt for item in done}) == (2, {1})


def reserved(store: Store, number: int, places: int) -> bool:
    """Reserve an item with a place at the login; False when there is none."""
    with store.write() as db:
        new = NewItem(workflow="work", reference=f"A-{number}", payload={})
        items.add(db, new, queue="q", digest="d", state=ItemState.WAITING, now=NOW)
        found = items.find(db, "work", f"A-{number}")
        assert found is not None
        item = transitions.reserve(db, found[0].id, worker=f"w{number}", now=NOW)
        assert item is not None
        return login_slots.take(db, "clerk@erp", item, limit=places, now=NOW)


def test_of_many_hosts_as_many_get_a_place_as_there_are(store: Store) -> None:
    """The database decides, however close they come; nobody takes a place twice."""
    reserved(store, 100, 1)
    with store.write() as db:  # the first place was used before, the others never
        transitions.complete(db, 1, 1, result=None, now=NOW)
    found = race(store, _take)
    with store.read() as db:
        taken = login_slots.holders(db, "clerk@erp", now=NOW)
    assert (sum(map(bool, found)), taken <= 3, taken >= 1) == (taken, True, True)


def _take(db: Any, number: int) -> bool:
    new = NewItem(workflow="work", reference=f"B-{number}", payload={})
    item_id = items.add(db, new, queue="q", digest="d", state=ItemState.WAITING, now=NOW)
    item = transitions.reserve(db, item_id or 0, worker=f"w{number}", now=NOW)
    assert item is not None
    return login_slots.take(db, "clerk@erp", item, limit=3, now=NOW)


def test_a_dead_workers_place_goes_with_its_item(store: Store) -> None:
    """The worker that takes over the item has the place; an item that ends frees it."""
    reserved(store, 1, 1)
    refused = not reserved(store, 2, 1)
    with store.write() as db:
        again: WorkItem | None = transitions.reserve(db, 1, worker="second", now=NOW)
        assert again is not None
        kept = login_slots.take(db, "clerk@erp", again, limit=1, now=NOW)
        transitions.complete(db, 1, again.attempt, result=None, now=NOW + timedelta(seconds=1))
        left = login_slots.holders(db, "clerk@erp", now=NOW)
    assert (refused, kept, left, reserved(store, 3, 1)) == (True, True, 0, True)
