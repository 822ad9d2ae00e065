"""The schedule clock on a real store: every due instant is run once, and none goes unrecorded."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apscheduler.jobstores.memory import MemoryJobStore

from clerkwork import clock
from clerkwork.config.files.calendars import load_calendars
from clerkwork.engine.schedule.planned_runs import calls_on
from clerkwork.engine.schedule.schedule_clock import Calls, ScheduleClock
from clerkwork.model.project.workflows import Schedule
from clerkwork.model.work.schedules import PlannedRun, PlannedState
from clerkwork.store.database import Store, open_store
from clerkwork.store.runs import planned_runs

PATIENCE = timedelta(seconds=20)
PAUSE = threading.Event()  # never set: gives the processor away between two looks
NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)


class Hands:
    """Both clocks of a process, moved by hand."""

    def __init__(self) -> None:
        self.wall = NOON
        self.since_start = timedelta()

    def now(self) -> datetime:
        return self.wall

    def monotonic(self) -> timedelta:
        return self.since_start


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store("sqlite:///store.db", tmp_path)
    yield store
    store.close()


def calls(store: Store, work: Callable[[str], int], worker: str = "w", **more: Any) -> Calls:
    made = calls_on(store, worker, work=work, report=pytest.fail, blocked=lambda *_: None)
    return replace(made, **more)


def rows(store: Store) -> list[PlannedRun]:
    with store.read() as db:
        return planned_runs.list_recent(db)[::-1]


def seen(store: Store) -> list[tuple[str, PlannedState, int, str]]:
    return [(f"{row.planned:%d %H:%M:%S}", row.state, row.items, row.reason) for row in rows(store)]


def until(condition: Callable[[], Any]) -> None:
    deadline = clock.monotonic() + PATIENCE
    while not condition():
        assert clock.monotonic() < deadline
        PAUSE.wait(0.02)


def test_two_clocks_on_one_store_run_each_instant_once(store):
    """Nobody has to choose which process is the leader."""
    ran: Counter[str] = Counter()
    clocks = []
    for worker in ("a", "b"):
        made = calls(store, lambda _: ran.update(["x"]) or 3, worker)
        clocks.append(ScheduleClock({"orders": Schedule(every_s=0.2)}, made))
    for made in clocks:
        made.start()  # type: ignore[attr-defined]  # dynamic
    until(lambda: len(rows(store)) >= 8)
    for made in clocks:
        made.stop()  # type: ignore[attr-defined]  # dynamic
    found = rows(store)
    fired = [row for row in found if row.state is not PlannedState.MERGED]
    assert ran["x"] == len(fired)
    assert {row.planned.microsecond % 200_000 for row in found} == {0}
    assert {(row.state, row.items) for row in fired} == {(PlannedState.RAN, 3)}


def test_a_failure_of_the_work_blocks_its_row_and_the_clock_lives_on(store):
    """One locked folder must not end the automation of the day."""
    failures = [OSError("the share is away"), None]

    def work(_name: str) -> int:
        if failure := failures.pop(0) if failures else None:
            raise failure
        return 1

    made = ScheduleClock({"orders": Schedule(every_s=0.2)}, calls(store, work))
    made.start()
    until(lambda: {row.state for row in rows(store)} >= {PlannedState.BLOCKED, PlannedState.RAN})
    made.stop()
    (blocked,) = [row for row in rows(store) if row.state is PlannedState.BLOCKED]
    assert blocked.reason == "OSError: the share is away"


def test_a_run_says_what_it_left_for_the_next_one(store):
    """The row has it, so that `schedule explain` can show it."""
    made = calls(store, lambda _: 2, left=lambda name: f"{name}: one file is written to")
    ScheduleClock({"w": Schedule(every_s=3600)}, made, now=lambda: NOON).fire("w", NOON)
    assert [row.reason for row in rows(store)] == ["w: one file is written to"]


def test_instants_that_came_while_the_work_was_busy_are_merged_into_the_next(store):
    """A slow scan is never run twice at once, and what it skipped is recorded."""
    first = threading.Event()
    running = Counter[str]()

    def work(_name: str) -> int:
        running.update(["now"])
        assert running["now"] == 1
        if not first.is_set():
            first.wait(0.9)
            first.set()
        running.subtract(["now"])
        return 0

    made = ScheduleClock({"orders": Schedule(every_s=0.2)}, calls(store, work))
    made.start()
    until(lambda: PlannedState.MERGED in {row.state for row in rows(store)})
    made.stop()
    assert {row.state for row in rows(store)} == {PlannedState.RAN, PlannedState.MERGED}


def test_missed_instants_become_one_late_run_and_a_row_each(store):
    """The process was down for three hours of an hourly schedule."""
    hands = Hands()
    made = calls(store, lambda _: 7)
    made.claim("hourly", NOON - timedelta(hours=4))
    hands.wall = NOON + timedelta(minutes=5)
    clocked = ScheduleClock({"hourly": Schedule(cron="0 * * * *")}, made, now=hands.now)
    clocked.fire("hourly", NOON)
    assert seen(store)[1:] == [
        *(
            (f"02 {hour:02}:00:00", "merged", 0, "merged into the run of 2026-11-02 12:00:00 UTC")
            for hour in (9, 10, 11)
        ),
        ("02 12:00:00", "late", 7, "started 300 s after it was due"),
    ]


def test_missed_instants_of_a_fast_schedule_become_one_row(store):
    """A night of downtime at one look per two seconds is one sentence and not 20 000 rows."""
    hands = Hands()
    made = calls(store, lambda _: 0)
    made.claim("fast", NOON - timedelta(hours=8))
    ScheduleClock({"fast": Schedule(every_s=2)}, made, now=hands.now).fire("fast", NOON)
    assert seen(store)[1:] == [
        (
            "02 04:00:02",
            "merged",
            0,
            "all instants from 2026-11-02 04:00:02 UTC on "
            "merged into the run of 2026-11-02 12:00:00 UTC",
        ),
        ("02 12:00:00", "ran", 0, ""),
    ]


def test_a_start_after_downtime_fires_the_last_missed_instant_at_once(store):
    """The daily run of last night is not skipped until tomorrow."""
    made = calls(store, lambda _: 1)
    due = clock.now().replace(minute=0, second=0, microsecond=0)
    made.claim("hourly", due - timedelta(hours=30))
    clocked = ScheduleClock({"hourly": Schedule(cron="0 * * * *")}, made)
    clocked.start()
    until(lambda: rows(store)[-1].finished)
    clocked.stop()
    assert (len(rows(store)), rows(store)[-1].planned) == (31, due)


def test_the_first_start_of_all_misses_nothing(store):
    """Without a row there is no past."""
    clocked = ScheduleClock({"daily": Schedule(cron="0 3 * * *")}, calls(store, lambda _: 1))
    clocked.start()
    upcoming = clocked.next_fire("daily")
    clocked.stop()
    assert upcoming > clock.now()
    assert rows(store) == []


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=2)])
def test_a_step_of_the_wall_clock_resets_every_schedule(store, step):
    """The library would sleep on a time-out that it computed by the wrong clock."""
    hands = Hands()
    made = calls(store, lambda _: 1)
    clocked = ScheduleClock(
        {"daily": Schedule(cron="0 3 * * *")}, made, now=hands.now, monotonic=hands.monotonic
    )
    clocked.start()
    hands.since_start += timedelta(seconds=10)
    hands.wall += timedelta(seconds=11)
    small = clocked.check_clock()
    hands.wall += step + timedelta(days=1)
    large = clocked.check_clock()
    upcoming = clocked.next_fire("daily")
    again = clocked.check_clock()
    clocked.stop()
    assert (small, large, again) == (False, True, False)
    assert upcoming == (NOON + timedelta(days=2)).replace(hour=3)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=2)])
def test_the_clock_goes_on_after_a_step_of_the_wall_clock(store, monkeypatch, step):
    """Measured without the guard: not one run any more, even after the clock was right again."""
    shift = timedelta()

    class Shifted(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return datetime.now(tz) + shift

    monkeypatch.setattr("apscheduler.schedulers.base.datetime", Shifted)
    ran = Counter[str]()
    clocked = ScheduleClock(
        {"orders": Schedule(every_s=0.5)},
        calls(store, lambda _: ran.update(["x"]) or 0),
        now=lambda: clock.now() + shift,
    )
    clocked.start()
    until(lambda: ran["x"] >= 2)
    before = ran["x"]
    shift = step
    until(lambda: ran["x"] >= before + 4)
    clocked.stop()


def test_instants_that_come_twice_because_the_clock_was_set_back_are_run_twice(store):
    """Else nobody would look into the inbox for as long as the clock was wrong."""
    hands = Hands()
    looks = Counter[str]()
    made = calls(store, lambda name: looks.update([name]) or 0)
    for ahead in range(3):
        made.claim("minutely", NOON + timedelta(minutes=ahead))
    clocks = [
        ScheduleClock({"minutely": Schedule(cron="* * * * *")}, made, now=hands.now)
        for _ in range(2)
    ]
    for clocked in clocks:
        clocked.fire("minutely", NOON)
    assert looks["minutely"] == 1


def test_a_store_that_is_away_is_reported_and_ends_nothing(store):
    """The row cannot be written; the sentence goes to the log."""
    said: list[str] = []

    def away(*_: Any) -> bool:
        raise ConnectionError("the store is away")

    made = calls(store, lambda _: 1, claim=away, report=said.append)
    ScheduleClock({"x": Schedule(every_s=2)}, made).fire("x", NOON)
    assert said == ["The schedule x could not be run: ConnectionError: the store is away"]


def test_schedules_live_in_memory_only(store):
    """The library's other stores keep pickles, and reading them runs code."""
    clocked = ScheduleClock({"x": Schedule(every_s=2)}, calls(store, lambda _: 1))
    clocked.start()
    kinds = {type(kept) for kept in clocked._scheduler._jobstores.values()}
    clocked.stop()
    assert kinds == {MemoryJobStore}


def test_a_finished_row_keeps_its_end(store):
    """A process that wakes up late does not write over what another one recorded."""
    made = calls(store, lambda _: 1)
    made.claim("x", NOON)
    made.finish("x", NOON, state=PlannedState.RAN, items=2, reason="")
    made.finish("x", NOON, state=PlannedState.BLOCKED, items=0, reason="too late")
    assert seen(store) == [("02 12:00:00", "ran", 2, "")]
    assert made.claim("x", NOON) is False


def down(store: Store, policy: str, work: Callable[[str], int], **more: Any) -> ScheduleClock:
    """Return the clock of an hourly schedule whose last run was four hours ago."""
    hands = Hands()
    made = calls(store, work)
    made.claim("hourly", NOON - timedelta(hours=4))
    made.finish("hourly", NOON - timedelta(hours=4), state=PlannedState.RAN, items=0, reason="")
    hands.wall = NOON + timedelta(minutes=5)
    schedule = Schedule(cron="0 * * * *", missed=policy, **more)
    return ScheduleClock({"hourly": schedule}, made, now=hands.now)


@pytest.mark.parametrize(
    ("policy", "states", "runs"),
    [
        ("run_once", ["merged", "merged", "merged", "late"], 1),
        ("run_all", ["late", "late", "late", "late"], 4),
        ("skip", ["skipped", "skipped", "skipped", "skipped"], 0),
        ("ask", ["merged", "merged", "merged", "blocked"], 0),
    ],
)
def test_a_clock_that_jumps_over_four_runs_follows_the_policy(store, policy, states, runs):
    """Under each policy, every planned run has a row with a reason."""
    looks = Counter[str]()
    down(store, policy, lambda name: looks.update([name]) or 0).fire("hourly", NOON)
    found = rows(store)[1:]
    assert ([row.state for row in found], looks["hourly"]) == (states, runs)
    assert all(row.reason for row in found)


def test_within_its_tolerance_a_run_is_not_missed(store):
    """Ten minutes of tolerance, five minutes late: an ordinary run."""
    down(store, "skip", lambda _: 3, tolerance_s=600).fire("hourly", NOON)
    assert seen(store)[-1] == ("02 12:00:00", "ran", 3, "")


def test_a_released_run_is_run_once_and_says_who_let_it_go(store):
    """Two schedulers see the release; one of them runs it."""
    clocked = down(store, "ask", lambda _: 5)
    clocked.fire("hourly", NOON)
    other = ScheduleClock({"hourly": Schedule(cron="0 * * * *")}, calls(store, lambda _: 5, "b"))
    with store.write() as db:
        released = [planned_runs.release(db, "hourly", NOON, now=NOON) for _ in range(2)]
        nothing = planned_runs.release(db, "hourly", NOON - timedelta(hours=1), now=NOON)
    begun = clocked.run_again() + other.run_again()
    for made in (clocked, other):
        made.stop()
    assert (released, nothing, begun) == ([True, True], False, 1)
    state, items, reason = seen(store)[-1][1:]
    assert (state, items) == ("late", 5)
    assert reason.startswith("released by a person; started ")


def test_a_run_whose_process_died_is_run_by_another(store):
    """Its lease lapses; if it only slept, it cannot write over what the other one is doing."""
    dead = calls(store, lambda _: 1, "dead")
    with store.write() as db:
        planned_runs.claim(db, "x", NOON, worker="dead", now=NOON, lease=timedelta(seconds=1))

    def work(_name: str) -> int:
        dead.finish("x", NOON, state=PlannedState.RAN, items=1, reason="")
        return 2

    alive = ScheduleClock({"x": Schedule(every_s=3600)}, calls(store, work, "alive"))
    begun = alive.run_again()
    alive.stop()
    assert begun == 1
    ((_, state, items, reason),) = seen(store)
    assert (state, items, reason.split(";")[0]) == ("late", 2, "dead died running it")


def test_a_silent_schedulers_run_is_open_to_the_first_look_after_its_lease(store):
    """Not at its end, and not before: until then the process may only be slow."""
    lease = timedelta(seconds=60)
    with store.write() as db:
        planned_runs.claim(db, "x", NOON, worker="silent", now=NOON, lease=lease)
    second = timedelta(seconds=1)
    looks = [lease - second, lease, lease + second]
    with store.read() as db:
        found = [len(planned_runs.open_again(db, now=NOON + after)) for after in looks]
    assert found == [0, 0, 1]


def test_a_run_at_work_keeps_its_lease(store):
    """A scan of an hour is not taken over while its process lives."""
    with store.write() as db:
        planned_runs.claim(db, "x", NOON, worker="w", now=NOON, lease=timedelta(seconds=1))
        planned_runs.renew(db, "x", NOON, worker="w", now=clock.now())
        stranger = planned_runs.renew(db, "x", NOON, worker="other", now=clock.now())
    with store.read() as db:
        assert (stranger, planned_runs.open_again(db, now=clock.now())) == (False, [])


def test_a_day_off_leaves_a_row_and_no_run(store):
    """The row says which holiday of which calendar it was."""
    hands = Hands()
    hands.wall = datetime(2026, 12, 25, 8, tzinfo=UTC)
    schedule = Schedule(cron="0 9 * * *", timezone="Europe/Berlin", calendar="germany")
    clocked = ScheduleClock(
        {"daily": schedule},
        calls(store, pytest.fail),
        calendars=load_calendars(Path("/nowhere")),
        now=hands.now,
    )
    clocked.fire("daily", hands.wall)
    said = "2026-12-25 is no workday: 1. Weihnachtstag (Christmas Day) (calendar germany)"
    assert seen(store) == [("25 08:00:00", "skipped", 0, said)]


def test_of_two_schedulers_that_saw_a_release_one_takes_it(store):
    """Both read the row before either wrote it."""
    made = calls(store, lambda _: 1)
    made.claim("x", NOON)
    made.finish("x", NOON, state=PlannedState.BLOCKED, items=0, reason="missed")
    with store.write() as db:
        planned_runs.release(db, "x", NOON, now=NOON)
    both = [calls(store, lambda _: 1, worker).claim_again("x", NOON) for worker in ("a", "b")]
    assert both == [True, False]
