"""The checks of ``clerkwork doctor`` on this machine, each with its remedy.

The checks of a running project are in ``clerkwork.insight.checks``.
"""

import platform
import shutil
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from clerkwork.config.settings import DocumentSettings, Settings
from clerkwork.errors import ApplicationException, ClerkworkError, ConfigError, StoreLost
from clerkwork.insight.health import CheckResult, State

OLDEST_PYTHON = (3, 11)
TIMEOUT_S = 10
CONNECT_TIMEOUT_S = 3
DRIVER_REMEDY = "install the library it names; Debian: apt-get install libatomic1"


def python() -> CheckResult:
    """Check the version of Python."""
    found = platform.python_version()
    if sys.version_info < OLDEST_PYTHON:
        return _failed("python", found, "install Python 3.11 or later")
    return _ok("python", found)


def sqlite() -> CheckResult:
    """Check the version of SQLite that opens the store."""
    try:
        from pysqlite3 import dbapi2

        from clerkwork.store.database import OLDEST_SQLITE
    except ImportError as error:
        return _failed("sqlite", str(error), "install it: pip install 'pysqlite3>=0.6'")
    if dbapi2.sqlite_version_info < OLDEST_SQLITE:
        return _failed("sqlite", dbapi2.sqlite_version, "pip install --upgrade 'pysqlite3>=0.6'")
    return _ok("sqlite", dbapi2.sqlite_version)


def machine(settings: Settings) -> list[CheckResult]:
    """Check the programs that bots need, as named in the settings."""
    return [
        tesseract(settings.documents.languages),
        engines(settings.documents),
        browser(settings.browser.executable),
    ]


def tesseract(languages: str) -> CheckResult:
    """Check for tesseract and its languages.

    Args:
        languages: The required languages, joined by ``+``.
    """
    program = shutil.which("tesseract")
    if program is None:
        remedy = "apt-get install tesseract-ocr tesseract-ocr-chi-sim"
        return _failed("tesseract", "not found", remedy)
    version, listed = _output(program, "--version"), _output(program, "--list-langs")
    present = set(listed.split("\n")[1:])
    missing = [language for language in languages.split("+") if language not in present]
    if missing:
        packages = " ".join(f"tesseract-ocr-{name.replace('_', '-')}" for name in missing)
        return _failed("tesseract", f"without {', '.join(missing)}", f"apt-get install {packages}")
    return _ok("tesseract", f"{version.split(chr(10))[0]}, {languages}")


def engines(settings: DocumentSettings) -> CheckResult:
    """Check which OCR engines are available and which of them the settings choose."""
    from clerkwork.documents.ocr.contract import AUTO, choose, find_engines

    found = {name: engine.missing() for name, engine in find_engines(settings).items()}
    lacking = [f"{name}: {missing}" for name, missing in found.items() if missing]
    try:
        chosen = choose(settings)
    except ApplicationException as error:
        # With `auto`, the line of tesseract reports the failure.
        state = State.WARN if settings.engine == AUTO else State.FAIL
        remedy = "; ".join(lacking) or f"set documents.engine to {AUTO}"
        return CheckResult(check="ocr engines", state=state, message=str(error), advice=remedy)
    said = f"{chosen.first.name} {chosen.first.version()}"
    if chosen.second is not None:
        return _ok("ocr engines", f"{said}, confirmed by {chosen.second.name}")
    advice = [text for text in lacking if not text.startswith("replay")]
    if settings.engine == AUTO and advice:
        return CheckResult(
            check="ocr engines",
            state=State.WARN,
            message=f"{said} alone",
            advice="; ".join(advice),
        )
    return _ok("ocr engines", f"{said} alone")


def browser(setting: str) -> CheckResult:
    """Check for the Chromium that bots use.

    Args:
        setting: Value of ``browser.executable``.
    """
    from clerkwork.browser.process.executable import find

    try:
        found = find(setting, _playwrights_own)
    except ApplicationException as error:
        return _failed("chromium", "not found", str(error))
    if problem := _driver_problem():
        return _failed("chromium", f"Playwright's driver does not start: {problem}", DRIVER_REMEDY)
    version = _output(found.path, "--version").split("\n")[0] or "unknown version"
    return _ok("chromium", f"{version} at {found.path} ({found.origin})")


def files(problems: Sequence[ConfigError]) -> CheckResult:
    """Check the project's files."""
    if not problems:
        return _ok("project files", "no problems")
    found = f"{len(problems)} problems, the first: {problems[0]}"
    return _failed("project files", found, "clerkwork check")


def running(root: Path) -> list[CheckResult]:
    """Run the checks that `/health` and the page Today show."""
    from contextlib import closing

    from clerkwork.app import open_readable
    from clerkwork.insight.checks import look_at

    try:
        app = open_readable(root, create=False)
    except StoreLost as error:
        return [_failed("store", str(error), "docs/how-to/runbook.md")]
    except ClerkworkError as error:
        remedy = "correct store.url in config/, or the permissions of its folder"
        return [_failed("store", str(error), remedy)]
    with closing(app):
        return look_at(app.engine.core, app.settings, app.root)


def targets(root: Path) -> list[CheckResult]:
    """Check that each target's address answers."""
    from clerkwork.config.files.targets import read_targets

    found, _problems = read_targets(root)
    return [_target(name, target.base_url) for name, (target, _) in sorted(found.items())]


def _target(name: str, address: str) -> CheckResult:
    parts = urlsplit(address)
    check = f"target {name}"
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
        socket.create_connection((parts.hostname or "", port), CONNECT_TIMEOUT_S).close()
    except (OSError, ValueError) as error:
        remedy = f"start it, or correct base_url in config/targets/{name}/target.yaml"
        return _failed(check, f"{address} does not answer: {error}", remedy)
    return _ok(check, f"{address} answers")


def _playwrights_own() -> str:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def _driver_problem() -> str:
    """Return why Playwright's driver, a Node.js program, does not start; empty if it does."""
    done = subprocess.run(
        [sys.executable, "-m", "playwright", "--version"],
        capture_output=True,
        text=True,
        check=False,
    )
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["no reason"])[-1]


def _output(program: str, option: str) -> str:
    try:
        done = subprocess.run(
            [program, option], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return (done.stdout or done.stderr).strip()


def _ok(check: str, found: str) -> CheckResult:
    return CheckResult(check=check, state=State.OK, message=found)


def _failed(check: str, found: str, remedy: str) -> CheckResult:
    return CheckResult(check=check, state=State.FAIL, message=found, advice=remedy)
