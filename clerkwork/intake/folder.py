"""Watches a workflow's folder: takes each file once it is complete, and puts it where it belongs.

The order of the acts is what makes a crash harmless: a copy is kept, the items are added, and only
then the file leaves the inbox. A file that is taken a second time adds nothing.
"""

import fnmatch
import os
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from clerkwork import clock
from clerkwork.config.settings import Settings
from clerkwork.errors import ClerkworkError, InputRejected
from clerkwork.intake.engine import Engine, Prober, Taken
from clerkwork.intake.evidence import StillChanging
from clerkwork.intake.notice import note
from clerkwork.intake.taking import FileTaker
from clerkwork.model.events import Kind, Level
from clerkwork.model.queues import Batch
from clerkwork.model.workflows import FolderSource, Workflow

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
EMPTY_SETTLES = 10  # an empty file is often one that is about to be written


@dataclass(frozen=True, slots=True)
class _Seen:
    size: int
    changed_ns: int
    since: timedelta

    def same_as(self, other: "_Seen") -> bool:
        return (self.size, self.changed_ns) == (other.size, other.changed_ns)

    def settled(self, now: timedelta, settle: timedelta) -> bool:
        return now - self.since >= settle * (1 if self.size else EMPTY_SETTLES)


class FolderIntake:
    """Scans the inbox folders of the project's workflows; one scan at a time."""

    def __init__(
        self,
        root: Path,
        settings: Settings,
        workflows: Mapping[str, Workflow],
        engine: Engine,
        reader: Prober,
        *,
        now: clock.Clock = clock.now,
        monotonic: Callable[[], timedelta] = clock.monotonic,
    ) -> None:
        """Prepare the intake; nothing is read yet.

        Args:
            root: The project's folder.
            settings: Names the folders.
            workflows: The project's workflows by name.
            engine: Takes the items.
            reader: Tells documents from other files.
            now: The wall clock, for the names of accepted files.
            monotonic: A clock that nobody can set, for the settling of files.
        """
        self._inbox = root / settings.folders.inbox
        self._workflows = workflows
        self._engine = engine
        self._taker = FileTaker(root, settings, workflows, engine, reader)
        self._now = now
        self._monotonic = monotonic
        self._seen: dict[str, dict[Path, _Seen]] = {}
        self._reported: dict[Path, _Seen] = {}

    def scan(self, workflow: str) -> int:
        """Take every complete file of the workflow's folder; return the number of new items.

        A file that cannot be taken for no fault of its own stays where it is for the next scan;
        it holds up no other file.

        Raises:
            Exception: Whatever kept the last such file from being taken, after all were tried.
        """
        source = self._workflows[workflow].source
        if source is None:
            return 0
        folder = self._inbox / source.folder
        folder.mkdir(parents=True, exist_ok=True)
        added, failure = 0, None
        for file in self._complete(folder, workflow, source):
            try:
                added += self._take(file, workflow)
            except (FileNotFoundError, StillChanging):
                continue  # another process was first, or the file is not complete after all
            except Exception as error:  # noqa: BLE001 - the other files come first
                failure = error
                self._report(file, self._seen[workflow][file], error)
        if failure is not None:
            raise failure
        return added

    def put(self, file: Path, workflow: str, batch: Batch | None = None) -> Taken:
        """Take one file that stays where it is, such as one named on the command line.

        Raises:
            InputRejected: The file is not what it claims to be; nothing was added.
            UsageError: The workflow takes no files, or the batch is not what was declared.
        """
        return self._taker.take(file, workflow, batch)

    def close(self) -> None:
        """End the child process that workbooks are read in."""
        self._taker.close()

    def _take(self, file: Path, workflow: str) -> int:
        try:
            taken = self._taker.take(file, workflow)
        except InputRejected as error:
            self._reject(file, workflow, error)
            return 0
        stamp = f"{self._now():%Y%m%dT%H%M%S%fZ}"
        self._move(file, file.parent / "accepted" / f"{stamp}-{file.name}")
        return taken.added

    def _reject(self, file: Path, workflow: str, error: InputRejected) -> None:
        place = file.parent / "rejected" / file.name
        if place.exists():
            place = place.with_name(f"{self._now():%Y%m%dT%H%M%S%fZ}-{file.name}")
        place.parent.mkdir(exist_ok=True)
        self._engine.event(
            Kind.FILE_REJECTED,
            "The file {file} was rejected: {problem}. {remedy}",
            level=Level.WARNING,
            file=file.name,
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

    def _complete(self, folder: Path, workflow: str, source: FolderSource) -> list[Path]:
        """Return the files whose size and time of change stayed the same for long enough."""
        now = self._monotonic()
        known = self._seen.get(workflow, {})
        present: dict[Path, _Seen] = {}
        with os.scandir(folder) as entries:
            for entry in entries:
                if _wanted(entry.name, source.pattern) and (seen := _look(entry, now)):
                    file = Path(entry.path)
                    before = known.get(file)
                    present[file] = before if before and before.same_as(seen) else seen
        self._seen[workflow] = present
        settle = timedelta(seconds=source.settle_s)
        return [file for file, seen in sorted(present.items()) if seen.settled(now, settle)]

    def _report(self, file: Path, seen: _Seen, error: Exception) -> None:
        """Write the failure to the run log, once for each state of the file."""
        if self._reported.get(file) == seen:
            return
        self._reported[file] = seen
        problem = str(error) if isinstance(error, ClerkworkError) else repr(error)
        self._engine.event(
            Kind.EXCEPTION,
            "The file {file} could not be taken and stays in the inbox: {problem}",
            level=Level.ERROR,
            file=file.name,
            problem=problem[:500],
        )


def _wanted(name: str, pattern: str) -> bool:
    if name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED):
        return False
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def _look(entry: "os.DirEntry[str]", now: timedelta) -> _Seen | None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # it went away between two looks
    if not stat.S_ISREG(found.st_mode):
        return None  # a folder, or a link, which could point anywhere
    return _Seen(found.st_size, found.st_mtime_ns, now)
