"""The schedule clock: decides when a workflow's source is looked at, and records every due instant.

APScheduler only wakes us up. Which instants there are, who runs each of them and what became of it
is ours: the library forgets what it missed, fires twice from two processes, and stops when the
wall clock is set back.
"""

import itertools
import logging
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from apscheduler.executors.base import BaseExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.base import BaseTrigger

from clerkwork import clock
from clerkwork.config.triggers import Due
from clerkwork.model.schedules import PlannedState
from clerkwork.model.workflows import Schedule

GUARD_PERIOD = timedelta(seconds=0.5)
MOST_DRIFT = timedelta(seconds=2)
TOLERANCE = timedelta(seconds=60)
MOST_ROWS = 1000
REPEAT = timedelta(milliseconds=1)
START = datetime.fromtimestamp(0, UTC)


class Finish(Protocol):
    """Writes what became of a claimed instant."""

    def __call__(
        self, schedule: str, planned: datetime, *, state: PlannedState, items: int, reason: str
    ) -> None:
        """Write it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """What the clock needs from the rest of the toolkit.

    Attributes:
        claim: Takes a due instant; False when another process took it first.
        finish: Writes what became of it.
        last: Returns the latest instant that has a row, or None.
        work: Looks at the source of a workflow and returns the number of items it added.
        report: Gets a sentence when even the store cannot be reached.
    """

    claim: Callable[[str, datetime], bool]
    finish: Finish
    last: Callable[[str], datetime | None]
    work: Callable[[str], int]
    report: Callable[[str], None]


def next_runs(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    """Return the next *count* due instants of *schedule* later than *after*, for a preview."""
    far = after + timedelta(days=3660)
    return list(itertools.islice(Due(schedule).between(after, far), count))


class ScheduleClock:
    """Fires each workflow's schedule in the background until it is stopped."""

    def __init__(
        self,
        schedules: Mapping[str, Schedule],
        calls: Calls,
        *,
        now: clock.Clock = clock.now,
        monotonic: Callable[[], timedelta] = clock.monotonic,
        tolerance: timedelta = TOLERANCE,
    ) -> None:
        """Prepare the clock; nothing runs before ``start``.

        Args:
            schedules: The schedule of each workflow that has one.
            calls: What it needs from the rest of the toolkit.
            now: The wall clock.
            monotonic: A clock that nobody can set.
            tolerance: A run that starts this much after it was due counts as late.
        """
        self._due = {name: Due(schedule) for name, schedule in schedules.items()}
        self._calls = calls
        self._now = now
        self._monotonic = monotonic
        self._tolerance = tolerance
        self._offset = now().timestamp() - monotonic().total_seconds()
        self._stopping = threading.Event()
        self._guard = threading.Thread(target=self._watch, name="schedule-guard", daemon=True)
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # we record it, see _missed
        self._scheduler = BackgroundScheduler(
            executors={"default": _Runner()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def start(self) -> None:
        """Start firing, first of all for what was missed while no process ran."""
        for name, due in self._due.items():
            self._scheduler.add_job(
                self.fire,
                _Trigger(due),
                args=[name, START],  # the runner puts the instant that was due in its place
                id=name,
                next_run_time=self._first(name, due),
            )
        self._scheduler.start()
        self._guard.start()

    def stop(self) -> None:
        """Stop firing and wait for what is under way."""
        self._stopping.set()
        if self._guard.is_alive():
            self._guard.join()
            self._scheduler.shutdown(wait=True)

    def next_fire(self, name: str) -> datetime | None:
        """Return the instant at which the schedule *name* fires next."""
        job = self._scheduler.get_job(name)
        return None if job is None else job.next_run_time

    def fire(self, name: str, planned: datetime) -> None:
        """Run one due instant, unless another process has it; never raises."""
        try:
            last = self._calls.last(name)
            taken = self._take(name, planned, last)
            if taken is not None:
                self._record_missed(name, last, taken)
                self._work(name, taken)
        except Exception as error:  # noqa: BLE001 - the clock outlives every failure
            self._calls.report(f"The schedule {name} could not be run: {_said(error)}")

    def check_clock(self) -> bool:
        """Set every schedule anew if somebody set the wall clock; return whether that was so."""
        offset = self._now().timestamp() - self._monotonic().total_seconds()
        moved = abs(offset - self._offset) > MOST_DRIFT.total_seconds()
        self._offset = offset if moved else self._offset
        if moved:
            for name, due in self._due.items():
                if self._scheduler.get_job(name) is not None:
                    self._scheduler.modify_job(name, next_run_time=due.following(self._now()))
        return moved

    def _first(self, name: str, due: Due) -> datetime | None:
        now = self._now()
        last = self._calls.last(name)
        missed = None if last is None else due.latest(after=last, until=now)
        return missed or due.following(now)

    def _take(self, name: str, planned: datetime, last: datetime | None) -> datetime | None:
        """Claim *planned* and return it, or None when another process has it.

        Rows in the future mean that the wall clock was set back: these instants come a second
        time and get a row of their own, or the source would not be looked at for that long.
        """
        if self._calls.claim(name, planned):
            return planned
        set_back = last is not None and last > self._now() + MOST_DRIFT
        if set_back and self._calls.claim(name, planned + REPEAT):
            return planned + REPEAT
        return None

    def _work(self, name: str, planned: datetime) -> None:
        behind = self._now() - planned
        late = behind > self._tolerance
        try:
            items = self._calls.work(name)
        except Exception as error:  # noqa: BLE001 - whatever it was, the row says it
            self._finish(name, planned, PlannedState.BLOCKED, reason=_said(error))
            return
        state = PlannedState.LATE if late else PlannedState.RAN
        reason = f"started {behind.total_seconds():.0f} s after it was due" if late else ""
        self._finish(name, planned, state, items=items, reason=reason)

    def _record_missed(self, name: str, last: datetime | None, planned: datetime) -> None:
        """Write a row for each instant between *last* and *planned*, or one for all of them."""
        if last is None or last >= planned:
            return
        due = self._due[name]
        first = due.following(last)
        if first is None or first >= planned:
            return
        reason = f"merged into the run of {planned:%Y-%m-%d %H:%M:%S} UTC"
        missed = list(itertools.islice(due.between(last, planned), MOST_ROWS + 1))
        if len(missed) > MOST_ROWS or (due.every or TOLERANCE) < timedelta(minutes=1):
            reason = f"all instants from {first:%Y-%m-%d %H:%M:%S} UTC on {reason}"
            missed = [first]
        for instant in missed:
            if self._calls.claim(name, instant):
                self._finish(name, instant, PlannedState.MERGED, reason=reason)

    def _finish(
        self, name: str, planned: datetime, state: PlannedState, *, items: int = 0, reason: str = ""
    ) -> None:
        self._calls.finish(name, planned, state=state, items=items, reason=reason)

    def _watch(self) -> None:
        while not self._stopping.wait(GUARD_PERIOD.total_seconds()):
            self.check_clock()
            self._scheduler.wakeup()  # its own sleep may have been computed by a wrong clock


def _said(error: Exception) -> str:
    text = str(error).splitlines()
    return f"{type(error).__name__}: {text[0]}"[:500] if text else type(error).__name__


class _Trigger(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Gives the library our instants; after a gap the last missed one, whatever its length."""

    def __init__(self, due: Due) -> None:
        self._due = due

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        following = self._due.following(previous_fire_time or now)
        if previous_fire_time is None or following is None or following > now:
            return following
        return self._due.latest(after=previous_fire_time, until=now)


class _Runner(BaseExecutor):  # type: ignore[misc]  # the library has no types
    """Runs a job in a thread and tells it the instant it was due, which the library keeps back."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="schedule")

    def shutdown(self, wait: bool = True) -> None:
        self._pool.shutdown(wait)

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        fire, name = job.func, job.args[0]
        future = self._pool.submit(lambda: fire(name, run_times[-1]))
        future.add_done_callback(lambda _: self._run_job_success(job.id, []))
