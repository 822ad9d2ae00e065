"""Start a worker that processes items, without a console."""

from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from clerkwork.cli import project, scheduling, stopping
from clerkwork.cli.groups import Panel
from clerkwork.errors import UsageError

panel = Panel.EVERY_DAY
LOOK_S = 0.5


def command(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Only these queues, separated by commas; without it, all.")
    ] = "",
    labels: Annotated[
        str,
        typer.Option(help="More labels of this worker than `worker.labels`, separated by commas."),
    ] = "",
    name: Annotated[
        str, typer.Option(help="Name in the run logs; no earlier worker may have had it.")
    ] = "",
    scheduler: Annotated[
        bool, typer.Option(help="Also run sources and schedules in this process.")
    ] = False,
) -> None:
    """Start a worker; Ctrl+C or SIGTERM ends it after the items that it is processing.

    Any number of workers can run, on any number of hosts that share a PostgreSQL store, each with
    or without a scheduler: each item is processed once, and each planned run runs once.
    """
    with (
        project.opened_app(context) as app,
        stopping.stop_signals(app.settings.worker.drain_s) as stop,
        ExitStack() as stack,
    ):
        own = _parts(labels)
        wanted = _chosen(
            app.engine.core.queues(), _parts(queues), {*app.settings.worker.labels, *own}
        )
        worker = app.worker(name or stopping.new_name(), own)
        worker.start(wanted)
        stack.push(partial(stopping.end, worker))
        if scheduler:
            stack.enter_context(scheduling.running(app, worker.name))
        typer.echo(f"Worker {worker.name} works on {', '.join(worker.queues)}; Ctrl+C ends it.")
        while not stop.wait(LOOK_S):  # a signal delivered to another thread does not end a wait
            app.store.check()
        typer.echo("Ending after the items in progress; Ctrl+C again ends at once.")


def _chosen(known: list[str], named: list[str], labels: set[str]) -> list[str]:
    """Return the queues to work on: the named ones, or all whose labels this worker has.

    A name may omit the labels of its queue.

    Raises:
        UsageError: There is no such queue, or the worker lacks one of its labels.
    """
    from clerkwork.model.work.queues import LABELS, fitting, needed_labels

    for name in named:
        meant = [queue for queue in known if name in {queue, queue.split(LABELS)[0]}]
        if not meant:
            raise UsageError(f"there is no queue {name!r}; known: {', '.join(known)}")
        if not fitting(meant, labels):
            missing = ", ".join(sorted(needed_labels(meant[0]) - labels))
            raise UsageError(f"the queue {meant[0]!r} needs a worker with the labels {missing}")
    fit = fitting(known, labels)
    if not fit:
        raise UsageError(f"no queue fits the labels of this worker; known: {', '.join(known)}")
    if not named:
        return fit
    return [queue for queue in fit if {queue, queue.split(LABELS)[0]} & set(named)]


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]
