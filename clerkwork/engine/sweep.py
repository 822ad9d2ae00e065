"""What every worker does every moment: heartbeat, dead workers' items, items that are due.

DBOS hands nobody a dead executor's runs on its own, and a run that ended to wait for a person or
an instant has to be rewound. Several sweeps may do the same at once: the second finds it done.
"""

import contextlib
import os
import socket
from collections.abc import Collection
from datetime import timedelta

from dbos import error as dbos_error

from clerkwork import clock
from clerkwork.children import end_children_of
from clerkwork.engine import deadlines
from clerkwork.engine.core import RUN, VERSION
from clerkwork.engine.engine import Engine
from clerkwork.engine.trigger import release_held
from clerkwork.model.items import WorkItem
from clerkwork.store import items, mending, moves, workers

EVER = clock.from_ms(0)
ACTIVE = {"PENDING", "ENQUEUED", "DELAYED"}


class Sweep:
    """The sweep of one worker."""

    def __init__(
        self, engine: Engine, worker: str, *, lease: timedelta, labels: Collection[str] = ()
    ) -> None:
        self._engine = engine
        self._worker = worker
        self._lease = lease
        self._labels = labels
        self._host = socket.gethostname()
        self._broken: set[str] = set()

    def beat(self) -> None:
        """Give a sign of life."""
        booted = self._engine.clock_guard.check()
        with self._engine.store.write() as db:
            if not workers.beat(db, self._worker, now=clock.now(), booted=booted):
                workers.register(
                    db,
                    self._worker,
                    host=self._host,
                    pid=os.getpid(),
                    now=clock.now(),
                    labels=self._labels,
                    booted=booted,
                )

    def farewell(self) -> None:
        """Say that this worker ended by itself; what it left is taken over at once."""
        with self._engine.store.write() as db:
            workers.remove(db, self._worker)

    def note_broken(self, run_id: str | None) -> None:
        """Note a run of this worker that an error ended before the store knew how it ended."""
        self._broken.add(run_id or "")

    def once(self) -> None:
        """Heartbeat, take over dead workers' runs, let due items go on, release held ones."""
        self.beat()
        self._take_over()
        self._put_broken_back()
        self._resume_due()
        deadlines.sweep(self._engine)
        release_held(self._engine)

    def _take_over(self) -> None:
        since = clock.now() - self._lease
        if self._engine.clock_guard.set_within(self._lease):
            since = EVER  # the others' last signs of life are of another clock: give them time
            with self._engine.store.write() as db:
                mending.bring_forward(db, now=clock.now())
        with self._engine.store.read() as db:
            known = workers.alive(db, since=since)
        alive = {worker.name for worker in known if self._may_live(worker)}
        pending = self._engine.client.list_workflows(
            status="PENDING", load_input=False, load_output=False
        )
        for run in pending:
            # Its old owner, if only asleep, is fenced out at its next checkpoint or request; on
            # this host its browser ends before anybody else gets the item.
            owner = run.executor_id or ""
            dead = owner not in alive and end_children_of(owner)
            if dead or run.workflow_id in self._broken:
                self._engine.client.resume_workflow(run.workflow_id, queue_name=run.queue_name)
            self._broken.discard(run.workflow_id)

    def _put_broken_back(self) -> None:
        """Make the items due whose run ended with an error that no item knows of."""
        if not (suspected := self._ended_with_an_error(None)):
            return
        numbers = {name: int(name.split("-")[1]) for name in suspected}
        with self._engine.store.read() as db:
            seen = {name: items.get(db, number) for name, number in numbers.items()}
        # Another sweep may have begun one of them anew before its attempt was read.
        broken = self._ended_with_an_error(suspected)
        for name in broken:
            if (item := seen[name]) is None or item.run_id != name:
                continue
            with self._engine.store.write() as db:
                mending.put_back(
                    db, item.id, run_no=item.run_no, attempt=item.attempt, now=clock.now()
                )
        self._broken.difference_update(broken)  # they begin anew

    def _ended_with_an_error(self, among: list[str] | None) -> list[str]:
        runs = self._engine.client.list_workflows(
            workflow_ids=among, status="ERROR", name=RUN, load_input=False, load_output=False
        )
        return [run.workflow_id for run in runs]

    def _may_live(self, worker: workers.Worker) -> bool:
        """Return False for a worker of this host whose process is gone: its lease need not end."""
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
        with self._engine.store.read() as db:
            due = items.due(db, now=clock.now())
        for item in due:
            # Another sweep may have been first, or the run that parked it is not ended yet.
            with contextlib.suppress(dbos_error.DBOSException):
                self._rewind(item)

    def _rewind(self, item: WorkItem) -> None:
        client = self._engine.client
        known = client.list_workflows(
            workflow_ids=[item.run_id], load_input=False, load_output=False
        )
        if not known:
            self._begin(item)
            return
        if known[0].status in ACTIVE:
            return
        steps = client.list_workflow_steps(item.run_id)
        numbers = {step["function_name"]: step["function_id"] for step in steps}
        last = numbers.get(item.from_step or "", 0) - 1
        if last < 0:
            last = max(numbers.values(), default=0)
        client.rewind_workflow(
            item.run_id,
            start_step=last + 1,  # finished steps keep their results, the next one runs again
            queue_name=item.queue,
            application_version=VERSION,
        )
        with self._engine.store.write() as db:
            moves.to_waiting(db, item.id, item.attempt, now=clock.now())

    def _begin(self, item: WorkItem) -> None:
        """Queue an item that was added for a later instant and was never in its queue."""
        with self._engine.store.write() as db:
            if moves.to_waiting(db, item.id, item.attempt, now=clock.now()):
                self._engine.enqueue(db, item)
