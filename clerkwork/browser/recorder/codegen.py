"""Watching a person: Playwright's recorder in the machine's browser, until its window is closed."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from clerkwork.errors import ApplicationException, UsageError

END_S = 5.0
EXECUTABLE = "PWTEST_CLI_EXECUTABLE_PATH"  # the one way to name a browser to the recorder


def record(url: str, *, executable: str, environment: Mapping[str, str] | None = None) -> str:
    """Open *url* in the recorder and return the script of what was done until it was closed.

    The script holds the password that was typed, so it is kept in a folder of its own that nobody
    else can read, and is gone with it.

    Args:
        url: The first page.
        executable: The browser's program.
        environment: Replaces the process's environment.

    Raises:
        UsageError: There is no screen for the browser's window.
        ApplicationException: ``recorder_failed``: the recorder ended before anything was recorded.
    """
    variables = dict(os.environ if environment is None else environment)
    require_display(variables)
    with tempfile.TemporaryDirectory(prefix="clerkwork-record-") as folder:
        script = Path(folder, "recorded.py")
        command = [sys.executable, "-m", "playwright", "codegen", "--target", "python"]
        recorder = subprocess.Popen(
            [*command, "--output", str(script), url],
            env=variables | {EXECUTABLE: executable},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        try:
            _, said = recorder.communicate()
        finally:
            _end(recorder)
        if recorder.returncode != 0 or not script.exists():
            raise ApplicationException(
                "recorder_failed",
                "Playwright's recorder ended without a recording: {reason}",
                reason=" ".join(said.decode(errors="replace").split())[-300:] or "it says nothing",
            )
        return script.read_text(encoding="utf-8")


def require_display(environment: Mapping[str, str]) -> None:
    """Do nothing if there is a screen for the browser's window.

    Raises:
        UsageError: *environment* names none.
    """
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise UsageError(
            "recording needs a screen, and DISPLAY names none; run it on a desktop (or under Xvfb),"
            " or take a script that was recorded elsewhere with --from"
        )


def _end(recorder: "subprocess.Popen[bytes]") -> None:
    """End the recorder and the browser that it started, if they are still there."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(recorder.pid, signal.SIGTERM)
    try:
        recorder.wait(END_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(recorder.pid, signal.SIGKILL)
        recorder.wait()
