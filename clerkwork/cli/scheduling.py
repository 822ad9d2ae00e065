"""The scheduler of a long-running command: sources, schedules and daily maintenance."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from clerkwork.app import App

LOOK_S = 60


@contextmanager
def running(app: "App", name: str) -> Iterator[None]:
    """Run the project's schedules as the process *name*; print the folders it watches."""
    reader = app.reader()
    intake = app.intake(reader)
    clock = app.schedule_clock(name, intake)
    stopping = threading.Event()
    keeper = threading.Thread(
        target=_maintain, args=(app, stopping), name="maintenance", daemon=True
    )
    try:
        clock.start()
        keeper.start()
        for workflow in app.workflows.values():
            if workflow.inbox is not None and workflow.schedule is not None:
                folder = app.inbox / workflow.inbox.folder
                typer.echo(f"Workflow {workflow.name} watches {folder}.")
        yield
    finally:
        stopping.set()
        intake.interrupt()
        clock.stop()
        keeper.join()
        intake.close()
        reader.close()


def _maintain(app: "App", stopping: threading.Event) -> None:
    """Delete old data once a day, and reconcile with the targets once a night."""
    from loguru import logger

    from clerkwork import clock

    while not stopping.wait(LOOK_S):
        sweep = partial(app.reconciliation().nightly, stopping=stopping)
        for job in (app.tidying().daily, sweep):
            try:
                job(clock.now())
            except Exception:  # noqa: BLE001 - retried the next day; nothing waits for it
                logger.exception("a daily maintenance job failed; it is retried the next day")
