"""The scheduler of a long-running command: sources, schedules, and the daily tidying."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from clerkwork.app import App

TIDY_LOOK_S = 60


@contextmanager
def running(app: "App", name: str) -> Iterator[None]:
    """Run the project's schedules as the process *name*, and say which folders are looked into."""
    reader = app.reader()
    intake = app.intake(reader)
    clock = app.schedule_clock(name, intake)
    stopping = threading.Event()
    keeper = threading.Thread(target=_tidy_daily, args=(app, stopping), name="tidy", daemon=True)
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
        clock.stop()
        keeper.join()
        intake.close()
        reader.close()


def _tidy_daily(app: "App", stopping: threading.Event) -> None:
    from loguru import logger

    from clerkwork import clock

    while not stopping.wait(TIDY_LOOK_S):
        try:
            app.tidying().daily(clock.now())
        except Exception:  # noqa: BLE001 - tried again tomorrow; nothing waits for it
            logger.exception("the daily tidying failed and is tried again")
