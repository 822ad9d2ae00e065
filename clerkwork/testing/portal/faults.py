"""What goes wrong in the portal, decided by a seed, so that a failing run can be played again.

A schedule holds probabilities per kind of request and, for "the next submit loses its answer", a
list of what happens to the next requests. Each kind of request draws from its own sequence, so one
more page view does not change what happens to the following submit.
"""

import random
import threading
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator


class RequestKind(StrEnum):
    """The kinds of request that a schedule tells apart."""

    LOGIN = "login"
    PAGE = "page"
    API = "api"
    SUBMIT = "submit"


class Fault(StrEnum):
    """What can happen to one request."""

    NONE = "none"
    SLOW = "slow"  # answered after slow_ms
    ERROR_500 = "error_500"  # before anything was stored
    SESSION_EXPIRY = "session_expiry"  # the session ends, the request leads to the login page
    LOST_ANSWER = "lost_answer"  # done, then the connection closes without an answer
    ERROR_AFTER_COMMIT = "error_after_commit"  # stored, then HTTP 500
    LATE_COMMIT = "late_commit"  # stored late_commit_ms after the request, then answered
    GATEWAY_TIMEOUT = "gateway_timeout"  # HTTP 504 at once, stored late_commit_ms later


_SUBMIT_ONLY = frozenset({Fault.ERROR_AFTER_COMMIT, Fault.LATE_COMMIT, Fault.GATEWAY_TIMEOUT})
Share = Annotated[float, Field(ge=0, le=1)]


class Faults(BaseModel):
    """A schedule of faults; the empty one is a portal where everything works.

    Attributes:
        rates: For each kind of request, the probability of each fault.
        next: For each kind of request, what happens to the next ones, before any rate counts.
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
        """Follow *faults* from now on; the sequences go on where they are."""
        with self._lock:
            self.faults = faults
            self._next = {kind: list(queue) for kind, queue in faults.next.items()}

    def draw(self, kind: RequestKind) -> Fault:
        """Return what happens to the present request of *kind*."""
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
