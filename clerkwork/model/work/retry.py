"""Retries of an item after an application exception."""

import hashlib
from datetime import datetime, timedelta

from pydantic import Field

from clerkwork.model.strict import Seconds, Strict
from clerkwork.model.work.items import WorkItem


class RetryRule(Strict):
    """When an item is retried after an application exception."""

    attempts: int = Field(
        3,
        ge=1,
        le=1000,
        description="Attempts of one run, including the first, before the item goes to a person.",
    )
    wait_s: Seconds = Field(5.0, description="Seconds before the second attempt.")
    backoff: float = Field(
        2.0, ge=1, le=100, description="Each further wait is this many times the previous one."
    )
    longest_s: Seconds = Field(3600.0, description="The longest wait in seconds.")
    jitter: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Each wait is lengthened or shortened by up to this fraction, so that items "
        "that failed together are not retried together. It depends only on item and attempt.",
    )
    until_s: Seconds | None = Field(
        None, description="No retry later than this many seconds after arrival."
    )
    until_due: bool = Field(False, description="No retry after the item's due time.")

    def wait_after(self, failures: int, seed: str = "") -> float | None:
        """Return the seconds to wait after *failures* failed attempts, or None to give up.

        Args:
            failures: Failed attempts of the current run, from 1.
            seed: The seed of the jitter; the same seed gives the same wait.
        """
        if failures >= self.attempts:
            return None
        wait_s = min(self.longest_s, self.wait_s * self.backoff ** min(failures - 1, 100))
        digest = hashlib.sha256(f"{seed}/{failures}".encode()).digest()
        part = int.from_bytes(digest[:8]) / 2**64 * 2 - 1
        return min(self.longest_s, wait_s * (1 + self.jitter * part))

    def next_attempt(self, item: WorkItem, now: datetime) -> datetime | None:
        """Return when the item is retried after one more failure, or None to give up."""
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
    """The retry rules of a workflow."""

    by_code: dict[str, RetryRule] = Field(
        default_factory=dict, description="Rules for single reason codes, such as `login_failed`."
    )
    takeovers: int = Field(
        5,
        ge=1,
        le=100,
        description="How often a worker may die while it processes the item, or the processing "
        "end with an error outside the bot; after one more time the item goes to a person.",
    )

    def rule(self, code: str) -> RetryRule:
        """Return the rule for a reason code."""
        return self.by_code.get(code, self)
