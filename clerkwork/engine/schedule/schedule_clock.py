"""The schedule clock: starts each workflow's source when it is due, and records every due instant.

APScheduler only wakes this clock. The due instants, the process that runs each of them and its
outcome are decided here, because the library forgets missed runs, fires twice when two processes
run, and stops when the wall clock is set back.
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
from clerkwork.config.times.fire_times import Due, DueInstant
from clerkwork.engine.schedule.missed_runs import STAMP, ClockFindings, MissedRunDecision, decide
from clerkwork.errors import ClerkworkError
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.workflows import Schedule
from clerkwork.model.work.schedules import PlannedRun, PlannedState

GUARD_PERIOD = timedelta(seconds=0.5)
MOST_DRIFT = timedelta(seconds=2)
AGAIN_PERIOD = timedelta(seconds=2)
MOST_ROWS = 1000
FAST = timedelta(minutes=1)
REPEAT = timedelta(milliseconds=1)
START = datetime.fromtimestamp(0, UTC)


class Finish(Protocol):
    """Records the outcome of a claimed instant."""

    def __call__(
        self, schedule: str, planned: datetime, *, state: PlannedState, items: int, reason: str
    ) -> None:
        """Record the outcome."""


class Settle(Protocol):
    """Claims an instant that is not run, and records the reason in the same statement."""

    def __call__(
        self, schedule: str, planned: datetime, *, state: PlannedState, reason: str
    ) -> bool:
        """Record the reason; return False when another process was first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calls:
    """The callbacks of the clock into the rest of the toolkit.

    Attributes:
        claim: Claims a due instant; False when another process was first.
        settle: Claims an instant that is not run, and records why; False as above.
        finish: Records the outcome of a claimed instant.
        renew: Renews the lease of a claimed instant that is still running.
        open_again: Returns the instants that a person released, or whose process died.
        claim_again: Claims one of those; False when another process was first.
        last: Returns the latest instant that has a row, or None.
        work: Reads the source of a workflow and returns the number of items it added.
        report: Called with a sentence when the store cannot be reached.
        left: Returns a sentence about what the source left unread, or an empty string.
    """

    claim: Callable[[str, datetime], bool]
    settle: Settle
    finish: Finish
    renew: Callable[[str, datetime], object]
    open_again: Callable[[], list[PlannedRun]]
    claim_again: Callable[[str, datetime], bool]
    last: Callable[[str], datetime | None]
    work: Callable[[str], int]
    report: Callable[[str], None]
    left: Callable[[str], str] = lambda _name: ""


def next_looks(due: Due, after: datetime, count: int) -> list[DueInstant]:
    """Return the next *count* due instants later than *after*, for a preview."""
    far = after + timedelta(days=3660)
    return [due.look(instant) for instant in itertools.islice(due.between(after, far), count)]


class ScheduleClock:
    """Runs the schedules of all workflows in the background until it is stopped."""

    def __init__(
        self,
        schedules: Mapping[str, Schedule],
        calls: Calls,
        *,
        calendars: Mapping[str, Calendar] | None = None,
        now: clock.Clock = clock.now,
        monotonic: Callable[[], timedelta] = clock.monotonic,
    ) -> None:
        """Prepare the clock; nothing runs before ``start``.

        Args:
            schedules: The schedules by workflow.
            calls: The callbacks into the rest of the toolkit.
            calendars: The project's business calendars by name.
            now: The wall clock.
            monotonic: A clock that nobody can set.
        """
        self._schedules = schedules
        self._due = {name: Due(schedule, calendars) for name, schedule in schedules.items()}
        self._calls = calls
        self._now = now
        self._monotonic = monotonic
        self._ended: dict[str, datetime] = {}
        self._at_work: set[tuple[str, datetime]] = set()
        self._again = ThreadPoolExecutor(max_workers=2, thread_name_prefix="schedule-again")
        self._looked_again = self._sure_from = monotonic()
        self._offset = now().timestamp() - monotonic().total_seconds()
        self._stopping = threading.Event()
        self._guard = threading.Thread(target=self._watch, name="schedule-guard", daemon=True)
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # misses are recorded by us
        self._scheduler = BackgroundScheduler(
            executors={"default": _Runner()},
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 1},
            timezone="UTC",
        )

    def start(self) -> None:
        """Start the clock; instants that were missed while no process ran come first."""
        for name, due in self._due.items():
            self._scheduler.add_job(
                self.fire,
                _Trigger(due),
                args=[name, START],  # the runner replaces START by the due instant
                id=name,
                next_run_time=self._first(name, due),
            )
        self._scheduler.start()
        self._guard.start()

    def stop(self) -> None:
        """Stop the clock and wait for the running sources."""
        self._stopping.set()
        if self._guard.is_alive():
            self._guard.join()
            self._scheduler.shutdown(wait=True)
        self._again.shutdown(wait=True)

    def next_fire(self, name: str) -> datetime | None:
        """Return the next due instant of the schedule *name*."""
        job = self._scheduler.get_job(name)
        return None if job is None else job.next_run_time

    def fire(self, name: str, planned: datetime) -> None:
        """Run one due instant, and decide about those missed before it; never raises.

        An instant that another process has claimed is left to it.
        """
        try:
            last = self._calls.last(name)
            for verdict in self._decide(name, last, planned):
                instant = self._take(name, verdict, last)
                if instant is not None and verdict.state is None:
                    self._work(name, instant, verdict.reason)
        except Exception as error:  # noqa: BLE001 - no failure may end the clock
            self._calls.report(f"The schedule {name} could not be run: {_said(error)}")

    def run_again(self) -> int:
        """Run instants that were released or whose process died; return how many were started."""
        begun = 0
        for run in self._calls.open_again():
            known = run.schedule in self._schedules
            if known and self._calls.claim_again(run.schedule, run.planned):
                reason = "released by a person" if run.released else f"{run.worker} died running it"
                self._again.submit(self._work, run.schedule, run.planned, reason)
                begun += 1
        return begun

    def check_clock(self) -> bool:
        """Reschedule everything if the wall clock was set; return whether it was."""
        offset = self._now().timestamp() - self._monotonic().total_seconds()
        moved = abs(offset - self._offset) > MOST_DRIFT.total_seconds()
        self._offset = offset if moved else self._offset
        if moved:  # by the new clock all leases may look expired: let live processes renew first
            self._sure_from = self._monotonic() + 2 * AGAIN_PERIOD + GUARD_PERIOD
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

    def _take(
        self, name: str, verdict: MissedRunDecision, last: datetime | None
    ) -> datetime | None:
        """Claim the instant of *verdict* and return it, or None when another process has it.

        Rows in the future mean that the wall clock was set back, so these instants occur a second
        time. The repetition gets a row of its own; otherwise the source would not be read until
        the clock has passed those rows.
        """
        set_back = last is not None and last > self._now() + MOST_DRIFT
        for instant in (verdict.instant, verdict.instant + REPEAT)[: 1 + set_back]:
            if self._claim(name, instant, verdict):
                return instant
        return None

    def _claim(self, name: str, planned: datetime, verdict: MissedRunDecision) -> bool:
        if verdict.state is None:
            return self._calls.claim(name, planned)
        return self._calls.settle(name, planned, state=verdict.state, reason=verdict.reason)

    def _decide(
        self, name: str, last: datetime | None, planned: datetime
    ) -> list[MissedRunDecision]:
        schedule, due = self._schedules[name], self._due[name]
        policy, prefix = schedule.missed, ""
        missed = self._missed(due, last, planned)
        runs = [look for look in missed if not look.skipped]
        if len(runs) > MOST_ROWS or (runs and (due.every or FAST) < FAST):
            prefix = f"all instants from {runs[0].instant:{STAMP}} on "
            missed = [look for look in missed if look.skipped or look is runs[0]]
            policy = "run_once" if policy == "run_all" else policy
        found = ClockFindings(
            name=name,
            missed=missed,
            present=due.look(planned),
            behind=self._now() - planned,
            ended=self._ended.get(name),
            prefix=prefix,
        )
        return decide(found, policy=policy, tolerance=timedelta(seconds=schedule.tolerance_s))

    def _missed(self, due: Due, last: datetime | None, planned: datetime) -> list[DueInstant]:
        """Return the instants between *last* and *planned*, at most ``MOST_ROWS`` + 1 of them."""
        if last is None or last >= planned:
            return []
        between = itertools.islice(due.between(last, planned), MOST_ROWS + 1)
        return [due.look(instant) for instant in between]

    def _work(self, name: str, planned: datetime, note: str) -> None:
        behind = self._now() - planned
        late = behind > timedelta(seconds=self._schedules[name].tolerance_s)
        said = [note] if note else []
        said += [f"started {behind.total_seconds():.0f} s after it was due"] if late else []
        self._at_work.add((name, planned))
        try:
            items = self._calls.work(name)
            said += [left] if (left := self._calls.left(name)) else []
        except Exception as error:  # noqa: BLE001 - any failure is recorded in the row
            self._finish(name, planned, PlannedState.BLOCKED, reason=_said(error))
            return
        finally:
            self._at_work.discard((name, planned))
            self._ended[name] = self._now()
        state = PlannedState.LATE if late else PlannedState.RAN
        self._finish(name, planned, state, items=items, reason="; ".join(said))

    def _finish(
        self, name: str, planned: datetime, state: PlannedState, *, items: int = 0, reason: str = ""
    ) -> None:
        self._calls.finish(name, planned, state=state, items=items, reason=reason)

    def _watch(self) -> None:
        while not self._stopping.wait(GUARD_PERIOD.total_seconds()):
            self.check_clock()
            self._scheduler.wakeup()  # the library may have slept for a time from a wrong clock
            if self._monotonic() - self._looked_again >= AGAIN_PERIOD:
                self._looked_again = self._monotonic()
                self._keep_leases()

    def _keep_leases(self) -> None:
        try:
            for name, planned in tuple(self._at_work):
                self._calls.renew(name, planned)
            if self._monotonic() >= self._sure_from:
                self.run_again()
        except Exception as error:  # noqa: BLE001 - no failure may end the clock
            self._calls.report(f"Released and expired runs could not be read: {_said(error)}")


def _said(error: Exception) -> str:
    text = str(error).splitlines()
    if text and isinstance(error, ClerkworkError):
        return text[0][:500]  # already a sentence for people
    return f"{type(error).__name__}: {text[0]}"[:500] if text else type(error).__name__


class _Trigger(BaseTrigger):  # type: ignore[misc]  # the library has no types
    """Passes our due instants to the library; after a gap only the last missed one."""

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
    """Runs a job in a thread with its due instant, which the library does not pass on."""

    def __init__(self) -> None:
        super().__init__()
        self._pool = ThreadPoolExecutor(max_workers=8, thread_name_prefix="schedule")

    def shutdown(self, wait: bool = True) -> None:
        self._pool.shutdown(wait)

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        fire, name = job.func, job.args[0]
        future = self._pool.submit(lambda: fire(name, run_times[-1]))
        future.add_done_callback(lambda _: self._run_job_success(job.id, []))
