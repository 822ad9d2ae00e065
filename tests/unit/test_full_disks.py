"""Which disk stops what: evidence by its own, claims by those of the store and the logs."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from clerkwork.app import open_bare
from clerkwork.config.disk import fullest_percent, used_percent
from tests.fixtures_cli import Shell

MB = 2**20
SIZE = 40
FOLDERS = """[folders]
evidence = "disk/evidence"
[store]
url = "sqlite:///store/clerkwork.db"
"""


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Mount a small disk of its own, which only root may."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}m", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root may mount a disk")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def project(root: Path, settings: str) -> Path:
    for folder in ("workflows", "config"):
        (root / folder).mkdir()
    (root / "config" / "default.toml").write_text(settings)
    return root


def fill(disk: Path, percent: float) -> None:
    """Fill the disk to this share in use, including what is on it already."""
    file = disk / "filling"
    file.unlink(missing_ok=True)
    file.write_bytes(b"x" * int(SIZE * MB * (percent - used_percent(disk)) / 100))


def stopped(root: Path) -> tuple[bool, bool, bool]:
    """Return whether the evidence, the intake and the claims of the project stop."""
    app = open_bare(root)
    try:
        limits = app.settings.retention
        evidence = used_percent(app.evidence) >= limits.disk_evidence_percent
        return evidence, app.cannot_take_in(), app.cannot_claim()
    finally:
        app.close()


def test_a_full_disk_of_the_evidence_stops_no_claims(tmp_path: Path, disk: Path) -> None:
    """It stops evidence at 85 %, the taking in of files at 92 %."""
    rest = "[retention]\ndisk_claims_percent = {limit}\n"
    limit = max(92.0, used_percent(tmp_path) + 1)
    root = project(tmp_path, FOLDERS + rest.format(limit=limit))
    found = []
    for percent in (80, 88, 99):
        fill(disk, percent)
        found.append(stopped(root))
    assert found == [(False, False, False), (True, False, False), (True, True, False)]


@pytest.mark.parametrize("part", ["store", "logs"])
def test_the_fuller_disk_of_store_and_logs_stops_claims(
    tmp_path: Path, disk: Path, part: str
) -> None:
    """Evidence on a disk with room goes on meanwhile."""
    (tmp_path / part).symlink_to(disk)
    here = used_percent(tmp_path) + 1
    limits = (
        f"[retention]\ndisk_evidence_percent = {here}\ndisk_claims_percent = {max(92.0, here)}\n"
    )
    root = project(tmp_path, FOLDERS.replace("disk/evidence", "evidence") + limits)
    found = []
    for percent in (50, 97):
        fill(disk, percent)
        found.append(stopped(root))
    assert found == [(False, False, False), (False, True, True)]


def test_the_fullest_disk_counts(tmp_path: Path, disk: Path) -> None:
    """A second disk that is nearly empty makes no difference."""
    fill(disk, 99)
    assert fullest_percent([tmp_path, disk]) == max(used_percent(tmp_path), used_percent(disk))


def test_a_full_disk_refuses_what_is_put_in(worked: Shell) -> None:
    """The command says what to do, and adds nothing."""
    with (worked.root / "config" / "default.toml").open("a") as settings:
        settings.write("\n[retention]\ndisk_claims_percent = 0\n")
    before = worked("items", "--json").data
    refused = worked("submit", "expenses", __file__)
    assert (refused.status, "Free space" in refused.err, worked("items", "--json").data) == (
        1,
        True,
        before,
    )
