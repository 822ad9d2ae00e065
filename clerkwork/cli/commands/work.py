"""Work on items: a worker without console, with or without a scheduler."""

from contextlib import ExitStack
from functools import partial
from typing import Annotated

import typer

from clerkwork.cli import project, scheduling, stopping
from clerkwork.errors import UsageError

LOOK_S = 0.5


def command(
    context: typer.Context,
    queues: Annotated[
        str, typer.Option(help="Only these queues, separated by commas; without it, all.")
    ] = "",
    labels: Annotated[
        str,
        typer.Option(help="Labels of this worker, separated by commas, beside `worker.labels`."),
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
    with project.opened_app(context) as app, stopping.asked(app) as stop, ExitStack() as stack:
        own = _parts(labels)
        wanted = _chosen(app.engine.queues(), _parts(queues), {*app.settings.worker.labels, *own})
        worker = app.worker(name or stopping.new_name(), own)
        worker.start(wanted)
        stack.push(partial(stopping.end, worker))
        if scheduler:
            stack.enter_context(scheduling.running(app, worker.name))
        typer.echo(f"Worker {worker.name} works on {', '.join(worker.queues)}; Ctrl+C ends it.")
        while not stop.wait(LOOK_S):  # a signal that another thread was given wakes nobody
            app.store.check()
        typer.echo("Ends after the items it is working on; Ctrl+C again ends at once.")


def _chosen(known: list[str], named: list[str], labels: set[str]) -> list[str]:
    """Return the queues to work on: those named, with or without their labels, or all that fit.

    Raises:
        UsageError: There is no such queue, or the worker lacks a label for it.
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
