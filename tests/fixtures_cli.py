"""The command line in this process, and projects to try it on."""

import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clerkwork import clock
from clerkwork.cli.main import main

SMALL = '{"number": "E-1", "purpose": "Train", "amount": 42.5}'
LARGE = '{"number": "E-2", "purpose": "Dinner", "amount": 900}'
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a command came to."""

    status: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


def call(*arguments: object) -> Said:
    """Call a command in this process; what it imported of a project's bots is forgotten after."""
    out, err = io.StringIO(), io.StringIO()
    path = list(sys.path)
    bots = {name: part for name, part in sys.modules.items() if name.split(".")[0] == "bots"}
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = main([str(argument) for argument in arguments])
    finally:
        sys.path[:] = path
        for name in [name for name in sys.modules if name.split(".")[0] == "bots"]:
            del sys.modules[name]
        sys.modules.update(bots)
    return Said(status=status, out=out.getvalue(), err=err.getvalue())


class Shell:
    """Calls commands on one project."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: object) -> Said:
        return call("--project", self.root, *arguments)

    @contextlib.contextmanager
    def started(self, *arguments: object) -> Iterator["Process"]:
        """Start a command as a process, and end it with the block."""
        process = Process([str(argument) for argument in arguments], self.root)
        try:
            yield process
        finally:
            process.end()


class Process:
    """A command in a process of its own."""

    def __init__(self, arguments: list[str], root: Path) -> None:
        self.popen = subprocess.Popen(
            [sys.executable, "-c", "from clerkwork.cli.main import run; run()", *arguments],
            cwd=root,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )
        self.lines: list[str] = []

    def until(self, part: str) -> str:
        """Return the first further line that holds *part*."""
        deadline = clock.monotonic() + PATIENCE
        assert self.popen.stdout is not None
        while clock.monotonic() < deadline:
            line = self.popen.stdout.readline()
            self.lines.append(line)
            if part in line:
                return line.strip()
            if not line:
                break
        raise AssertionError(f"no line with {part!r} in {self.lines}")

    def ask_to_end(self, number: signal.Signals) -> int:
        """Send a signal and return the exit status."""
        self.popen.send_signal(number)
        return self.popen.wait(PATIENCE.total_seconds())

    def end(self) -> None:
        self.popen.kill()
        self.popen.wait()
        assert self.popen.stdout is not None
        self.popen.stdout.close()


@pytest.fixture(scope="session")
def worked_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A scaffolded project with one item done and one that waits for a person."""
    root = tmp_path_factory.mktemp("cli") / "demo"
    assert call("new", root).status == 0
    assert Shell(root)("run", "expenses", SMALL).status == 0
    assert Shell(root)("run", "expenses", LARGE).status == 3
    return root


@pytest.fixture
def worked(worked_once: Path, tmp_path: Path) -> Shell:
    """A copy of the worked project, to be changed at will."""
    return Shell(Path(shutil.copytree(worked_once, tmp_path / "demo")))


@pytest.fixture(scope="session")
def read_only(worked_once: Path) -> Shell:
    """The worked project itself, for commands that change nothing."""
    return Shell(worked_once)
