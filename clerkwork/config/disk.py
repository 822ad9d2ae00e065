"""Disk usage of folders."""

import shutil
from collections.abc import Iterable
from pathlib import Path


def used_percent(folder: Path) -> float:
    """Return the used share of the folder's disk from 0 to 100, as an ordinary user sees it."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    usage = shutil.disk_usage(folder)
    return 100 * (1 - usage.free / usage.total)


def fullest_percent(folders: Iterable[Path]) -> float:
    """Return the used share of the fullest of the folders' disks, from 0 to 100."""
    return max(map(used_percent, folders), default=0.0)
