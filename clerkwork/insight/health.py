"""The result of a health check, and how all checks are run.

``clerkwork doctor``, ``/health`` and the page Today show the same results. The checks are functions
in ``checks``; a new check is one more function in its list ``CHECKS``.
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

STORE = "store"  # if this check fails, it explains the failures of the others


class State(StrEnum):
    """The state that a check reports."""

    OK = "ok"
    WARN = "warn"  # a person should look at it; work continues
    FAIL = "fail"  # work is blocked until a person acts


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """One result of a check.

    Attributes:
        check: Name of the subject, short and stable.
        message: One sentence, with ``{name}`` for values in *facts*.
        advice: The remedy, with the same placeholders; empty when there is nothing to do.
    """

    check: str
    state: State
    message: str
    advice: str = ""
    facts: dict[str, str] = field(default_factory=dict)

    @property
    def found(self) -> str:
        """Return the message with its facts filled in."""
        return fill(self.message, self.facts)

    @property
    def remedy(self) -> str:
        """Return the remedy with its facts filled in."""
        return fill(self.advice, self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The input of every check."""

    core: Core
    settings: Settings
    root: Path
    now: datetime


Check = Callable[[Checkup], Iterable[CheckResult]]


def ok(check: str, message: str, **facts: object) -> CheckResult:
    """Return a result that asks for no action."""
    return _finding(check, State.OK, message, "", facts)


def warn(check: str, message: str, advice: str, **facts: object) -> CheckResult:
    """Return a result that a person should look at, while work continues."""
    return _finding(check, State.WARN, message, advice, facts)


def fail(check: str, message: str, advice: str, **facts: object) -> CheckResult:
    """Return a result that says that work is blocked until a person acts."""
    return _finding(check, State.FAIL, message, advice, facts)


def worst(findings: Iterable[CheckResult]) -> State:
    """Return the worst state among *findings*; OK if there are none."""
    order = list(State)
    return max((finding.state for finding in findings), key=order.index, default=State.OK)


def look(checks: Sequence[Check], checkup: Checkup) -> list[CheckResult]:
    """Run *checks* in order, and return their results.

    A check that cannot run is reported as a failure, unless the failed check of the store already
    explains it.
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
    advice = "Run `clerkwork doctor` on this host; logs/errors.log has the details."
    return fail(check.__name__, message, advice)


def _finding(
    check: str, state: State, message: str, advice: str, facts: dict[str, object]
) -> CheckResult:
    said = {name: str(value) for name, value in facts.items()}
    return CheckResult(check=check, state=state, message=message, advice=advice, facts=said)
