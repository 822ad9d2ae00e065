"""Finds the complete files of a folder: those that nothing changed for long enough.

What counts is the file's age, so that the first look of a new process takes what has lain there for
a while; a daily schedule gives no second look before tomorrow. A time in the future says nothing of
the age: then the file is complete when a second look finds it as the first one did.
"""

import fnmatch
import os
import stat
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart")
EMPTY_SETTLES = 10  # an empty file is often one that is about to be written


@dataclass(frozen=True, slots=True)
class FileState:
    """A file as a look found it.

    Attributes:
        size: In bytes.
        changed_ns: The last change of content or name, by the clock of the file system.
        since: By the monotonic clock, since when it has been so.
    """

    size: int
    changed_ns: int
    since: timedelta

    def same_as(self, other: "FileState") -> bool:
        """Return whether nothing changed between two looks."""
        return (self.size, self.changed_ns) == (other.size, other.changed_ns)

    def settles(self, settle: timedelta) -> timedelta:
        """Return when the file is complete unless it changes, by the monotonic clock."""
        return self.since + settle * (1 if self.size else EMPTY_SETTLES)


def folder_clock(folder: Path) -> int | None:
    """Return the present time of *folder*'s file system in ns since 1970, or None if unknown.

    Only this clock may be compared with the times of its files: a network share has its own, and
    ours may have been set. It is read from a hidden file that is deleted at once.
    """
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".clock-") as probe:
            return os.fstat(probe.fileno()).st_mtime_ns
    except OSError:
        return None  # such as on a full disk; the age of the files is then unknown


class Settling:
    """Remembers what each workflow's last look found."""

    def __init__(
        self,
        monotonic: Callable[[], timedelta],
        folder_clock: Callable[[Path], int | None] = folder_clock,
    ) -> None:
        """Begin with nothing seen.

        Args:
            monotonic: A monotonic clock.
            folder_clock: See the function of this name.
        """
        self._monotonic = monotonic
        self._folder_clock = folder_clock
        self._seen: dict[str, dict[Path, FileState]] = {}

    def complete(self, workflow: str, folder: Path, pattern: str, settle_s: float) -> list[Path]:
        """Look into the workflow's folder; return its complete files, sorted by name.

        Args:
            workflow: Whose folder it is.
            folder: The folder.
            pattern: Only files whose name matches this glob count.
            settle_s: Seconds for which nothing must have changed a complete file.
        """
        known = self._seen.get(workflow, {})
        found = _files(folder, pattern, self._monotonic())
        present = {
            file: before if (before := known.get(file)) and before.same_as(seen) else seen
            for file, seen in found.items()
        }
        fresh = [file for file, seen in present.items() if seen is found[file]]
        present |= self._aged(folder, {file: present[file] for file in fresh})
        self._seen[workflow] = present
        now, settle = self._monotonic(), timedelta(seconds=settle_s)
        return [file for file, seen in sorted(present.items()) if seen.settles(settle) <= now]

    def seen(self, workflow: str, file: Path) -> FileState:
        """Return what the last look found; the file must be one that it returned."""
        return self._seen[workflow][file]

    def disturbed(self, workflow: str, file: Path) -> None:
        """Restart the settling of a file that was written to while it was read."""
        before = self._seen[workflow][file]
        self._seen[workflow][file] = FileState(before.size, before.changed_ns, self._monotonic())

    def pending(self, workflow: str, settle_s: float) -> list[timedelta]:
        """Return when each file that has not settled will have, by the monotonic clock."""
        return list(self.unsettled(workflow, settle_s).values())

    def unsettled(self, workflow: str, settle_s: float) -> dict[Path, timedelta]:
        """Return the files that have not settled, sorted by name, each with when it will have."""
        now, settle = self._monotonic(), timedelta(seconds=settle_s)
        found = sorted(self._seen.get(workflow, {}).items())
        instants = {file: seen.settles(settle) for file, seen in found}
        return {file: instant for file, instant in instants.items() if instant > now}

    def _aged(self, folder: Path, fresh: dict[Path, FileState]) -> dict[Path, FileState]:
        """Return the files seen for the first time with the time they have lain there already."""
        present_ns = self._folder_clock(folder) if fresh else None
        if present_ns is None:
            return fresh
        return {
            file: FileState(
                seen.size,
                seen.changed_ns,
                seen.since - timedelta(microseconds=max(0, present_ns - seen.changed_ns) // 1000),
            )
            for file, seen in fresh.items()
        }


def _files(folder: Path, pattern: str, now: timedelta) -> dict[Path, FileState]:
    with os.scandir(folder) as entries:
        looks = (
            (Path(entry.path), _look(entry, now))
            for entry in entries
            if _wanted(entry.name, pattern)
        )
        return {file: seen for file, seen in looks if seen is not None}


def _wanted(name: str, pattern: str) -> bool:
    if name.startswith((".", "~$")) or name.lower().endswith(UNFINISHED):
        return False
    return fnmatch.fnmatch(name.lower(), pattern.lower())


def _look(entry: "os.DirEntry[str]", now: timedelta) -> FileState | None:
    try:
        found = entry.stat(follow_symlinks=False)
    except FileNotFoundError:
        return None  # it went away between two looks
    if not stat.S_ISREG(found.st_mode):
        return None  # a folder, or a link, which could point anywhere
    # a program may set the time of change back while it still writes, but not this other one
    changed_ns = max(found.st_mtime_ns, found.st_ctime_ns)
    return FileState(found.st_size, changed_ns, now)
