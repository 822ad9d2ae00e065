"""The entry point of ``clerkwork``: finds the commands, and turns errors into exit statuses.

This is the one place where an error becomes a sentence and a status. Nobody is shown a traceback;
that of an error nobody raised on purpose is kept in a file, and the sentence names it.
"""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clerkwork.cli import commands, project, stopping
from clerkwork.errors import ClerkworkError, ExitStatus

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project's folder; without it, the nearest one at or above this folder.",
    ),
]


def run() -> None:
    """Run the command that the process was called with, and end the process."""
    status = main()
    if stopping.is_kept_up():
        stopping.end_process(status)
    sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Args:
        arguments: What stands after ``clerkwork``; None takes the process's own.
    """
    try:
        status = application()(args=arguments, prog_name="clerkwork", standalone_mode=False)
    except typer.TyperException as error:
        _say(error.format_message())
        return error.exit_code
    except ClerkworkError as error:
        _say(str(error))
        return error.exit_status
    except (KeyboardInterrupt, typer.Abort):
        return stopping.INTERRUPTED
    except Exception as error:  # noqa: BLE001 - the border to the person at the terminal
        _report(error)
        return ExitStatus.FAILED
    return int(status or ExitStatus.OK)


def application() -> typer.Typer:
    """Return the application with every command of the folder."""
    app = typer.Typer(
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{found.name}")
        summary = (module.__doc__ or "").split("\n", 1)[0]
        if hasattr(module, "commands"):
            app.add_typer(module.commands, name=found.name, short_help=summary)
        else:
            app.command(found.name, short_help=summary)(module.command)
    return app


def _options(context: typer.Context, folder: ProjectOption = None) -> None:
    """Clerkwork: bots for clerical work, a fallback queue for people, and metrics of both.

    Exit statuses: 0 ok, 1 failed, 2 wrong usage or settings, 3 waits for a person.
    """
    context.obj = folder


def _say(sentence: str) -> None:
    typer.secho(sentence.strip(), fg=typer.colors.RED, err=True)


def _report(error: Exception) -> None:
    """Say what happened in one sentence, and keep the traceback in a file; both without secrets."""
    root = project.last_root()
    redactor = project.redactor_of(root)
    trace = f"clerkwork {' '.join(sys.argv[1:])}\n{traceback.format_exc()}\n"
    file = project.keep_error(root, redactor.text(trace))
    said = " ".join(str(error).split())[:300]
    said = f"Unexpected {type(error).__name__}: {said} - the traceback is in {file}"
    _say(redactor.text(said))
