"""Faults of the portal, decided by a seed, so that a failing run can be repeated.

A schedule has the probabilities of faults for each kind of request and, for cases such as "the next
submit loses its answer", a list of faults for the next requests. Each kind of request has its own
random sequence, so that an additional page view does not change the fault of the next submit.
"""

import random
import threading
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RequestKind(StrEnum):
    """The kinds of request that have faults of their own."""

    LOGIN = "login"
    PAGE = "page"
    API = "api"
    SUBMIT = "submit"


class Fault(StrEnum):
    """What can happen to one request."""

    NONE = "none"
    SLOW = "slow"  # answered after slow_ms
    ERROR_500 = "error_500"  # before anything is saved
    SESSION_EXPIRY = "session_expiry"  # the session ends; the login page is shown
    LOST_ANSWER = "lost_answer"  # processed, then disconnected without an answer
    ERROR_AFTER_COMMIT = "error_after_commit"  # stored, then HTTP 500
    LATE_COMMIT = "late_commit"  # stored late_commit_ms after the request, then answered
    GATEWAY_TIMEOUT = "gateway_timeout"  # HTTP 504 at once, stored late_commit_ms later


_SUBMIT_ONLY = frozenset({Fault.ERROR_AFTER_COMMIT, Fault.LATE_COMMIT, Fault.GATEWAY_TIMEOUT})
Share = Annotated[float, Field(ge=0, le=1)]


class Faults(BaseModel):
    """A schedule of faults; the empty one has no faults.

    Attributes:
        rates: The probability of each fault, by kind of request.
        next: The faults of the next requests, by kind of request; *rates* apply after these.
        slow_ms: Delay of a slow request.
        late_commit_ms: Delay of a late commit.
    """

    model_config = ConfigDict(extra="forbid")

    rates: dict[RequestKind, dict[Fault, Share]] = Field(default_factory=dict)
    next: dict[RequestKind, list[Fault]] = Field(default_factory=dict)
    slow_ms: int = Field(1500, ge=0)
    late_commit_ms: int = Field(500, ge=0)

    @model_validator(mode="after")
    def _possible(self) -> "Faults":
        for kind in RequestKind:
            rates = self.rates.get(kind, {})
            if sum(rates.values()) > 1:
                raise ValueError(f"the rates of {kind} add up to more than 1")
            wrong = _SUBMIT_ONLY & {*rates, *self.next.get(kind, [])}
            if wrong and kind is not RequestKind.SUBMIT:
                raise ValueError(f"{', '.join(sorted(wrong))}: only a submit stores something")
        return self


class FaultSchedule:
    """Draws the fault of each request; safe to use from several threads."""

    def __init__(self, faults: Faults, seed: int) -> None:
        self._seed = seed
        self._lock = threading.Lock()
        self._counts: dict[RequestKind, int] = {}
        self.switch(faults)

    def switch(self, faults: Faults) -> None:
        """Use *faults* from now on; the random sequences continue."""
        with self._lock:
            self.faults = faults
            self._next = {kind: list(queue) for kind, queue in faults.next.items()}

    def draw(self, kind: RequestKind) -> Fault:
        """Return the fault of the next request of *kind*."""
        with self._lock:
            number = self._counts[kind] = self._counts.get(kind, 0) + 1
            if queue := self._next.get(kind):
                return queue.pop(0)
            rates = self.faults.rates.get(kind, {})
        point = random.Random(f"{self._seed}:{kind}:{number}").random()  # noqa: S311 - replayable
        for fault, share in rates.items():
            if point < share:
                return fault
            point -= share
        return Fault.NONE
