"""After the wall clock was set, every wait restarts: none ends early and none lasts longer."""

import itertools
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from clerkwork import Run, bot, clock
from clerkwork.engine import clock_guard
from clerkwork.engine.clock_guard import ClockGuard
from clerkwork.engine.sweep.sweep import Sweep
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.store.database import Store
from clerkwork.store.instants import Milestone, reach, reached
from clerkwork.store.items import items, transitions
from clerkwork.store.runs import workers
from clerkwork.store.schema import worker
from tests.fixtures_engine import MakeBench, Number

HOUR = timedelta(hours=1)


@bot()
def idle(value: Number, _run: Run) -> Number:
    """Do nothing."""
    return value


class Hands:
    """The wall clock, moved by hand."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def now(self) -> datetime:
        return clock.from_ms(0) + clock.monotonic() + 1000 * HOUR + self.ahead


@pytest.fixture
def hands(monkeypatch: pytest.MonkeyPatch) -> Hands:
    hands = Hands()
    monkeypatch.setattr(clock_guard.clock, "now", hands.now)  # type: ignore[attr-defined]  # dynamic
    return hands


def noted(store: Store) -> datetime | None:
    with store.read() as db:
        return reached(db, Milestone.CLOCK_SET)


@pytest.mark.parametrize("step", [-HOUR, 2 * HOUR, timedelta(seconds=5)])
def test_a_step_is_noted_whichever_way_it_goes(store: Store, hands: Hands, step) -> None:
    """A check before it and one after it are enough."""
    guard = ClockGuard(store)
    guard.check()
    before, hands.ahead = noted(store), step
    guard.check()
    after = noted(store)
    assert (before, after is not None and hands.now() - after < HOUR / 2) == (None, True)


def test_a_step_that_no_process_lived_through_is_noted(store: Store, hands: Hands) -> None:
    """The worker died, the clock was set, and another one starts."""
    booted = ClockGuard(store).check()
    with store.write() as db:
        host = clock_guard.socket.gethostname()  # type: ignore[attr-defined]  # dynamic
        workers.register(db, "dead", host=host, pid=1, now=hands.now(), booted=booted)
    ClockGuard(store).check()
    before, hands.ahead = noted(store), HOUR
    ClockGuard(store).check()
    assert (before, noted(store) is not None) == (None, True)


def test_a_short_wait_stays_short_when_the_clock_is_set_back(store: Store, hands: Hands) -> None:
    """An item that was to wait for a minute does not wait for an hour and a minute."""
    guard, minute = ClockGuard(store), timedelta(minutes=1)
    hands.ahead = HOUR
    guard.check()
    with store.write() as db:
        new = NewItem(workflow="work", reference="PO-1", payload={}, priority=1)
        state, now = ItemState.WAITING, hands.now()
        number = items.add(db, new, queue="erp", digest="", state=state, now=now, warn=None)
        assert number is not None
        until = now + minute
        transitions.defer(db, number, not_before=until, code="busy", reason="its group is", now=now)
    hands.ahead = timedelta()
    guard.check()
    with store.read() as db:
        item = items.get(db, number)
    assert item is not None
    assert item.not_before is not None
    assert timedelta() < item.not_before - hands.now() <= minute


def test_step_noted_by_a_clock_ahead_is_noted_again_when_it_is_right(
    store: Store, hands: Hands
) -> None:
    """A step noted in the future would prolong every quiet period until then."""
    guard = ClockGuard(store)
    with store.write() as db:
        reach(db, Milestone.CLOCK_SET, now=hands.now() + HOUR)
    before = hands.now()
    last = guard.last_set()
    assert last is not None
    assert before <= last <= hands.now()
    assert noted(store) == clock.from_ms(clock.to_ms(last))


def test_sign_of_life_is_of_one_clock(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A clock that is set between its two instants makes no host seem older than it is."""
    engine = make_bench(idle).engine
    calls = itertools.count()
    start = clock.now()
    monkeypatch.setattr(clock, "now", lambda: start + HOUR * next(calls))
    Sweep(engine, "w", lease=HOUR).beat()
    own_time = clock.monotonic()
    with engine.core.store.read() as db:
        row = db.execute(sa.select(worker.c.beat_ms - worker.c.booted_ms)).scalar_one()
    assert abs(row / 1000 - own_time.total_seconds()) < HOUR.total_seconds() / 2
