"""One look at the health of a project: what a check found, and how all checks are run.

``doctor``, ``/health`` and the page Today show the same list. The checks are functions in
``checks``; a new one is one more function in its list ``CHECKS``.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from clerkwork.config.settings import Settings
from clerkwork.engine.core import Core
from clerkwork.errors import ClerkworkError, fill

STORE = "store"  # name of the check whose failure explains the others'


class State(StrEnum):
    """What a check came to."""

    OK = "ok"
    WARN = "warn"  # somebody should look; work goes on
    FAIL = "fail"  # work does not get done until somebody acts


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What one check found.

    Attributes:
        check: Name of the check, short and stable.
        message: One sentence; may hold ``{name}`` for values in *facts*.
        advice: What to do, likewise; empty when nothing is to be done.
    """

    check: str
    state: State
    message: str
    advice: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> str:
        """Return the sentence with its facts."""
        return fill(self.message, self.facts)

    @property
    def remedy(self) -> str:
        """Return what to do, with its facts."""
        return fill(self.advice, self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """What the checks look at."""

    core: Core
    settings: Settings
    root: Path
    now: datetime


Check = Callable[[Checkup], Iterable[CheckResult]]


def ok(check: str, message: str, **facts: object) -> CheckResult:
    """Return the finding that nothing is to be done."""
    return _finding(check, State.OK, message, "", facts)


def warn(check: str, message: str, advice: str, **facts: object) -> CheckResult:
    """Return the finding that somebody should look, while work goes on."""
    return _finding(check, State.WARN, message, advice, facts)


def fail(check: str, message: str, advice: str, **facts: object) -> CheckResult:
    """Return the finding that work does not get done until somebody acts."""
    return _finding(check, State.FAIL, message, advice, facts)


def worst(findings: Iterable[CheckResult]) -> State:
    """Return the worst state among the findings."""
    order = list(State)
    return max((finding.state for finding in findings), key=order.index, default=State.OK)


def look(checks: Sequence[Check], checkup: Checkup) -> list[CheckResult]:
    """Run the checks, and return what they found in their order.

    A check that cannot be run is a failure itself, unless the failed check of the store says why.
    """
    done = [(check, _tried(check, checkup)) for check in checks]
    whole = [finding for _, found in done for finding in found or ()]
    without_store = any(one.check == STORE and one.state is State.FAIL for one in whole)
    if not without_store:
        whole += [_not_run(check) for check, found in done if found is None]
    return whole


def _tried(check: Check, checkup: Checkup) -> list[CheckResult] | None:
    try:
        return list(check(checkup))
    except (ClerkworkError, SQLAlchemyError, OSError):
        return None


def _not_run(check: Check) -> CheckResult:
    message = "This could not be checked."
    advice = "Run `clerkwork doctor` on this host; logs/errors.log says more."
    return fail(check.__name__, message, advice)


def _finding(
    check: str, state: State, message: str, advice: str, facts: dict[str, object]
) -> CheckResult:
    said = {name: str(value) for name, value in facts.items()}
    return CheckResult(check=check, state=state, message=message, advice=advice, facts=said)
