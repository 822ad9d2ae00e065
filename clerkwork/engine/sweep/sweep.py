"""The sweep: heartbeat, takeover of dead workers' items, due items, repairs; run by every worker.

DBOS does not reassign the runs of a dead process, and a run that ended to wait for a person or an
instant must be rewound. Several sweeps may do the same at once; the second finds nothing to do.
"""

import contextlib
import os
import socket
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from dbos import error as dbos_error

from clerkwork import clock
from clerkwork.children import end_children_of
from clerkwork.engine import target_gate
from clerkwork.engine.clock_guard import MOST_DRIFT
from clerkwork.engine.core import ACTIVE, RUN, VERSION
from clerkwork.engine.facade import Engine
from clerkwork.engine.operate.after_restore import go_on
from clerkwork.engine.runs.reserve import put_off
from clerkwork.engine.submit.queue_trigger import release_held
from clerkwork.engine.sweep import deadlines, stuck_items
from clerkwork.errors import StoreLost
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import WorkItem
from clerkwork.store.items import items, repairs, transitions
from clerkwork.store.runs import workers

EVER = clock.from_ms(0)


class Sweep:
    """The sweep of one worker."""

    def __init__(
        self,
        engine: Engine,
        worker: str,
        *,
        lease: timedelta,
        labels: Collection[str] = (),
        flush: Callable[[], None] = lambda: None,
    ) -> None:
        self._engine = engine
        self._core = engine.core
        self._worker = worker
        self._lease = lease
        self._labels = labels
        self._flush = flush
        self._queues: Sequence[str] = ()
        self._host = socket.gethostname()
        self._broken: set[str] = set()
        self._stuck = stuck_items.StuckItemSearch(engine.core.store, engine.core.client)

    def begin(self, queues: Sequence[str]) -> None:
        """Send the first heartbeat of a worker for *queues*."""
        self._queues = queues
        self.beat()

    def beat(self) -> None:
        """Send a heartbeat."""
        booted = self._core.clock_guard.check()
        now = booted + clock.monotonic()  # consistent with *booted* if the clock is set in between
        with self._core.store.write() as db:
            if not workers.beat(db, self._worker, now=now, booted=booted):
                workers.register(
                    db,
                    self._worker,
                    host=self._host,
                    pid=os.getpid(),
                    now=now,
                    labels=self._labels,
                    queues=self._queues,
                    booted=booted,
                )

    def farewell(self) -> None:
        """Record that this worker ended normally, and release the items it still has."""
        self.release()
        with self._core.store.write() as db:
            workers.remove(db, self._worker)

    def release(self, item_id: int | None = None) -> None:
        """Release all items, or that one, that this worker has at its end; they are due now."""
        now = clock.now()
        with self._core.log.writing() as writing:
            for item in repairs.release(writing.db, self._worker, now=now, item_id=item_id):
                writing.event(
                    Event(
                        at=now,
                        kind=Kind.POSTPONED,
                        item_id=item.id,
                        run_id=item.run_id,
                        attempt=item.attempt,
                        worker=self._worker,
                        message=repairs.WORKER_ENDED,
                        data={"code": "worker_ended"},
                    )
                )

    def note_broken(self, run_id: str | None) -> None:
        """Note a run of this worker that an error ended before its end was stored."""
        self._broken.add(run_id or "")

    def once(self) -> None:
        """Do one round: heartbeat, takeover, run log, due items, queue triggers, batches, repairs.

        A part that fails does not stop the others.

        Raises:
            Exception: The first failure, after every part was tried.
        """
        self.beat()
        with (
            self._core.store.read() as db
        ):  # before reading the runs: an item is released before its run ends
            at_work = repairs.at_work(db)
        pending = self._take_over({seen.run_id: seen for seen in at_work})
        self._put_broken_back([seen for seen in at_work if seen.run_id not in pending])
        failures: list[Exception] = []
        for part in (
            self._flush,
            self._resume_due,
            partial(deadlines.sweep, self._core),
            partial(release_held, self._core),
            partial(go_on, self._core),
            self._engine.finish_batches,
            self._repair_stuck,
        ):
            try:
                part()
            except StoreLost:
                raise
            except Exception as error:  # noqa: BLE001 - the other parts still run
                failures.append(error)
        if failures:
            raise failures[0]

    def _repair_stuck(self) -> None:
        for found in self._stuck.next():
            if found.item.workflow in self._core.workflows:
                stuck_items.repair(self._core, found)

    def _take_over(self, at_work: Mapping[str, repairs.ItemSnapshot]) -> set[str]:
        """Requeue the runs of dead workers, and the broken ones of this worker.

        Args:
            at_work: The items that were running before, by run.

        Returns:
            The runs that were running.
        """
        since = clock.now() - self._lease
        if self._core.clock_guard.set_within(self._lease):
            since = EVER  # old heartbeats cannot be compared with the new clock: wait for new ones
            with self._core.store.write() as db:
                repairs.bring_forward(db, now=clock.now())
        with self._core.store.read() as db:
            known = workers.alive(db, since=since)
        alive = {worker.name for worker in known if self._may_live(worker)}
        pending = self._core.client.list_workflows(
            status="PENDING", load_input=False, load_output=False
        )
        for run in pending:
            # If the old worker is only suspended, its next checkpoint or request is fenced; on this
            # host, its browser is killed before any other worker gets the item.
            owner = run.executor_id or ""
            dead = owner not in alive and end_children_of(owner)
            broken = run.workflow_id in self._broken and not dead
            if broken and run.workflow_id in at_work:  # otherwise it counts as a dead worker
                with self._core.store.write() as db:
                    repairs.put_back(db, at_work[run.workflow_id], now=clock.now())
            if dead or broken:
                self._core.client.resume_workflow(run.workflow_id, queue_name=run.queue_name)
            self._broken.discard(run.workflow_id)
        return {run.workflow_id for run in pending}

    def _put_broken_back(self, runless: list[repairs.ItemSnapshot]) -> None:
        """Make items due that are running in the store although their run is over.

        This happens when an error ended the run before the item was updated, or when two executions
        ran it and DBOS recorded the end of the one that had lost the item.

        Args:
            runless: Running items whose run is not running.
        """
        failed = self._runs(status="ERROR")
        if not failed and not runless:
            return
        with self._core.store.read() as db:
            suspects = runless + repairs.seen(db, [int(name.split("-")[1]) for name in failed])
        # Another sweep may have restarted one of them before it was seen.
        states = self._runs(workflow_ids=[one.run_id for one in suspects]) if suspects else {}
        for one in suspects:
            if states.get(one.run_id, "") not in ACTIVE:
                with self._core.store.write() as db:
                    repairs.put_back(db, one, now=clock.now())
        self._broken.difference_update(failed)  # they will be restarted

    def _runs(self, **wanted: Any) -> dict[str, str]:
        """Return the states of runs by name."""
        runs = self._core.client.list_workflows(
            **wanted, name=RUN, load_input=False, load_output=False
        )
        return {run.workflow_id: run.status for run in runs}

    def _may_live(self, worker: workers.WorkerRecord) -> bool:
        """Return False for a worker of this host whose process is gone, before its lease ends."""
        if worker.host != self._host:
            return True
        try:
            os.kill(worker.pid, 0)
        except ProcessLookupError:
            return False
        except PermissionError:
            return True
        return True

    def _resume_due(self) -> None:
        now = clock.now()
        with self._core.store.read() as db:
            # The clock may have been set and corrected before any process noticed.
            ahead = repairs.are_ahead(db, now=now + MOST_DRIFT)
        if ahead:
            with self._core.store.write() as db:
                repairs.bring_forward(db, now=now)
        with self._core.store.read() as db:
            due = items.due(db, now=now)
        for item in due:
            # Another sweep may have been first, or the parked run has not ended yet.
            with contextlib.suppress(dbos_error.DBOSException):
                self._rewind(item)

    def _rewind(self, item: WorkItem) -> None:
        if item.workflow not in self._core.workflows:
            put_off(self._core, item.id, item.run_no, target_gate.workflow_gone(item.workflow))
            return
        client = self._core.client
        known = client.list_workflows(
            workflow_ids=[item.run_id], load_input=False, load_output=False
        )
        if not known:
            self._begin(item)
            return
        if known[0].status in ACTIVE:
            return
        with self._core.store.read() as db:
            if items.get(db, item.id) != item:
                return  # another sweep was first, and a worker may have postponed it again
        steps = client.list_workflow_steps(item.run_id)
        numbers = {step["function_name"]: step["function_id"] for step in steps}
        last = numbers.get(item.from_step or "", 0) - 1
        if last < 0:
            last = max(numbers.values(), default=0)
        client.rewind_workflow(
            item.run_id,
            start_step=last + 1,  # finished steps keep their results; the next one runs again
            queue_name=item.queue,
            application_version=VERSION,
        )
        with self._core.store.write() as db:
            transitions.to_waiting(db, item.id, item.revision, now=clock.now())

    def _begin(self, item: WorkItem) -> None:
        """Queue an item that was submitted for a later instant and has never been queued."""
        with self._core.store.write() as db:
            if transitions.to_waiting(db, item.id, item.revision, now=clock.now()):
                self._core.enqueue(db, item)
