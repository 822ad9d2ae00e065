"""The scheduler of a long-running command: sources, schedules, and what is done once a day."""

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
    """Run the project's schedules as the process *name*, and say which folders are looked into."""
    reader = app.reader()
    intake = app.intake(reader)
    clock = app.schedule_clock(name, intake)
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep_house, args=(app, stopping), name="house", daemon=True)
    try:
        clock.start()
        keeper.start()
        for workflow in app.workflows.values():
            if workflow.source is not None and workflow.schedule is not None:
                folder = app.inbox / workflow.source.folder
                typer.echo(f"Workflow {workflow.name} looks into {folder}.")
        yield
    finally:
        stopping.set()
        intake.interrupt()
        clock.stop()
        keeper.join()
        intake.close()
        reader.close()


def _keep_house(app: "App", stopping: threading.Event) -> None:
    """Tidy once a day, and compare the ledger with the targets once a night."""
    from loguru import logger

    from clerkwork import clock

    while not stopping.wait(LOOK_S):
        sweep = partial(app.reconciliation().nightly, stopping=stopping)
        for chore in (app.tidying().daily, sweep):
            try:
                chore(clock.now())
            except Exception:  # noqa: BLE001 - tried again another day; nothing waits for it
                logger.exception("a daily chore failed and is tried again another day")
