"""The folder a browser keeps its profile and sockets in while it runs.

Chromium leaves all of it behind when it is killed, so the folder is removed by whoever comes next:
its lock is held as long as its worker lives, and the kernel gives the lock back however that ends.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "clerkwork-"
LOCK = ".browser-lock"
LONGEST = 60  # characters; Chromium puts a socket into it, whose path the kernel limits to 107


class ProfileFolder:
    """A folder that is there until it is removed, or until the next one finds it without an owner.

    Attributes:
        path: The folder.
    """

    def __init__(self) -> None:
        base = Path(tempfile.gettempdir())
        if len(str(base)) > LONGEST - len(PREFIX) - 8:
            base = Path("/tmp")  # noqa: S108 - mkdtemp below makes the folder private
        for left in base.glob(f"{PREFIX}*/{LOCK}"):
            _remove_if_orphaned(left)
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX, dir=base))
        self._lock = os.open(self.path / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC)
        fcntl.flock(self._lock, fcntl.LOCK_EX)

    def remove(self) -> None:
        """Remove the folder; what a dying process still holds open goes with its last file."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_if_orphaned(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # somebody else's, or just removed
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    except BlockingIOError:
        pass  # its worker lives
    finally:
        os.close(descriptor)
