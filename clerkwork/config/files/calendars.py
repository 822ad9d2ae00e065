"""Reads the business calendars: the project's in ``config/calendars/``, and the shipped ones.

A file of the project replaces a shipped one with the same name.
"""

from pathlib import Path

from clerkwork.config.files.yaml_files import read_shipped_and_own
from clerkwork.errors import ConfigError
from clerkwork.model.project.calendars import Calendar

SHIPPED = Path(__file__).parent / "shipped"
FOLDER = Path("config", "calendars")


def load_calendars(root: Path) -> dict[str, Calendar]:
    """Return the calendars that the project in *root* may use, by name.

    Raises:
        ConfigError: The first problem found in ``config/calendars/*.yaml``.
    """
    found, problems = read_calendars(root)
    if problems:
        raise problems[0]
    return found


def read_calendars(root: Path) -> tuple[dict[str, Calendar], list[ConfigError]]:
    """Return each readable calendar, and all problems of all calendar files."""
    return read_shipped_and_own(Calendar, SHIPPED, root, FOLDER)
