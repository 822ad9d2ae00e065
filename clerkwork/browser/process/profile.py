"""The temporary folder for a browser's profile and sockets.

Chromium leaves the folder behind when it is killed. The next browser removes such orphaned folders:
a worker locks its folder as long as it lives, and the kernel releases the lock of a dead worker.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

PREFIX = "clerkwork-"
LOCK = ".browser-lock"
LONGEST = 60  # characters; it will contain a socket, whose path the kernel limits to 107


class ProfileFolder:
    """A new folder; creating it also removes the orphaned folders of dead workers.

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
        """Remove the folder; files that a dying process still has open vanish when it ends."""
        shutil.rmtree(self.path, ignore_errors=True)
        os.close(self._lock)


def _remove_if_orphaned(lock: Path) -> None:
    try:
        descriptor = os.open(lock, os.O_RDWR | os.O_CLOEXEC)
    except OSError:  # it belongs to another user, or was just removed
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(lock.parent, ignore_errors=True)
    except BlockingIOError:
        pass  # its worker lives
    finally:
        os.close(descriptor)
