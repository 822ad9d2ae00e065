"""Appends the lines of the run log to their files; lines that cannot be written are retried.

The store has every event before its line is written, so a file that cannot be written does not
lose an event. The file is opened and closed for every line, so that all lines can be read even if
the process dies.
"""

import errno
import os
import tempfile
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

SYSTEM = "system"
MOST_MISSED = 10_000  # unwritten lines that this process keeps in memory; the store has all
OWNER = "Give it to the user that the service runs as: `chown -R USER {path}`."
ROOM = "Free space on its disk; inodes may be used up too (`df -i {path}`)."
MOUNT = "Mount its disk for writing."
FOLDER = "{path} must be a folder: move away the file that is there."
OTHER = "Check the folder and its disk."
ADVICE = {
    errno.EACCES: OWNER,
    errno.EPERM: OWNER,
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EROFS: MOUNT,
    errno.ENOTDIR: FOLDER,
    errno.EEXIST: FOLDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProblem:
    """Why the files of the run log cannot be written.

    Attributes:
        path: The folder or file.
        why: The error message of the system.
        advice: The remedy; may contain ``{path}``.
    """

    path: str
    why: str
    advice: str


class LogLines:
    """Appends lines to the files in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._missed: deque[tuple[str, str]] = deque(maxlen=MOST_MISSED)

    def append(self, name: str, line: str) -> LogProblem | None:
        """Append all missed lines and then *line* to the file *name*; return any problem."""
        with self._lock:
            self._missed.append((name, line))
            return self._tried(self._write)

    def problem(self) -> LogProblem | None:
        """Write the missed lines; return why lines cannot be written now, or None."""
        with self._lock:
            return self._tried(self._write) or self._tried(self._probe)

    def _tried(self, act: Callable[[], None]) -> LogProblem | None:
        try:
            act()
        except OSError as error:
            advice = ADVICE.get(error.errno or 0, OTHER)
            path = str(self._folder if error.filename is None else error.filename)
            return LogProblem(path=path, why=error.strerror or str(error), advice=advice)
        return None

    def _write(self) -> None:
        while self._missed:
            name, line = self._missed[0]
            try:
                self._add(name, line)
            except (
                FileNotFoundError,
                NotADirectoryError,
            ):  # mkdir creates it or says what is wrong
                self._folder.mkdir(parents=True, exist_ok=True)
                self._add(name, line)
            self._missed.popleft()

    def _add(self, name: str, line: str) -> None:
        with (self._folder / f"{name}.jsonl").open("a+b") as file:
            file.write(_break(file) + line.encode() + b"\n")

    def _probe(self) -> None:
        """Check that files can be created and written; leave no file owned by another user."""
        there = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        try:
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            error.filename = str(there)  # the random name of the temporary file says nothing
            raise
        common = self._folder / f"{SYSTEM}.jsonl"
        if common.exists():
            common.open("ab").close()


def _break(file: BinaryIO) -> bytes:
    """Return the missing newline if the last line of *file* was cut off, or nothing."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
