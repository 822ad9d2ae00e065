"""Back up the store while everything runs."""

from pathlib import Path
from typing import Annotated

import typer

from clerkwork.cli import project
from clerkwork.cli.groups import Panel

panel = Panel.MAINTAIN


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy to write; it must not exist yet.")],
) -> None:
    """Write a complete, verified copy of the store while everything keeps running.

    The copy is a SQLite file, or a PostgreSQL dump in custom format. Its SHA-256 is written to
    FILE.sha256. Pictures and documents are files that never change: copy the folders of evidence,
    logs and the inbox with any tool, after the store.
    """
    from clerkwork import clock
    from clerkwork.store.maintenance import backup

    with project.opened_records(context) as records:
        digest = backup.make(records.store, file.resolve(), now=clock.now())
    typer.echo(f"{digest}  {file}")
