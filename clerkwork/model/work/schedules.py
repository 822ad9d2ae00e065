"""Planned runs: one row for each instant at which a schedule was due, whatever became of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PlannedState(StrEnum):
    """What became of a planned run."""

    STARTED = "started"
    RAN = "ran"
    LATE = "late"  # ran, but more than its tolerance after it was due
    SKIPPED = "skipped"
    MERGED = "merged"  # several missed instants were run as one
    BLOCKED = "blocked"  # it could not run; the reason says why


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedRun:
    """One due instant of one schedule.

    Attributes:
        schedule: The workflow's name.
        planned: The instant it was due.
        items: Number of work items it added.
        reason: Why it did not simply run, or an empty string.
        worker: The process that took it.
        released: When a person let it go after it was blocked, until a scheduler takes it.
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
