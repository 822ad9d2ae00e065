"""Make a new project with one bot, its cases and its test."""

import re
import shutil
from pathlib import Path
from typing import Annotated

import typer

from clerkwork.errors import UsageError

SCAFFOLD = Path(__file__).parent.parent / "scaffold"
NAME = "PROJECT_NAME"
NAMED = ("pyproject.toml", "README.md")


def command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; new or empty.")],
) -> None:
    """Make a new project with the usual folders and one bot whose test passes as it stands."""
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
    typer.echo(f"Made {folder}. Next: cd {folder} && pytest && clerkwork check")


def _name(folder: Path) -> str:
    """Return a name that packaging tools accept, made of the folder's."""
    return re.sub(r"[^a-z0-9]+", "-", folder.resolve().name.lower()).strip("-") or "project"
