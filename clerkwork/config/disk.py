"""How full the disk is that a folder is on."""

import shutil
from collections.abc import Iterable
from pathlib import Path


def used_percent(folder: Path) -> float:
    """Return the share of the disk in use, from 0 to 100, as it is for ordinary users."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return 100 * (1 - usage.free / usage.total)


def fullest_percent(folders: Iterable[Path]) -> float:
    """Return the share in use, from 0 to 100, of the fullest of the folders' disks."""
    return max(map(used_percent, folders), default=0.0)
