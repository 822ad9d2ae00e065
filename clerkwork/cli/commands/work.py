"""Work on items: a worker without console, with or without a scheduler."""

from contextlib import ExitStack
from typing import Annotated

import typer

from clerkwork.cli import project, scheduling, stopping


def command(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Only these queues, separated by commas; without it, all.")
    ] = "",
    name: Annotated[
        str, typer.Option(help="Name that run logs show; it must never have been used before.")
    ] = "",
    scheduler: Annotated[
        bool, typer.Option(help="Whether to look at sources and schedules here as well.")
    ] = False,
) -> None:
    """Start a worker; it ends at Ctrl+C or SIGTERM, after the items it is working on.

    Any number of them may run, on any number of hosts that share a store in PostgreSQL, each with
    or without a scheduler: an item is worked on once, and a planned run runs once.
    """
    from clerkwork.errors import UsageError

    with project.opened_app(context) as app, stopping.asked() as stop, ExitStack() as stack:
        known = app.engine.queues()
        wanted = [part.strip() for part in queues.split(",") if part.strip()] or known
        if unknown := sorted(set(wanted) - set(known)):
            raise UsageError(f"there is no queue {unknown[0]!r}; known: {', '.join(known)}")
        worker = app.worker(name or stopping.new_name())
        worker.start(wanted)
        stack.callback(worker.stop)
        if scheduler:
            stack.enter_context(scheduling.running(app, worker.name))
        typer.echo(f"Worker {worker.name} works on {', '.join(wanted)}; Ctrl+C ends it.")
        stop.wait()
        typer.echo("Ends after the items it is working on; Ctrl+C again ends at once.")
