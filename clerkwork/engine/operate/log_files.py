"""Rotates the log files of this host by day, and deletes old ones.

The writers open the file for every line, so a file can be renamed while they write.
"""

import contextlib
from datetime import datetime
from pathlib import Path

from clerkwork.engine.log_lines import SYSTEM

MARK = ".tidied"


def tidy_logs(logs: Path, errors: Path, *, now: datetime, before: datetime) -> int:
    """Rotate the files that only grow, once a day, and delete old files.

    Args:
        logs: Folder of the run logs.
        errors: The error log.
        now: The present instant; its day becomes part of the names.
        before: Files last written before this instant are deleted.

    Returns:
        The number of deleted files.
    """
    runs = logs / "runs"
    for file in (runs / f"{SYSTEM}.jsonl", errors):
        aside = file.with_name(f"{file.stem}-{now:%Y-%m-%d}{file.suffix}")
        if not aside.exists():
            with contextlib.suppress(FileNotFoundError):  # none yet, or another process was first
                file.rename(aside)
    found = [*runs.glob("item-*.jsonl"), *runs.glob(f"{SYSTEM}-*.jsonl")]
    found += errors.parent.glob(f"{errors.stem}-*{errors.suffix}")
    deleted = 0
    for file in found:
        with contextlib.suppress(FileNotFoundError):
            if file.stat().st_mtime < before.timestamp():
                file.unlink()
                deleted += 1
    logs.mkdir(parents=True, exist_ok=True)
    (logs / MARK).touch()
    return deleted


def tidied_since(logs: Path, instant: datetime) -> bool:
    """Return whether the logs of this host were rotated since *instant*."""
    try:
        return (logs / MARK).stat().st_mtime >= instant.timestamp()
    except FileNotFoundError:
        return False
