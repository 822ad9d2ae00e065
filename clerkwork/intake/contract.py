"""What a source and a reader are: the contract of ``intake/sources/`` and ``intake/readers/``.

A module of ``intake/sources/`` declares one ``SOURCE``, a module of ``intake/readers/`` one
``READER``. A project brings its own in ``extensions/sources/`` and ``extensions/readers/``.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from clerkwork.config.settings import Settings
from clerkwork.intake.ports import Prober, Submitter, Taken
from clerkwork.intake.stored_file import Stored
from clerkwork.model.project.sources import ReaderKeys, SourceKeys
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.work.items import NewItem, Terms
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NewReview
from clerkwork.store.database import Store

S = TypeVar("S", bound=SourceKeys)
R = TypeVar("R", bound=ReaderKeys)
BY_WORKFLOW = Terms()


class TakesFiles(Protocol):
    """Turns a file into work items with the reader of a workflow."""

    def take(
        self, file: Path, workflow: str, batch: Batch | None = None, terms: Terms = BY_WORKFLOW
    ) -> Taken:
        """Add the work items of *file*; a file that comes twice adds nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceContext:
    """What a source works with.

    Attributes:
        root: The project's folder.
        inbox: The folder whose subfolders are watched.
        workflows: The project's workflows by name.
        store: For what the source has to remember between two processes.
        engine: Adds work items and writes to the run log.
        files: Turns files into work items.
    """

    root: Path
    inbox: Path
    workflows: Mapping[str, Workflow]
    store: Store
    engine: Submitter
    files: TakesFiles


class OpenSource(ABC):
    """A source at work; one object serves all workflows that have its key.

    Two threads may look for different workflows, never for the same one.
    """

    def __init__(self, context: SourceContext) -> None:
        """Prepare; nothing is read yet."""
        self.context = context

    @abstractmethod
    def look(self, plan: Workflow) -> int:
        """Add what is new in the source of *plan*; return the number of new work items.

        Raises:
            Exception: The source failed. What could be added was added first.
        """

    def left(self, plan: Workflow) -> str:
        """Return a sentence on what the last look left for the next one, or an empty string."""
        del plan
        return ""

    def interrupt(self) -> None:  # noqa: B027 - a source that never waits has nothing to end
        """End every look that waits; the process is about to end."""

    def close(self) -> None:  # noqa: B027 - most sources keep nothing open
        """Release what is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Source(Generic[S]):
    """A kind of place that work items come from.

    Attributes:
        key: Its key in a workflow file.
        keys: The model of what is written below that key.
        summary: What the key is for, as the reference documentation says it.
        open: Makes what looks at it; None for a source that others send to.
    """

    key: str
    keys: type[S]
    summary: str
    open: Callable[[SourceContext], OpenSource] | None = None

    def keys_of(self, plan: Workflow) -> S | None:
        """Return what *plan* says below the key, or None when it does not have this source."""
        found = plan.sources.get(self.key)
        return found if isinstance(found, self.keys) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderContext:
    """What a reader works with.

    Attributes:
        root: The project's folder.
        settings: The project's settings.
        engine: Says which items can be stored.
        documents: Opens documents far enough to know that they are ones.
    """

    root: Path
    settings: Settings
    engine: Submitter
    documents: Prober


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A file to read, and the workflow that its items are for."""

    stored: Stored
    plan: Workflow

    def item(self, reference: str, payload: dict[str, Any], **place: object) -> NewItem:
        """Return a work item of this file.

        Args:
            reference: Names the item in its workflow; the same reference is the same item.
            payload: What the first bot takes, as JSON data.
            place: Where in the file it is, such as ``row=7``; people see it.
        """
        source = {"file": self.stored.name} | place | {"sha256": self.stored.sha256}
        return NewItem(
            workflow=self.plan.name,
            reference=reference,
            payload=payload,
            source=source | self.stored.origin,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileContent:
    """What a reader found in a file.

    Attributes:
        arrivals: The items in the order of the file; one with a review goes to a person first.
        duplicates: References that are in the file twice with the same content.
    """

    arrivals: Sequence[tuple[NewItem, NewReview | None]]
    duplicates: list[str] = field(default_factory=list)


class OpenReader(ABC):
    """A reader at work; one object reads the files of all workflows that name it."""

    def __init__(self, context: ReaderContext) -> None:
        """Prepare; nothing is read yet."""
        self.context = context

    @abstractmethod
    def read(self, incoming: Incoming) -> FileContent:
        """Return the items of a file; the same file gives the same references each time.

        Raises:
            InputRejected: The file is not what it claims to be; says where, why and what to do.
            ApplicationException: A system failed; the file stays in the inbox.
        """

    def close(self) -> None:  # noqa: B027 - most readers keep nothing open
        """Release what is open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileReader(Generic[R]):
    """A way to turn a file into work items.

    Attributes:
        name: What `reader` names in a workflow file; its own keys are below the same name.
        summary: What it makes of a file, as the reference documentation says it.
        open: Makes what reads.
        gives: The model of each item's payload, which the first bot must take; None: the payload
            has the fields of the model that the first bot takes.
        keys: The model of its own keys, if it has any.
        many: Whether one file may hold several items, which can then be a batch.
    """

    name: str
    summary: str
    open: Callable[[ReaderContext], OpenReader]
    gives: type[BaseModel] | None = None
    keys: type[R] | None = None
    many: bool = True

    def keys_of(self, plan: Workflow) -> R:
        """Return what *plan* says below the reader's name, or the defaults.

        Raises:
            TypeError: The reader has no keys of its own.
        """
        if self.keys is None:
            raise TypeError(f"the reader {self.name!r} has no keys of its own")
        given = None if plan.inbox is None else plan.inbox.reader_keys.get(self.name)
        return given if isinstance(given, self.keys) else self.keys()
