"""How often and when an item is tried again after a system failed."""

import hashlib
from datetime import datetime, timedelta

from pydantic import Field

from clerkwork.model.strict import Seconds, Strict
from clerkwork.model.work.items import WorkItem


class RetryRule(Strict):
    """What happens after an application exception."""

    attempts: int = Field(
        3,
        ge=1,
        le=1000,
        description="Attempts of one run before the item goes to a person, the first included.",
    )
    wait_s: Seconds = Field(5.0, description="Seconds before the second attempt.")
    backoff: float = Field(
        2.0, ge=1, le=100, description="Each further wait is this many times the one before."
    )
    longest_s: Seconds = Field(3600.0, description="No wait is longer than this many seconds.")
    jitter: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Each wait is longer or shorter by up to this part of it, so that items that "
        "failed together do not come back together. It depends on item and attempt alone.",
    )
    until_s: Seconds | None = Field(
        None, description="No attempt starts later than this many seconds after arrival."
    )
    until_due: bool = Field(False, description="No attempt starts after the item's due instant.")

    def wait_after(self, failures: int, seed: str = "") -> float | None:
        """Return the seconds to wait after *failures* failed attempts, or None to give up.

        Args:
            failures: Failed attempts of the present run, from 1.
            seed: What the jitter is drawn from, the same each time.
        """
        if failures >= self.attempts:
            return None
        wait_s = min(self.longest_s, self.wait_s * self.backoff ** min(failures - 1, 100))
        digest = hashlib.sha256(f"{seed}/{failures}".encode()).digest()
        part = int.from_bytes(digest[:8]) / 2**64 * 2 - 1
        return min(self.longest_s, wait_s * (1 + self.jitter * part))

    def next_attempt(self, item: WorkItem, now: datetime) -> datetime | None:
        """Return when the item, having failed once more, is tried again, or None to give up."""
        wait_s = self.wait_after(item.failures + 1, str(item.id))
        if wait_s is None:
            return None
        instant = now + timedelta(seconds=wait_s)
        limits = [item.due] if self.until_due else []
        if self.until_s is not None:
            limits.append(item.arrived + timedelta(seconds=self.until_s))
        late = any(limit is not None and instant > limit for limit in limits)
        return None if late else instant


class Retry(RetryRule):
    """What happens when a system fails."""

    by_code: dict[str, RetryRule] = Field(
        default_factory=dict, description="Another rule for a reason code, such as `login_failed`."
    )
    takeovers: int = Field(
        5,
        ge=1,
        le=100,
        description="Times the worker may die over an item, or the work on it break off with an "
        "error outside of its bot; once more, and it goes to a person.",
    )

    def rule(self, code: str) -> RetryRule:
        """Return the rule for a reason code."""
        return self.by_code.get(code, self)
