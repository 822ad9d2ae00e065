"""What intake needs from the parts it does not build itself."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import Added, NewItem, Submission
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NewReview


class Submitter(Protocol):
    """Takes work items."""

    def require_storable(self, new: NewItem) -> None:
        """Refuse an item with a value that cannot be stored, by ``NotStorable``; adds nothing."""

    def submit(self, new: NewItem, review: NewReview | None = None) -> Submission:
        """Add an item once per reference; with *review* it goes to a person before any bot."""

    def submit_all(
        self, arrivals: Sequence[tuple[NewItem, NewReview | None]], batch: Batch
    ) -> list[Submission]:
        """Add every item of a batch, or none when its totals are wrong or one is refused."""

    def event(self, kind: Kind, message: str, *, level: Level = Level.INFO, **data: Any) -> None:
        """Write a sentence to the run log, with ``{name}`` for values in *data*."""


class Prober(Protocol):
    """Opens a document far enough to know that it is one."""

    def probe(self, file: Path, name: str) -> object:
        """Raise ``DocumentRejected`` if the file is not a document that can be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """The result of taking one file.

    Attributes:
        name: The file's name as it came in.
        sha256: Its content address.
        submissions: The answer for each item, by reference, in the order of the file.
        to_person: References of the items that went to a person at once.
        duplicates: References that are in the file twice with the same content.
    """

    name: str
    sha256: str
    submissions: list[tuple[str, Submission]] = field(default_factory=list)
    to_person: list[str] = field(default_factory=list)
    duplicates: list[str] = field(default_factory=list)

    @property
    def added(self) -> int:
        """Return the number of items that were not there before."""
        fresh = (Added.NEW, Added.REOPENED)
        return sum(answer.added in fresh for _, answer in self.submissions)
