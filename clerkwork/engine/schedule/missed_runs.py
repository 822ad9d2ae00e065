"""The missed-run policies: decide what to do with each due instant that the schedule clock finds.

Pure functions: the clock passes its findings in and carries the decisions out.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerkwork.config.times.fire_times import DueInstant
from clerkwork.model.work.schedules import PlannedState

STAMP = "%Y-%m-%d %H:%M:%S UTC"
BUSY = "the previous run was still active"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRunDecision:
    """The decision about one instant.

    Attributes:
        instant: The instant.
        state: The final state of its row, or None: it is run.
        reason: The reason, as written to the row.
    """

    instant: datetime
    state: PlannedState | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFindings:
    """What the clock found.

    Attributes:
        name: The schedule.
        missed: Earlier due instants without a row, in order, including those on days off.
        present: The instant that woke the clock.
        behind: How long ago *present* was due.
        ended: When the last run of this process ended, or None. Instants until then were not
            missed: the run was still active.
        prefix: Put before each reason of a missed run when one row stands for many.
    """

    name: str
    missed: Sequence[DueInstant]
    present: DueInstant
    behind: timedelta
    ended: datetime | None = None
    prefix: str = ""


def decide(found: ClockFindings, *, policy: str, tolerance: timedelta) -> list[MissedRunDecision]:
    """Return the decision about each instant, in order of time.

    Args:
        found: What the clock found.
        policy: ``run_once``, ``run_all``, ``skip`` or ``ask``.
        tolerance: A run that starts later than this counts as missed.
    """
    everything = [*found.missed, found.present]
    off = [
        MissedRunDecision(instant=look.instant, state=PlannedState.SKIPPED, reason=look.skipped)
        for look in everything
        if look.skipped
    ]
    todo = [look for look in everything if not look.skipped]
    busy = [look for look in todo[:-1] if found.ended is not None and look.instant <= found.ended]
    gone = [look for look in todo if look not in busy]
    fresh = [look for look in gone if look is found.present and not _is_missed(found, tolerance)]
    gone = [look for look in gone if look not in fresh]
    made = _POLICIES[policy](found, gone, fresh)
    runs = [verdict.instant for verdict in made if verdict.state is None]
    made += [_busy(found, look, runs) for look in busy]
    return sorted(off + made, key=lambda verdict: verdict.instant)


def _is_missed(found: ClockFindings, tolerance: timedelta) -> bool:
    at_work = found.ended is not None and found.present.instant <= found.ended
    return found.behind > tolerance and not at_work


def _busy(found: ClockFindings, look: DueInstant, runs: list[datetime]) -> MissedRunDecision:
    if not runs:
        reason = f"{found.prefix}{BUSY}"
        return MissedRunDecision(instant=look.instant, state=PlannedState.SKIPPED, reason=reason)
    reason = f"{found.prefix}merged into the run of {runs[-1]:{STAMP}}: {BUSY}"
    return MissedRunDecision(instant=look.instant, state=PlannedState.MERGED, reason=reason)


def _run_once(
    found: ClockFindings, gone: list[DueInstant], fresh: list[DueInstant]
) -> list[MissedRunDecision]:
    todo = gone + fresh
    return _merged(found, todo[:-1], todo[-1:]) + _run(todo[-1:])


def _run_all(
    _found: ClockFindings, gone: list[DueInstant], fresh: list[DueInstant]
) -> list[MissedRunDecision]:
    return _run(gone + fresh)


def _skip(
    found: ClockFindings, gone: list[DueInstant], fresh: list[DueInstant]
) -> list[MissedRunDecision]:
    reason = f"{found.prefix}missed, because no process ran; not run later, as `missed: skip` says"
    skipped = [
        MissedRunDecision(instant=look.instant, state=PlannedState.SKIPPED, reason=reason)
        for look in gone
    ]
    return skipped + _run(fresh)


def _ask(
    found: ClockFindings, gone: list[DueInstant], fresh: list[DueInstant]
) -> list[MissedRunDecision]:
    asked = [
        MissedRunDecision(
            instant=look.instant,
            state=PlannedState.BLOCKED,
            reason=f"{found.prefix}missed, because no process ran; a person decides: `clerkwork "
            f"schedule release {found.name} {look.instant:%Y-%m-%dT%H:%M:%SZ}` runs it",
        )
        for look in gone[-1:]
    ]
    return _merged(found, gone[:-1], gone[-1:]) + asked + _run(fresh)


def _merged(
    found: ClockFindings, looks: list[DueInstant], into: list[DueInstant]
) -> list[MissedRunDecision]:
    return [
        MissedRunDecision(
            instant=look.instant,
            state=PlannedState.MERGED,
            reason=f"{found.prefix}merged into the run of {into[0].instant:{STAMP}}",
        )
        for look in looks
    ]


def _run(looks: list[DueInstant]) -> list[MissedRunDecision]:
    return [MissedRunDecision(instant=look.instant, reason=look.note) for look in looks]


_POLICIES = {"run_once": _run_once, "run_all": _run_all, "skip": _skip, "ask": _ask}
