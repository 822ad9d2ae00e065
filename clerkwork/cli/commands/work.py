"""Work on items: a worker alone, without console and scheduler."""

from typing import Annotated

import typer

from clerkwork.cli import project, stopping


def command(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Only these queues, separated by commas; without it, all.")
    ] = "",
    name: Annotated[
        str, typer.Option(help="Name that run logs show; it must never have been used before.")
    ] = "",
) -> None:
    """Start a worker; it ends at Ctrl+C or SIGTERM, after the items it is working on."""
    from clerkwork.errors import UsageError

    with project.opened_app(context) as app, stopping.asked() as stop:
        known = app.engine.queues()
        wanted = [part.strip() for part in queues.split(",") if part.strip()] or known
        if unknown := sorted(set(wanted) - set(known)):
            raise UsageError(f"there is no queue {unknown[0]!r}; known: {', '.join(known)}")
        worker = app.worker(name or stopping.new_name())
        worker.start(wanted)
        typer.echo(f"Worker {worker.name} works on {', '.join(wanted)}; Ctrl+C ends it.")
        stop.wait()
        typer.echo("Ends after the items it is working on; Ctrl+C again ends at once.")
        worker.stop()
