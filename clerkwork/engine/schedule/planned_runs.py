"""Reads and writes the planned-run rows for the schedule clock of one process."""

from collections.abc import Callable
from datetime import datetime, timedelta

from clerkwork import clock
from clerkwork.engine.schedule.schedule_clock import Calls
from clerkwork.model.work.schedules import PlannedRun, PlannedState
from clerkwork.store.database import Store
from clerkwork.store.runs import planned_runs as rows


def calls_on(
    store: Store,
    worker: str,
    *,
    work: Callable[[str], int],
    report: Callable[[str], None],
    blocked: Callable[[str, str], None],
    left: Callable[[str], str] = lambda _name: "",
    lease: timedelta = rows.LEASE,
) -> Calls:
    """Return the callbacks of a schedule clock, with the rows in *store*.

    Args:
        store: The open store.
        worker: Name of the process in the rows.
        work: See ``Calls``.
        report: See ``Calls``.
        blocked: Called with the schedule and the reason when a run failed or must not start.
        left: See ``Calls``.
        lease: A process that does not renew its runs for this long counts as dead.
    """
    kept = _Rows(store, worker, blocked, lease)
    return Calls(
        claim=kept.claim,
        settle=kept.settle,
        finish=kept.finish,
        renew=kept.renew,
        open_again=kept.open_again,
        claim_again=kept.claim_again,
        last=kept.last,
        work=work,
        report=report,
        left=left,
    )


class _Rows:
    def __init__(
        self,
        store: Store,
        worker: str,
        blocked: Callable[[str, str], None],
        lease: timedelta,
    ) -> None:
        self._store = store
        self._worker = worker
        self._blocked = blocked
        self._lease = lease

    def claim(self, schedule: str, planned: datetime) -> bool:
        with self._store.write() as db:
            return rows.claim(
                db, schedule, planned, worker=self._worker, now=clock.now(), lease=self._lease
            )

    def settle(self, schedule: str, planned: datetime, *, state: PlannedState, reason: str) -> bool:
        with self._store.write() as db:
            taken = rows.settle(
                db,
                schedule,
                planned,
                worker=self._worker,
                state=state,
                reason=reason,
                now=clock.now(),
            )
        if taken and state is PlannedState.BLOCKED:
            self._blocked(schedule, reason)
        return taken

    def claim_again(self, schedule: str, planned: datetime) -> bool:
        with self._store.write() as db:
            return rows.claim_again(
                db, schedule, planned, worker=self._worker, now=clock.now(), lease=self._lease
            )

    def open_again(self) -> list[PlannedRun]:
        with self._store.read() as db:
            return rows.open_again(db, now=clock.now())

    def renew(self, schedule: str, planned: datetime) -> bool:
        with self._store.write() as db:
            return rows.renew(
                db, schedule, planned, worker=self._worker, now=clock.now(), lease=self._lease
            )

    def last(self, schedule: str) -> datetime | None:
        with self._store.read() as db:
            return rows.last_planned(db, schedule)

    def finish(
        self, schedule: str, planned: datetime, *, state: PlannedState, items: int, reason: str
    ) -> None:
        with self._store.write() as db:
            held = rows.finish(
                db,
                schedule,
                planned,
                worker=self._worker,
                state=state,
                items=items,
                reason=reason,
                now=clock.now(),
            )
        if held and state is PlannedState.BLOCKED:
            self._blocked(schedule, reason)
