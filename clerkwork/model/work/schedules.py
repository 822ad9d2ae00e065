"""Planned runs: one row for each instant at which a schedule was due, with its result."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlannedState(StrEnum):
    """The result of a planned run."""

    STARTED = "started"
    RAN = "ran"
    LATE = "late"  # ran, but later than its tolerance allows
    SKIPPED = "skipped"
    MERGED = "merged"  # one run for several missed instants
    BLOCKED = "blocked"  # could not run; the reason says why


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One due instant of one schedule.

    Attributes:
        schedule: The workflow's name.
        planned: The due instant.
        items: Number of work items that it added.
        reason: Why it did not run normally, or an empty string.
        worker: The process that runs it.
        released: When a person released it after it was blocked; None once a scheduler runs it.
    """

    schedule: str
    planned: datetime
    state: PlannedState
    items: int
    reason: str
    worker: str
    started: datetime
    finished: datetime | None
    released: datetime | None = None
