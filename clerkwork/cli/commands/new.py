"""Create a project with one bot, its cases and its test."""

import re
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from shlex import quote
from typing import Annotated

import typer

from clerkwork.cli.groups import Panel
from clerkwork.errors import UsageError

panel = Panel.START
SCAFFOLD = Path(__file__).parent.parent / "scaffold"
NAME = "PROJECT_NAME"
NAMED = ("pyproject.toml", "README.md")


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; new or empty.")],
) -> None:
    """Create a project with the usual folders and one bot whose test passes."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UsageError(f"{folder} exists and is not an empty folder; name another one")
    try:
        shutil.copytree(
            SCAFFOLD, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__")
        )
    except OSError as error:
        raise UsageError(f"{folder} cannot be written: {error.strerror or error}") from None
    (folder / "gitignore").rename(folder / ".gitignore")
    for name in NAMED:
        file = folder / name
        file.write_text(file.read_text("utf-8").replace(NAME, _name(folder)), "utf-8")
    (folder / "inbox").mkdir()
    typer.echo(f"Created {folder}. Next:")
    for line in _next_commands(folder):
        typer.echo(f"  {line}")


def _next_commands(folder: Path) -> list[str]:
    """Return shell commands that work with the installation that runs now."""
    python = Path(sys.executable)
    installed = [] if find_spec("pytest") else [f"{quote(str(python))} -m pip install pytest"]
    own = python.parent / "clerkwork"
    found = shutil.which("clerkwork")
    command = "clerkwork" if found and Path(found).resolve() == own.resolve() else quote(str(own))
    return [
        f"cd {quote(str(folder))}",
        *installed,
        f"{quote(str(python))} -m pytest",
        f"{command} check",
    ]


def _name(folder: Path) -> str:
    """Return the folder's name in a form that packaging tools accept."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "project"
