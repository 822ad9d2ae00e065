"""The entry point of ``clerkwork``: finds the commands and turns errors into exit statuses.

This is the only place where an error is turned into a sentence and an exit status. A traceback is
never printed; the traceback of an unexpected error is kept in a file that the sentence names.
"""

import importlib
import pkgutil
import sys
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from clerkwork.cli import commands, groups, project, stopping
from clerkwork.errors import ClerkworkError, ExitStatus

ProjectOption = Annotated[
    Path | None,
    typer.Option(
        "--project",
        metavar="DIR",
        help="The project's folder. Default: this folder or the nearest project above it.",
    ),
]


def run() -> None:
    """Run the command of the process's arguments and end the process."""
    status = main()
    if stopping.has_running_threads():
        stopping.end_process(status)
    sys.exit(status)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status.

    Args:
        arguments: The arguments after ``clerkwork``; None means those of the process.
    """
    try:
        status = application()(args=arguments, prog_name="clerkwork", standalone_mode=False)
    except typer.TyperException as error:
        _say(groups.usage_message(error))
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
    """Return the application with every command of the folder.

    The old names of a renamed command (``aliases``) work and are not shown.
    """
    app = typer.Typer(
        cls=groups.MainGroup,
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    for found in pkgutil.iter_modules(commands.__path__):
        module = importlib.import_module(f"{commands.__name__}.{found.name}")
        summary = (module.__doc__ or "").split("\n", 1)[0]
        for name in (found.name, *getattr(module, "aliases", ())):
            shown = {"short_help": summary, "hidden": name != found.name}
            if hasattr(module, "commands"):
                app.add_typer(module.commands, name=name, rich_help_panel=module.panel, **shown)
            else:
                app.command(name, rich_help_panel=module.panel, **shown)(module.command)
    return app


def _options(context: typer.Context, folder: ProjectOption = None) -> None:
    """Clerkwork: bots for clerical work, a fallback queue for people, and metrics of both.

    Exit status: 0 ok, 1 failed, 2 wrong usage or settings, 3 waiting for a person.
    """
    context.obj = folder


def _say(sentence: str) -> None:
    typer.secho(sentence.strip(), fg=typer.colors.RED, err=True)


def _report(error: Exception) -> None:
    """Print the error as one sentence and keep the traceback in a file, secrets masked in both."""
    root = project.last_root()
    redactor = project.redactor_of(root)
    trace = f"clerkwork {' '.join(sys.argv[1:])}\n{traceback.format_exc()}\n"
    file = project.keep_error(root, redactor.text(trace))
    message = " ".join(str(error).split())[:300]
    sentence = f"Unexpected {type(error).__name__}: {message} - the traceback is in {file}"
    _say(redactor.text(sentence))
