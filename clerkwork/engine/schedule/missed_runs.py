"""What becomes of the instants that a schedule clock finds when it looks: the missed-run policies.

Pure: the clock hands over what it found and does what it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from clerkwork.config.times.fire_times import DueInstant
from clerkwork.model.work.schedules import PlannedState

STAMP = "%Y-%m-%d %H:%M:%S UTC"
BUSY = "the run before it was still at work"


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRunDecision:
    """What is done with one instant.

    Attributes:
        instant: The instant.
        state: How its row ends, or None: it is run.
        reason: Why, as the row says it.
    """

    instant: datetime
    state: PlannedState | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockFindings:
    """What the clock found.

    Attributes:
        name: The schedule.
        missed: Due instants without a row before the present one, in order; on days off too.
        present: The instant that made the clock look.
        behind: How long ago it was due.
        ended: When the last run of this process ended, or None: what was due until then was not
            missed, the run was at work.
        prefix: Put before each reason of a missed run, where one row stands for many.
    """

    name: str
    missed: Sequence[DueInstant]
    present: DueInstant
    behind: timedelta
    ended: datetime | None = None
    prefix: str = ""


def decide(found: ClockFindings, *, policy: str, tolerance: timedelta) -> list[MissedRunDecision]:
    """Return what is done with each instant, in order of time.

    Args:
        found: What the clock found.
        policy: ``run_once``, ``run_all``, ``skip`` or ``ask``.
        tolerance: A run that is due for longer counts as missed.
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
    reason = f"{found.prefix}missed, because no process ran; `missed: skip` runs it no more"
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
