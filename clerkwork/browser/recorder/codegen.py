"""Records a person's session with Playwright's recorder, until its window is closed."""

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
EXECUTABLE = "PWTEST_CLI_EXECUTABLE_PATH"  # the recorder has no option for it


def record(url: str, *, executable: str, environment: Mapping[str, str] | None = None) -> str:
    """Open *url* in the recorder; when it is closed, return the recorded script.

    The script contains the typed password, so it is written to a temporary folder that only this
    user can read, and deleted with it.

    Args:
        url: The first page.
        executable: Path of the browser.
        environment: Environment variables to use instead of those of the process.

    Raises:
        UsageError: There is no display for the browser's window.
        ApplicationException: ``recorder_failed``: the recorder ended without a recording.
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
    """Check that there is a display for the browser's window.

    Raises:
        UsageError: *environment* names none.
    """
    if not (environment.get("DISPLAY") or environment.get("WAYLAND_DISPLAY")):
        raise UsageError(
            "recording needs a display, and DISPLAY is not set; run it on a desktop or under Xvfb,"
            " or use a script that was recorded elsewhere with --from"
        )


def _end(recorder: "subprocess.Popen[bytes]") -> None:
    """End the recorder and its browser if they are still running."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(recorder.pid, signal.SIGTERM)
    try:
        recorder.wait(END_S)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(recorder.pid, signal.SIGKILL)
        recorder.wait()
