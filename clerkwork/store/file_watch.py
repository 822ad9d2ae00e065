"""Detects that the file of an open SQLite store was deleted or replaced.

A process can keep writing into a deleted file, and the content is lost when the last process ends.
After each commit, the path is therefore checked, which takes a microsecond; a commit into a lost
file is reported as an error.
"""

import contextlib
from pathlib import Path

from pysqlite3 import dbapi2 as pysqlite

from clerkwork.errors import StoreLost

ID = "SELECT id FROM identity ORDER BY number DESC LIMIT 1"


class FileWatch:
    """The file of an open store.

    Attributes:
        file: Its path.
    """

    def __init__(self, file: Path) -> None:
        """Remember which file is at the path now."""
        self.file = file
        self._place = _place(file)
        # An unused connection of its own, because a deleted file can still be read through it.
        self._open = pysqlite.connect(str(file), check_same_thread=False)
        self._open.execute(ID).fetchall()  # read to the end: an open reader blocks checkpoints

    def check(self) -> None:
        """Check that the same file is still at the path.

        Raises:
            StoreLost: It was deleted, or another file is there.
        """
        found = _place(self.file)
        if found != self._place:
            what = "deleted" if found is None else "replaced by another file"
            raise StoreLost(f"{self.file} was {what} while this process worked with it.")

    def check_content(self, known: str) -> None:
        """Check that the file is the same and still has the id *known*.

        Copying another file over it keeps the file but replaces its content.

        Raises:
            StoreLost: The file or its id is another one.
        """
        self.check()
        try:
            with contextlib.closing(pysqlite.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
                row = db.execute(ID).fetchone()
        except pysqlite.OperationalError as error:
            if "no such table" not in str(error):
                return  # busy, or too many open files: the content is not known
            row = None
        except pysqlite.DatabaseError:
            row = None
        self.check()
        if row is None or row[0] != known:
            raise StoreLost(f"{self.file} was overwritten while this process worked with it.")

    def rescue(self, target: Path) -> bool:
        """Write the content of the lost file to *target*; False when it was overwritten."""
        if _place(self.file) == self._place:
            return False
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._open.execute("VACUUM INTO ?", (str(target),))
        except pysqlite.Error:
            return False
        return True

    def close(self) -> None:
        """Close the file."""
        self._open.close()


def _place(file: Path) -> tuple[int, int] | None:
    """Return device and inode of the file, or None if there is no file."""
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
