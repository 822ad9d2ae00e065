"""Finds a Chromium: the one in the settings, else the system's, else Playwright's own."""

import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from clerkwork.errors import ApplicationException

SYSTEM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@dataclass(frozen=True, slots=True, kw_only=True)
class BrowserProgram:
    """A browser that can be started.

    Attributes:
        path: Path of the program.
        origin: Where it was found, for the run log.
    """

    path: str
    origin: str


def find(setting: str, playwright_path: Callable[[], str]) -> BrowserProgram:
    """Return the Chromium to use.

    Args:
        setting: Value of ``browser.executable``; empty to search for one.
        playwright_path: Returns the path of Playwright's own Chromium, installed or not. It is
            called last, because it starts a process.

    Raises:
        ApplicationException: ``browser_missing``: the setting names no program, or none was found.
    """
    if setting:
        if not _runs(setting):
            raise ApplicationException(
                "browser_missing",
                "The setting browser.executable names {path}, which is not a program. Correct it in"
                " config/default.toml, or leave it empty to use the system's Chromium.",
                path=setting,
            )
        return BrowserProgram(path=setting, origin="the setting browser.executable")
    for name in SYSTEM_NAMES:
        if path := shutil.which(name):
            return BrowserProgram(path=path, origin=f"the system's {name}")
    if _runs(path := playwright_path()):
        return BrowserProgram(path=path, origin="Playwright's own")
    raise ApplicationException(
        "browser_missing",
        "No Chromium was found. Install the system's (apt-get install chromium) or Playwright's"
        " own (playwright install chromium), or name one in the setting browser.executable.",
    )


def _runs(path: str) -> bool:
    return Path(path).is_file() and os.access(path, os.X_OK)
