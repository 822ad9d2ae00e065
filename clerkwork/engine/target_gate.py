"""The admission check of each target: freeze windows, a person's pause, and the circuit breaker.

The state of a target is in the store, so it holds for every host. An item whose target is blocked
is postponed; this does not count as an attempt or a failure.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine.core import Core
from clerkwork.engine.run_log import Writing
from clerkwork.errors import ApplicationException, BusinessException, UsageError, fill
from clerkwork.model.project.target_gates import frozen_until
from clerkwork.model.project.targets import Target
from clerkwork.model.work import time_limit
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import WorkItem
from clerkwork.store import targets
from clerkwork.store.items import login_slots
from clerkwork.store.targets import TargetState

HELD_WAIT = timedelta(hours=1)  # resuming the target makes its items due at once
GONE_WAIT = timedelta(hours=1)  # a worker that knows the workflow makes its items due at its start
BUSY_WAIT = timedelta(seconds=1)
FROZEN, HELD, OPEN, BUSY = "target_frozen", "target_held", "breaker_open", "login_busy"
GONE = "workflow_gone"
# Not the target's fault: our browser, memory limits and egress rules, and the bot's time limit.
OURS = frozenset(
    {
        "browser_crashed",
        "browser_failed",
        "browser_missing",
        "child_cpu",
        "child_died",
        "child_failed",
        "child_memory",
        "egress_refused",
        time_limit.CODE,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Obstacle:
    """Why an item does not run now.

    Attributes:
        until: When it is checked again.
        code: Short and stable.
        message: A sentence that may contain ``{name}`` for values in *facts*.
    """

    until: datetime
    code: str
    message: str
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def reason(self) -> str:
        """Return the sentence with its values."""
        return fill(self.message, self.facts)


def obstacle(
    core: Core, db: Connection, target: Target, now: datetime, *, item_id: int | None = None
) -> Obstacle | None:
    """Return what blocks the target now, or None.

    Args:
        core: The engine's core.
        db: The connection.
        target: The target.
        now: The present instant.
        item_id: The item that is checked; the one that tries a failing target is admitted.
    """
    frozen = frozen_until(target.freeze, now, core.calendars)
    if frozen is not None:
        until, why = frozen
        message = "The target {target} is frozen until {until}: {why}"
        return Obstacle(
            until=until, code=FROZEN, message=message, facts=_facts(target, why, until=until)
        )
    state = targets.get(db, target.name)
    if state is None:
        return None
    if state.held_by is not None:
        message = "{who} paused the target {target}: {why}"
        facts = _facts(target, state.reason, who=state.held_by)
        return Obstacle(until=now + HELD_WAIT, code=HELD, message=message, facts=facts)
    closed = state.open_until if target.breaker is not None else None
    if closed is not None and closed > now and (item_id is None or state.trial_item != item_id):
        return _open(target, closed, state.reason)
    return None


def workflow_gone(workflow: str) -> Obstacle:
    """Return the obstacle for items of a workflow that the project no longer has."""
    return Obstacle(
        until=clock.now() + GONE_WAIT,
        code=GONE,
        message="The project has no workflow {workflow}: restore its file in workflows/ and "
        "restart the workers, or cancel its items.",
        facts={"workflow": workflow},
    )


def is_over(db: Connection, found: Obstacle) -> bool:
    """Return whether the pause or the breaker in *found* is over by now.

    If it is not, it stays so until the end of the transaction, so that resuming the target also
    finds the items that this transaction postpones.
    """
    if found.code not in {HELD, OPEN}:
        return False
    state = targets.get(db, found.facts["target"], lock=True)
    return state is None or (state.held_by if found.code == HELD else state.open_until) is None


def enter(core: Core, db: Connection, target: Target, item: WorkItem) -> Obstacle | None:
    """Admit an item that was just reserved, or return what blocks it.

    When an open breaker's time is over, one item is admitted to try the target.
    """
    now = clock.now()
    found = obstacle(core, db, target, now, item_id=item.id)
    if found is not None:
        return found
    if target.breaker is not None:
        state = targets.get(db, target.name)
        until = now + timedelta(seconds=target.breaker.cool_down_s)
        over = state is not None and state.open_until is not None and state.open_until <= now
        if over and not targets.take_trial(db, target.name, item.id, until=until, now=now):
            return _open(target, until, "")  # another item was admitted first
    if target.limit is None or login_slots.take(
        db, target.account, item, limit=target.limit, now=now
    ):
        return None
    return _busy(target, now)


@contextmanager
def visiting(core: Core, target: Target) -> Iterator[None]:
    """Open a context for a call of the target without an item; it occupies a login slot meanwhile.

    The breaker counts whether the call fails.

    Raises:
        ApplicationException: The target is blocked or no slot is free; the code says which.
    """
    now = clock.now()
    until = now + timedelta(seconds=2 * target.call_timeout_s)
    place: int | None = None
    with core.store.write() as db:
        found = obstacle(core, db, target, now)
        if found is None and target.limit is not None:
            place = login_slots.take_for_a_time(
                db, target.account, limit=target.limit, until=until, now=now
            )
            found = _busy(target, now) if place is None else None
    if found is not None:
        raise ApplicationException(found.code, found.reason)
    try:
        with watched(core, target):
            yield
    finally:
        if place is not None:
            with core.store.write() as db:
                login_slots.give_back(db, target.account, place, until=until)


def reconsider(core: Core) -> None:
    """Recheck items blocked by a target or a missing workflow, because the files may be new."""
    with core.store.write() as db:
        targets.make_due(db, list(core.workflows), [FROZEN, OPEN, GONE], now=clock.now())


@contextmanager
def watched(core: Core, target: Target) -> Iterator[None]:
    """Open a context for a call of the target; the breaker counts whether it fails."""
    try:
        yield
    except BusinessException:
        _succeeded(core, target)  # a business exception is an answer of the target
        raise
    except ApplicationException as error:
        if error.code not in OURS:
            _failed(core, target, error)
        raise
    _succeeded(core, target)


def hold(core: Core, name: str, *, who: str, why: str) -> bool:
    """Pause a target on all hosts; False when it is already paused."""
    target, now = _known(core, name), clock.now()
    with core.log.writing() as writing:
        targets.know(writing.db, target.name, now=now)
        done = targets.hold(writing.db, target.name, who=who, reason=why, now=now)
        if done:
            message = "{who} paused the target {target}: {why}"
            _say(core, writing, message, Level.WARNING, _facts(target, why, who=who))
    return done


def release(core: Core, name: str, *, who: str, why: str) -> bool:
    """Resume a paused target and close its breaker; False when nothing blocked it."""
    target, now = _known(core, name), clock.now()
    with core.log.writing() as writing:
        done = targets.release(writing.db, target.name, now=now)
        if done:
            targets.make_due(writing.db, core.workflows_of(target.name), [HELD, OPEN], now=now)
            message = "{who} resumed the target {target}: {why}"
            _say(core, writing, message, Level.INFO, _facts(target, why, who=who))
    return done


def state_of(core: Core, db: Connection, name: str) -> tuple[Obstacle | None, TargetState | None]:
    """Return what blocks the target now, and its stored state."""
    target = _known(core, name)
    return obstacle(core, db, target, clock.now()), targets.get(db, name)


def _failed(core: Core, target: Target, error: ApplicationException) -> None:
    if target.breaker is None:
        return
    now, limit = clock.now(), target.breaker.failures
    until = now + timedelta(seconds=target.breaker.cool_down_s)
    with core.log.writing() as writing:
        targets.know(writing.db, target.name, now=now)
        state = targets.count_failure(
            writing.db, target.name, limit=limit, until=until, reason=str(error), now=now
        )
        if state is not None and state.failures >= limit:
            message = "{target} failed {times} times in a row and is not used until {until}: {why}"
            times, code = str(state.failures), error.code
            facts = _facts(target, str(error), until=until, times=times, code=code)
            _say(core, writing, message, Level.ERROR, facts)


def _succeeded(core: Core, target: Target) -> None:
    if target.breaker is None:
        return
    with core.store.read() as db:
        state = targets.get(db, target.name)
    if state is None or not state.failures:
        return
    now = clock.now()
    with core.log.writing() as writing:
        closed = targets.forgive(writing.db, target.name, now=now)
        if closed and state.open_until is not None:
            targets.make_due(writing.db, core.workflows_of(target.name), [OPEN], now=now)
            message = "{target} works again; its items resume."
            _say(core, writing, message, Level.INFO, {"target": target.name})


def _known(core: Core, name: str) -> Target:
    if name not in core.targets:
        known = ", ".join(sorted(core.targets)) or "none"
        raise UsageError(f"there is no target {name!r}; known: {known}")
    return core.targets[name]


def _open(target: Target, until: datetime, why: str) -> Obstacle:
    message = "The target {target} fails and is not used until {until}: {why}"
    facts = _facts(target, why, until=until)
    return Obstacle(until=until, code=OPEN, message=message, facts=facts)


def _busy(target: Target, now: datetime) -> Obstacle:
    message = "All {limit} login slots of {target} are in use."
    facts = {"limit": str(target.limit), "target": target.name}
    return Obstacle(until=now + BUSY_WAIT, code=BUSY, message=message, facts=facts)


def _facts(target: Target, why: str, **more: str | datetime) -> dict[str, str]:
    said = {
        name: f"{value:%Y-%m-%d %H:%M:%S} UTC" if isinstance(value, datetime) else value
        for name, value in more.items()
    }
    return {"target": target.name, "why": why or "no reason given", **said}


def _say(core: Core, writing: Writing, message: str, level: Level, facts: dict[str, str]) -> None:
    core.write(Kind.TARGET, message, facts, level=level, within=writing)
