"""Finds and opens the project that a command works on."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from clerkwork.errors import ConfigError, StoreLost, UsageError

if TYPE_CHECKING:
    from loguru import Message

    from clerkwork.app import App
    from clerkwork.config.settings import Settings
    from clerkwork.safety.redact import Redactor
    from clerkwork.store.database import Store

MARKS = ("workflows", "config")
OUTSIDE = Path(tempfile.gettempdir()) / "clerkwork-errors.log"
_last: list[Path] = []  # the project of the current command, for the report of a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Settings and store of a project, for commands that only read; fast to open."""

    root: Path
    settings: "Settings"
    store: "Store"


def find_root(context: typer.Context) -> Path:
    """Return the project's folder: the option's, or the nearest one at or above this folder.

    Raises:
        UsageError: There is none.
    """
    _last[:] = []
    chosen: Path | None = context.find_object(Path)
    if chosen is not None:
        if not _is_project(chosen):
            raise UsageError(
                f"{chosen} is not a project: it has no folders `workflows` and `config`; "
                f"create one with `clerkwork new {chosen}`"
            )
        _last[:] = [chosen.resolve()]
        return chosen.resolve()
    found = _nearest(Path.cwd())
    if found is None:
        raise UsageError(
            f"there is no project at or above {Path.cwd()}; change to a project's folder, name it "
            "with `clerkwork --project DIR`, or create one with `clerkwork new DIR`"
        )
    return found


def last_root() -> Path | None:
    """Return the project of the current command, or None if none was found."""
    return _last[0] if _last else _nearest(Path.cwd())


@contextmanager
def opened_app(context: typer.Context) -> Iterator["App"]:
    """Open the whole project, and close it at the end.

    Raises:
        ConfigError: A file has a problem; names the first one and the number of others.
        StoreLost: The store's file is gone; says where its content is saved.
    """
    from clerkwork import clock
    from clerkwork.app import open_app

    root = find_root(context)
    refuse_problems(root)
    with quiet_log(root):
        app = open_app(root)
        try:
            yield app
        except StoreLost as error:
            raise app.store.explain(error, now=clock.now()) from error
        finally:
            app.close()


@contextmanager
def opened_readable(context: typer.Context) -> Iterator["App"]:
    """Open the project without its faulty files, and print a warning for each of them.

    Raises:
        ConfigError: The settings are wrong.
    """
    from clerkwork.app import open_readable

    root = find_root(context)
    for problem in problems_of(root):
        typer.echo(f"Ignored: {problem}", err=True)
    with quiet_log(root):
        app = open_readable(root)
        try:
            yield app
        finally:
            app.close()


@contextmanager
def opened_bare(context: typer.Context) -> Iterator["App"]:
    """Open the project with its settings only, for commands that must work despite faulty files.

    Raises:
        ConfigError: The settings are wrong.
    """
    from clerkwork.app import open_bare

    root = find_root(context)
    with quiet_log(root):
        app = open_bare(root)
        try:
            yield app
        finally:
            app.close()


@contextmanager
def opened_records(context: typer.Context) -> Iterator[Records]:
    """Open only the project's settings and store, and close them at the end."""
    from clerkwork.config.settings import load_settings
    from clerkwork.store.own_store import open_own

    root = find_root(context)
    settings = load_settings(root)
    store = open_own(settings, root, create=False)
    try:
        yield Records(root=root, settings=settings, store=store)
    finally:
        store.close()


@contextmanager
def quiet_log(root: Path) -> Iterator[None]:
    """Print warnings as one line each; write errors with their traceback to a file."""
    from loguru import logger

    logger.remove()
    redactor = redactor_of(root)

    def show(message: "Message") -> None:
        sys.stderr.write(redactor.text(message))

    def keep(message: "Message") -> None:
        keep_error(root, redactor.text(message))

    line = "{level.name}: {message}\n"
    shown = logger.add(
        show,
        level="WARNING",
        format=lambda _record: line,  # without the traceback
        diagnose=False,
        backtrace=False,
    )
    kept = logger.add(
        keep,
        level="ERROR",
        diagnose=False,  # values in a traceback would show secrets
        backtrace=False,
    )
    try:
        yield
    finally:
        logger.remove(shown)
        logger.remove(kept)


def keep_error(root: Path | None, text: str) -> Path:
    """Append *text* to the error file and return the file's path.

    The file is outside the project if there is no project or its folder cannot be written.
    """
    file = root / "logs" / "errors.log" if root is not None else OUTSIDE
    try:
        _append(file, text)
    except OSError:
        file = OUTSIDE
        _append(file, text)
    return file


def _append(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8", errors="backslashreplace") as lines:
        lines.write(text)


def redactor_of(root: Path | None) -> "Redactor":
    """Return a redactor of the secrets of all targets that can be read."""
    from clerkwork.config.files.targets import read_targets
    from clerkwork.safety.redact import Redactor

    if root is None:
        return Redactor([])
    found, _problems = read_targets(root)
    return Redactor(target.password.get_secret_value() for target, _file in found.values())


def problems_of(root: Path) -> list[ConfigError]:
    """Return every problem of settings, targets, workflows, bots and extensions."""
    from clerkwork.config.check import check_all
    from clerkwork.discover import find_bots
    from clerkwork.intake.extensions import find_extensions

    bots, problems = find_bots(root)
    extensions = find_extensions(root)
    return check_all(
        root,
        bots,
        [*problems, *extensions.problems],
        model=extensions.workflow,
        reads=extensions.reads,
    )


def refuse_problems(root: Path) -> None:
    """Refuse a project whose files have problems.

    Raises:
        ConfigError: Names the first problem and the number of others.
    """
    problems = problems_of(root)
    if not problems:
        return
    first = problems[0]
    if len(problems) == 1:
        raise first
    more = f"{first.problem} ({len(problems) - 1} more; `clerkwork check` lists them all)"
    raise ConfigError(first.file, more, first.line)


def _nearest(start: Path) -> Path | None:
    return next((folder for folder in (start, *start.parents) if _is_project(folder)), None)


def _is_project(folder: Path) -> bool:
    return all((folder / mark).is_dir() for mark in MARKS)
