"""The folder a browser works in."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from clerkwork.browser.process.profile import LONGEST, ProfileFolder

OWNER = """
import sys, tempfile
from clerkwork.browser.process.profile import ProfileFolder
tempfile.tempdir = sys.argv[1]
print(ProfileFolder().path, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def base(monkeypatch):
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)


def test_removed_folder_is_gone(base):
    """Nothing is left of it."""
    scratch = ProfileFolder()
    scratch.remove()
    assert list(base.iterdir()) == []


def test_folder_of_a_living_worker_is_left_alone(base):
    """Two workers on one machine do not take each other's browser away."""
    first, second = ProfileFolder(), ProfileFolder()
    assert sorted(base.iterdir()) == sorted([first.path, second.path])
    first.remove()
    second.remove()


def test_folder_of_a_killed_worker_is_removed_by_the_next(base):
    """What kill -9 left behind does not pile up."""
    command = [sys.executable, "-c", OWNER, str(base)]
    owner = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    left = Path(owner.stdout.readline().decode().strip())
    owner.kill()
    owner.communicate()
    before = left.exists()
    scratch = ProfileFolder()
    assert (before, left.exists()) == (True, False)
    scratch.remove()


def test_folder_with_a_long_path_is_avoided(base, monkeypatch):
    """Chromium's socket would not fit."""
    long = base / ("x" * LONGEST)
    long.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(long))
    scratch = ProfileFolder()
    assert len(str(scratch.path)) <= LONGEST
    scratch.remove()
