"""The lines of the run log in their files; those that cannot be written follow when they can.

The store has every event before its line is written, so a file that cannot be written is no failure
of what the line tells of. The file is opened, written and closed for every line, so that it can be
read to its last line whatever happens to the process.
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
MOST_MISSED = 10_000  # lines that this process remembers; the store has all
OWNER = "Give it to the user that the service runs as: `chown -R USER {path}`."
ROOM = "Make room there, also for more files (`df -i {path}`)."
MOUNT = "Mount its disk for writing."
FOLDER = "{path} must be a folder: move away what stands there."
OTHER = "Look at the folder and its disk."
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
        why: What the system says.
        advice: What to do; may hold ``{path}``.
    """

    path: str
    why: str
    advice: str


class LogLines:
    """Appends lines to the files of one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._missed: deque[tuple[str, str]] = deque(maxlen=MOST_MISSED)

    def append(self, name: str, line: str) -> LogProblem | None:
        """Append *line* to the file *name*, after all that was missed; return why it cannot be."""
        with self._lock:
            self._missed.append((name, line))
            return self._tried(self._write)

    def problem(self) -> LogProblem | None:
        """Return why lines cannot be written now, or None; what was missed is written first."""
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
            except (FileNotFoundError, NotADirectoryError):  # made here, or named by its own error
                self._folder.mkdir(parents=True, exist_ok=True)
                self._add(name, line)
            self._missed.popleft()

    def _add(self, name: str, line: str) -> None:
        with (self._folder / f"{name}.jsonl").open("a+b") as file:
            file.write(_break(file) + line.encode() + b"\n")

    def _probe(self) -> None:
        """Try whether files can be made and written, and leave none behind of another owner."""
        there = next(path for path in (self._folder, *self._folder.parents) if path.exists())
        try:
            tempfile.TemporaryFile(dir=there).close()
        except OSError as error:
            error.filename = str(there)  # not the file's: nobody knows its name
            raise
        common = self._folder / f"{SYSTEM}.jsonl"
        if common.exists():
            common.open("ab").close()


def _break(file: BinaryIO) -> bytes:
    """Return the end that the last line of *file* lacks, because it could not be written whole."""
    if file.seek(0, os.SEEK_END) == 0:
        return b""
    file.seek(-1, os.SEEK_END)
    return b"" if file.read(1) == b"\n" else b"\n"
