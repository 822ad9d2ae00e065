"""Watches a workflow's folder: takes each file once it is complete, and then moves it away.

The order of the acts is what makes a crash harmless: a copy is kept, the items are added, and only
then the file leaves the inbox. A file that is taken a second time adds nothing.
"""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import ClassVar

from pydantic import Field

from clerkwork import clock
from clerkwork.errors import ClerkworkError, InputRejected, fill
from clerkwork.intake.contract import OpenSource, Source, SourceContext
from clerkwork.intake.email.letter import remove_origin
from clerkwork.intake.file_ready import EMPTY_SETTLES, FileState, Settling, folder_clock
from clerkwork.intake.printable_names import printable_name
from clerkwork.intake.rejection_note import note
from clerkwork.intake.stored_file import StillChanging
from clerkwork.model.project.sources import InboxKeys
from clerkwork.model.project.workflows import Workflow
from clerkwork.model.strict import Seconds
from clerkwork.model.work.events import Kind, Level

STILL_WRITTEN = (
    "{count} files, the first {name}, are still being written to and are left for the next run"
)


class FolderSource(InboxKeys):
    """Work items come from files that people or programs put into a folder."""

    needs_schedule: ClassVar[bool] = False  # `clerkwork put` takes files as well

    settle_s: Seconds = Field(
        1.0, description="A file is taken when nothing has changed it for so many seconds."
    )


class FolderIntake(OpenSource):
    """Scans the inbox folders of the project's workflows; one scan of a workflow at a time."""

    def __init__(
        self,
        context: SourceContext,
        *,
        now: clock.Clock = clock.now,
        monotonic: Callable[[], timedelta] = clock.monotonic,
        folder_clock: Callable[[Path], int | None] = folder_clock,
        pause: Callable[[float], bool] | None = None,
    ) -> None:
        """Prepare; nothing is read yet.

        Args:
            context: What the source works with.
            now: The wall clock, for the names of accepted files.
            monotonic: A monotonic clock, for the settling of files.
            folder_clock: Returns the present time of a folder's file system.
            pause: Waits so many seconds, and returns whether it was interrupted; by default until
                ``interrupt`` is called.
        """
        super().__init__(context)
        self._engine = context.engine
        self._now = now
        self._monotonic = monotonic
        self._settling = Settling(monotonic, folder_clock)
        self._ending = threading.Event()
        self._pause = pause or self._ending.wait
        self._one_file = threading.Lock()  # two workflows may share a folder
        self._reported: dict[Path, FileState] = {}

    def look(self, plan: Workflow) -> int:
        """Take every file that is complete or soon will be; return the number of new items.

        This is what a planned run does: for a schedule that is not frequent the next look may be
        a day away. Files that have not settled are waited for, ten times ``settle_s`` at the most;
        a file that still changes then is left to the next planned run.

        Raises:
            Exception: As ``scan`` says, after the wait.
        """
        source = SOURCE.keys_of(plan)
        if source is None:
            return 0
        end = self._monotonic() + timedelta(seconds=source.settle_s) * EMPTY_SETTLES
        added, failure = self._look(plan.name, source)
        while wait_s := self._wait_s(plan.name, source, end):
            if self._pause(wait_s):
                break
            more, failure = self._look(plan.name, source)  # tries again what failed before
            added += more
        if failure is not None:
            raise failure
        return added

    def left(self, plan: Workflow) -> str:
        """Return a sentence on the files that the last look left, or an empty string."""
        source = SOURCE.keys_of(plan)
        names = [] if source is None else [*self._settling.unsettled(plan.name, source.settle_s)]
        if not names:
            return ""
        return fill(STILL_WRITTEN, {"count": len(names), "name": printable_name(names[0].name)})

    def interrupt(self) -> None:
        """End every look that waits for a file; no later look waits."""
        self._ending.set()

    def scan(self, plan: Workflow) -> int:
        """Take every complete file of the workflow's folder; return the number of new items.

        A file that cannot be taken for no fault of its own stays in the folder for the next scan
        and delays no other file.

        Raises:
            Exception: Why the last such file could not be taken, after all were tried.
        """
        source = SOURCE.keys_of(plan)
        added, failure = (0, None) if source is None else self._look(plan.name, source)
        if failure is not None:
            raise failure
        return added

    def _look(self, workflow: str, source: FolderSource) -> tuple[int, Exception | None]:
        """Take the complete files; return the number of new items, and what went wrong last."""
        folder = self.context.inbox / source.folder
        folder.mkdir(parents=True, exist_ok=True)
        added, failure = 0, None
        for file in self._settling.complete(workflow, folder, source.pattern, source.settle_s):
            try:
                with self._one_file:
                    added += self._take(file, workflow)
            except FileNotFoundError:
                continue  # another process was first
            except StillChanging:
                self._settling.disturbed(workflow, file)
            except Exception as error:  # noqa: BLE001 - the other files come first
                failure = error
                self._report(file, self._settling.seen(workflow, file), error)
        return added, failure

    def _wait_s(self, workflow: str, source: FolderSource, end: timedelta) -> float:
        """Return the seconds until the next file settles, or 0 if none will by *end*."""
        instants = [at for at in self._settling.pending(workflow, source.settle_s) if at <= end]
        if not instants:
            return 0.0
        return max(0.001, (min(instants) - self._monotonic()).total_seconds())

    def _take(self, file: Path, workflow: str) -> int:
        try:
            taken = self.context.files.take(file, workflow)
        except InputRejected as error:
            self._reject(file, workflow, error)
            return 0
        stamp = f"{self._now():%Y%m%dT%H%M%S%fZ}"
        self._move(file, file.parent / "accepted" / f"{stamp}-{printable_name(file.name)}")
        return taken.added

    def _reject(self, file: Path, workflow: str, error: InputRejected) -> None:
        name = printable_name(file.name)
        place = file.parent / "rejected" / name
        if place.exists():
            place = place.with_name(f"{self._now():%Y%m%dT%H%M%S%fZ}-{name}")
        place.parent.mkdir(exist_ok=True)
        self._engine.event(
            Kind.FILE_REJECTED,
            "The file {file} was rejected: {problem}. {remedy}",
            level=Level.WARNING,
            file=name,
            workflow=workflow,
            place=error.place,
            problem=error.problem,
            remedy=error.remedy,
        )
        partial = place.with_name(f".{place.name}.txt.part")
        partial.write_text(note(error), encoding="utf-8")
        partial.replace(place.with_name(f"{place.name}.txt"))  # first: no file without its note
        self._move(file, place)

    def _move(self, file: Path, place: Path) -> None:
        place.parent.mkdir(exist_ok=True)
        file.rename(place)
        remove_origin(file)

    def _report(self, file: Path, seen: FileState, error: Exception) -> None:
        """Write the failure to the run log, once for each state of the file."""
        if self._reported.get(file) == seen:
            return
        self._reported[file] = seen
        problem = str(error) if isinstance(error, ClerkworkError) else repr(error)
        self._engine.event(
            Kind.EXCEPTION,
            "The file {file} could not be taken and stays in the inbox: {problem}",
            level=Level.ERROR,
            file=printable_name(file.name),
            problem=problem[:500],
        )


SOURCE = Source(
    key="source",
    keys=FolderSource,
    summary="Folder of files that its items come from.",
    open=FolderIntake,
)
