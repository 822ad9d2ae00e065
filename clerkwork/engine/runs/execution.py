"""One execution of a run by one worker: the reserved item, its fence, and its checkpoints."""

import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from dbos import DBOS
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.engine.codec import decode, encode
from clerkwork.engine.core import Core
from clerkwork.engine.run_log import Writing
from clerkwork.engine.runs.bot_process import BotFailed, BotProcesses
from clerkwork.engine.signals import Cancelled, NotKept, StepFailed
from clerkwork.errors import ApplicationException, BotException, Fenced
from clerkwork.model.documents.extraction import Extraction, PageImage
from clerkwork.model.project.egress import Fence
from clerkwork.model.project.targets import Target
from clerkwork.model.work import time_limit
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import WorkItem
from clerkwork.store.items import cancellation, transitions


class Browser(Protocol):
    """Runs a page function of a bot on a page of a target, in a child process."""

    def call(
        self,
        target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Callable[[str, Any], Any],
        fence: Fence,
    ) -> Any:
        """Return the result of ``function(screen, *arguments)``.

        No request is sent to the target unless the *fence* confirms that the item is still owned.
        """

    def close(self) -> None:
        """End the browser."""


class Reader(Protocol):
    """Reads documents, in a child process."""

    def read(self, file: Path, name: str) -> Extraction:
        """Return the values of the document.

        Raises:
            DocumentRejected: The document cannot be read.
        """

    def draw(self, file: Path, name: str, pages: Sequence[PageImage]) -> list[PageImage]:
        """Return the document's pages, with the missing page images rendered.

        Raises:
            DocumentRejected: A page cannot be rendered.
        """

    def close(self) -> None:
        """End the child process."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """The tools of a worker.

    Attributes:
        ended: Set when the worker ends and releases its running items.
    """

    browser: Browser
    reader: Reader
    processes: BotProcesses
    ended: threading.Event = field(default_factory=threading.Event)

    def close(self) -> None:
        """End the child processes; a call that hangs is waited for."""
        for tool in (self.browser, self.reader, self.processes):
            tool.close()


CHECK_AGAIN = timedelta(milliseconds=50)  # a step that starts sooner needs no check of its own
WRITE_WITHIN = timedelta(milliseconds=250)  # a later step writes its start at once


class Execution:
    """The reserved item of one execution.

    Attributes:
        core: The store, the run log and the queues.
        item: The item as it was reserved; its attempt is the fence.
        tools: The tools of the worker.
    """

    def __init__(self, core: Core, item: WorkItem, tools: Tools) -> None:
        self.core = core
        self.item = item
        self.tools = tools
        self._names: set[str] = set()
        self._waiting: list[Event] = []
        self._taking = threading.Lock()  # the sweep writes them too, in its own thread
        self._checked = self._wrote = clock.monotonic()
        self._cancelled_by: str | None = None

    def checkpoint(self, name: str, function: Callable[[], Any]) -> Any:
        """Run *function* as the step *name* and store its result, or return the stored result.

        Raises:
            ValueError: The run already has a step of this name.
            Fenced: The item was taken over.
            sqlalchemy.exc.DBAPIError: The store failed; no result is stored.
            StepFailed: The step failed; no result is stored, so it runs again.
        """
        if name in self._names:
            raise ValueError(f"the step name {name!r} is used twice in one run")
        self._names.add(name)
        done: list[Event] = []  # empty when the result was stored already

        def perform() -> Any:
            try:
                result, event = self._perform(name, function)
            except Exception as error:
                raise NotKept(error) from error
            done.append(event)
            return result

        try:
            result = DBOS.run_step({"name": name}, perform)
        except NotKept as broken:
            raise broken.error from None
        self._add_waiting(*done)  # not before: the sweep writes it, and the result might be lost
        return decode(result)

    def _held(self, db: Connection) -> bool:
        if self.tools.ended.is_set():
            return False
        return transitions.holds(db, self.item.id, self.item.attempt)

    def _insist(self, db: Connection) -> None:
        if not self._held(db):
            raise self._taken_over()

    def _taken_over(self) -> Fenced:
        now = "released at the end of" if self.tools.ended.is_set() else "taken over from"
        return Fenced(f"item {self.item.id} was {now} the worker {self.item.worker}")

    def _perform(self, name: str, function: Callable[[], Any]) -> tuple[Any, Event]:
        """Return the encoded result of the step and the event of its end."""
        self._start(name)
        started = clock.monotonic()
        try:
            with time_limit.at_step(name):
                result = encode(function())
        except BotException as error:
            raise StepFailed(error, step=name) from error
        except Fenced:
            raise
        except Exception as error:
            raise StepFailed(self.unexpected(error, name), step=name) from error
        duration_ms = round((clock.monotonic() - started).total_seconds() * 1000)
        self._check_fence()
        return result, self.entry(Kind.STEP_DONE, "{step} done", {"ms": duration_ms}, step=name)

    def _start(self, name: str) -> None:
        """Check that this execution may still act on the item, and log that a step starts.

        Each commit waits for the disk, so the events of quick steps are written together, in the
        next transaction of this execution or by the sweep of the worker.

        Raises:
            Fenced: Another worker has taken the item over, or this worker has released it.
            Cancelled: An operator asked to cancel it.
        """
        now = clock.monotonic()
        if now - self._checked > CHECK_AGAIN or self.tools.ended.is_set():
            self._check_fence()
        if self._cancelled_by is not None:
            raise Cancelled(self._cancelled_by)
        self._add_waiting(self.entry(Kind.STEP_STARTED, "{step} started", step=name))
        broke_off = self.item.takeovers or self.item.breaks  # the log must name the step that does
        if broke_off or now - self._wrote > WRITE_WITHIN:
            self.write_waiting()

    def _add_waiting(self, *events: Event) -> None:
        with self._taking:
            self._waiting.extend(events)

    def _check_fence(self) -> None:
        """Check that this execution still holds the item; read who asked to cancel it.

        Raises:
            Fenced: Another worker has taken the item over, or this worker has released it.
        """
        with self.core.store.read() as db:
            held, self._cancelled_by = cancellation.standing(db, self.item.id, self.item.attempt)
        if not held or self.tools.ended.is_set():
            raise self._taken_over()
        self._checked = clock.monotonic()

    def write_waiting(self) -> None:
        """Write the waiting events, if the item is still held."""
        if not self._waiting:
            return
        with self.core.log.writing() as writing:
            if self._held(writing.db):
                self.write_events(writing)

    def write_events(self, writing: Writing) -> None:
        """Write the waiting events, in a transaction that has checked the fence.

        A rollback puts them back. No lock is held until then: the commits of threads are joined,
        so a thread that waits for its commit may depend on the one that waits for the lock.
        """
        with self._taking:
            taken, self._waiting = self._waiting, []

        def end(committed: bool) -> None:
            if committed:
                self._wrote = clock.monotonic()
                return
            with self._taking:
                self._waiting = taken + self._waiting

        writing.at_end(end)
        writing.event(*taken)

    def unexpected(self, error: Exception, step: str | None) -> ApplicationException:
        """Log an unexpected error, and return it as an exception for people."""
        kind, trace = type(error).__name__, traceback.format_exc()
        if isinstance(error, BotFailed):
            kind, trace = error.kind, error.trace
        self.event(
            Kind.EXCEPTION,
            "unexpected {error}",
            {"error": kind, "traceback": trace},
            level=Level.ERROR,
            step=step,
            if_held=True,
        )
        return ApplicationException(
            "bot_error", "The bot failed: {error}", error=f"{kind}: {error}"
        )

    def explained(self, error: Exception | None, step: str | None) -> BotException | None:
        """Return *error* as an exception for people; an unexpected one is logged.

        Raises:
            Fenced: *error* itself, when the item was taken over.
        """
        if isinstance(error, Fenced):
            raise error
        if error is None or isinstance(error, BotException):
            return error
        return self.unexpected(error, step)

    def event(
        self,
        kind: Kind,
        message: str,
        data: Mapping[str, Any] | None = None,
        *,
        level: Level = Level.INFO,
        step: str | None = None,
        if_held: bool = False,
    ) -> None:
        """Write an event of this run to the run log.

        Args:
            kind: The kind of event.
            message: A sentence with ``{name}`` for the values in *data*.
            data: See ``Event``.
            level: The severity.
            step: The step it belongs to.
            if_held: Only write the event if this execution still owns the item.

        Raises:
            Fenced: *if_held*, and the item was taken over; nothing is written.
        """
        entry = self.entry(kind, message, data, level=level, step=step)
        with self.core.log.writing() as writing:
            if if_held:
                self._insist(writing.db)
            if if_held or (self._waiting and self._held(writing.db)):
                self.write_events(writing)
            writing.event(entry)

    def entry(
        self,
        kind: Kind,
        message: str,
        data: Mapping[str, Any] | None = None,
        *,
        level: Level = Level.INFO,
        step: str | None = None,
    ) -> Event:
        """Return an event of this run without writing it."""
        return Event(
            at=clock.now(),
            kind=kind,
            level=level,
            item_id=self.item.id,
            run_id=self.item.run_id,
            attempt=self.item.attempt,
            worker=self.item.worker,
            step=step,
            message=message,
            data={**({"step": step} if step else {}), **(data or {})},  # the caller's own word wins
        )

    def on_message(self, step: str) -> Callable[[str, Any], None]:
        """Return the handler for messages of a child process that works for *step*."""

        def handle(kind: str, data: Any) -> None:
            if kind == "log":
                level = Level(data.get("level", Level.INFO))
                self.event(Kind.NOTE, data["message"], data["facts"], level=level, step=step)
            elif kind == "evidence":
                self.event(Kind.EVIDENCE, "kept {name}", data, step=step)
            elif kind == "healed":
                self.event(
                    Kind.HEALED, data["message"], data["facts"], level=Level.WARNING, step=step
                )

        return handle
