"""Ways in which the folder of the logs cannot be written, and the way back from each."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Mend = Callable[[], None]


def put_file(logs: Path) -> Mend:
    """Put a file in the place of the folder, which stops root as well."""
    aside = logs.rename(logs.with_name("aside")) if logs.exists() else None
    logs.write_text("not a folder")

    def mend() -> None:
        logs.unlink()
        if aside is not None:
            aside.rename(logs)

    return mend


def mount(logs: Path, options: str) -> Mend:
    logs.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(logs)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    return lambda: subprocess.run(["umount", str(logs)], check=True) and None


def mount_read_only(logs: Path) -> Mend:
    return mount(logs, "size=1m,ro")


def mount_without_inodes(logs: Path) -> Mend:
    return mount(logs, "size=1m,nr_inodes=1")
