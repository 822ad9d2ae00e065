"""The scheduler of a long-running command: sources and schedules, until the command ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from clerkwork.app import App


@contextmanager
def running(app: "App", name: str) -> Iterator[None]:
    """Run the project's schedules as the process *name*, and say which folders are looked into."""
    reader = app.reader()
    intake = app.intake(reader)
    clock = app.schedule_clock(name, intake)
    try:
        clock.start()
        for workflow in app.workflows.values():
            if workflow.source is not None and workflow.schedule is not None:
                folder = app.inbox / workflow.source.folder
                typer.echo(f"Workflow {workflow.name} looks into {folder}.")
        yield
    finally:
        clock.stop()
        intake.close()
        reader.close()
