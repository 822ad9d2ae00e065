"""The progress bar: on a terminal only."""

import os
import pty
import subprocess
import sys

import pytest

from clerkwork.cli.progress import settling
from tests.fixtures_project import HOME

CODE = """
from clerkwork.cli.progress import settling
with settling(shown=True) as advance:
    advance(1, 3)
    print('a line')
"""


def test_nothing_is_drawn_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    """Output that a program reads holds no bar."""
    with settling(shown=True) as advance:
        advance(1, 3)
    assert capsys.readouterr().out == ""


def test_a_terminal_shows_how_many_are_settled() -> None:
    """The bar shows the count, and printed lines do not break the bar."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen([sys.executable, "-c", CODE], cwd=HOME, stdout=theirs)
    process.wait()
    os.close(theirs)
    shown = os.read(ours, 65536).decode()
    os.close(ours)
    assert ("1/3" in shown, "a line" in shown) == (True, True)
