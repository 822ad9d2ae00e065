"""Notices that the file of an open SQLite store was deleted or replaced.

The system lets a process write on into a deleted file, whose content is gone when the last process
ends. So each commit looks afterwards whether the file is still at its path, which takes a
microsecond, and a transaction that was committed into a lost file is an error.
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
        # A connection of its own, never used before: through it a deleted file can be read.
        self._open = pysqlite.connect(str(file), check_same_thread=False)
        self._open.execute(ID).fetchall()  # to the end: a reader would hold up the journal

    def check(self) -> None:
        """Make sure that the same file is at the path.

        Raises:
            StoreLost: It was deleted, or another file is there.
        """
        found = _place(self.file)
        if found != self._place:
            what = "deleted" if found is None else "replaced by another file"
            raise StoreLost(f"{self.file} was {what} while this process worked with it.")

    def check_content(self, known: str) -> None:
        """Make sure that the file is the same and still has the id *known*.

        A file that another was copied over is the same file with other content.

        Raises:
            StoreLost: It is not.
        """
        self.check()
        try:
            with contextlib.closing(pysqlite.connect(f"file:{self.file}?mode=ro", uri=True)) as db:
                row = db.execute(ID).fetchone()
        except pysqlite.OperationalError as error:
            if "no such table" not in str(error):
                return  # busy, or too many files are open: nothing is known
            row = None
        except pysqlite.DatabaseError:
            row = None
        self.check()
        if row is None or row[0] != known:
            raise StoreLost(f"{self.file} was overwritten while this process worked with it.")

    def rescue(self, target: Path) -> bool:
        """Write what the lost file holds to *target*; False when its content was overwritten."""
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
    """Return device and inode of the file, or None if there is none."""
    try:
        found = file.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found.st_dev, found.st_ino
