"""Reserves an item for a worker, or postpones it with a reason and without counting an attempt."""

import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import sqlalchemy as sa
from loguru import logger
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine import target_gate
from clerkwork.engine.core import Core
from clerkwork.engine.run_log import Writing
from clerkwork.engine.target_gate import Obstacle
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import WorkItem
from clerkwork.store.items import items, restored_lookups, transitions

T = TypeVar("T")
GROUP_WAIT = timedelta(seconds=1)
HOST_WAIT = timedelta(seconds=30)  # until a full disk or an unwritable log is checked again
RESTORED_WAIT = timedelta(minutes=1)  # the last lookup makes the waiting items due at once
GROUP_BUSY = "group_busy"
LOG_UNWRITABLE = "log_unwritable"
PASSING = {target_gate.BUSY, GROUP_BUSY}  # over in a moment, so not written to the run log


class _Obstructed(Exception):
    """Rolls the reservation back."""

    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle.reason)
        self.obstacle = obstacle


def run_no_of(run: str | None) -> int | None:
    """Return the number of a run from its name, ``item-7-2``: 2."""
    return int(run.rsplit("-", 1)[1]) if run else None


def reserve(
    core: Core,
    item_id: int,
    *,
    worker: str,
    run_no: int | None,
    full: Callable[[], bool],
    begin: Callable[[Writing, WorkItem, bool], T],
) -> T | None:
    """Reserve the item and return the result of *begin*, or None when it must wait.

    Args:
        core: The engine's core.
        item_id: The item.
        worker: The worker that reserves it.
        run_no: Only if this is its present run.
        full: Returns whether the disk is too full to start anything.
        begin: Called in the transaction of the reservation; its last argument says whether the item
            was taken over from another worker.
    """
    now = clock.now()
    if obstacle := _host_obstacle(core, full, now):
        put_off(core, item_id, run_no, obstacle)
        return None
    try:
        with core.log.writing() as writing:
            before = items.get(writing.db, item_id)
            if before is None:
                return None
            item = _take(core, writing.db, before, worker=worker, run_no=run_no, now=now)
            if item is None:
                return None
            for target in core.targets_of(item.workflow):
                obstacle = target_gate.enter(core, writing.db, target, item)
                if obstacle is not None:
                    raise _Obstructed(obstacle)
            return begin(writing, item, item.takeovers > before.takeovers)
    except _Obstructed as error:
        put_off(core, item_id, run_no, error.obstacle)
    except sa.exc.IntegrityError:
        message = "Another item of its group is running."
        put_off(
            core,
            item_id,
            run_no,
            Obstacle(until=now + GROUP_WAIT, code=GROUP_BUSY, message=message),
        )
    return None


def _take(
    core: Core, db: Connection, was: WorkItem, *, worker: str, run_no: int | None, now: datetime
) -> WorkItem | None:
    """Reserve the item in the store; None when it must not run now."""
    workflow = core.workflows.get(was.workflow)
    if workflow is None:
        raise _Obstructed(target_gate.workflow_gone(was.workflow))
    group = workflow.group
    item = transitions.reserve(db, was.id, worker=worker, now=now, run_no=run_no, group=group)
    if item is None and restored_lookups.is_held(db):
        until = now + RESTORED_WAIT
        raise _Obstructed(
            Obstacle(until=until, code=restored_lookups.CODE, message=restored_lookups.REASON)
        )
    if item is None:  # the last lookup may have resumed all work between the two queries
        item = transitions.reserve(db, was.id, worker=worker, now=now, run_no=run_no, group=group)
    return item


def _host_obstacle(core: Core, full: Callable[[], bool], now: datetime) -> Obstacle | None:
    """Return what prevents this host from starting any item, or None."""
    until = now + HOST_WAIT
    if full():
        logger.warning(
            "the disk is nearly full: no item is started; free space or `clerkwork tidy`"
        )
        message = "The disk of the worker is nearly full."
        return Obstacle(until=until, code="disk_full", message=message)
    problem = core.log.problem()
    if problem is None:
        return None
    message = "The log {path} on the host {host} cannot be written: {why}."
    facts = {"path": problem.path, "host": socket.gethostname(), "why": problem.why}
    return Obstacle(until=until, code=LOG_UNWRITABLE, message=message, facts=facts)


def put_off(core: Core, item_id: int, run_no: int | None, obstacle: Obstacle) -> None:
    """Postpone the item because of *obstacle*; make it due now if that is over already."""
    with core.log.writing() as writing:
        before = items.get(writing.db, item_id)
        over = target_gate.is_over(writing.db, obstacle) or _is_let_go(writing.db, obstacle)
        done = transitions.defer(
            writing.db,
            item_id,
            not_before=clock.now() if over else obstacle.until,
            code=obstacle.code,
            reason=obstacle.reason,
            now=clock.now(),
            run_no=run_no,
        )
        if before is None or not done:
            return
        if before.reason_code != obstacle.code and obstacle.code not in PASSING:
            core.write(
                Kind.POSTPONED,
                obstacle.message,
                {**obstacle.facts, "code": obstacle.code},
                level=Level.INFO,
                item_id=item_id,
                run_id=before.run_id,
                within=writing,
            )


def _is_let_go(db: Connection, obstacle: Obstacle) -> bool:
    """Return whether all lookups after a restore, for which everything waited, are done."""
    return obstacle.code == restored_lookups.CODE and not restored_lookups.is_held(db, lock=True)
