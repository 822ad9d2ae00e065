"""Copy the store while everything runs."""

from pathlib import Path
from typing import Annotated

import typer

from clerkwork.cli import project


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy to write; it must not be there yet.")],
) -> None:
    """Write a whole and checked copy of the store, while everything goes on running.

    Of SQLite it is a SQLite file, of PostgreSQL a dump in its custom format. Its SHA-256 stands
    beside it in FILE.sha256. Pictures and documents are files that never change: copy the folders
    of evidence, logs and the inbox with any tool, after the store.
    """
    from clerkwork import clock
    from clerkwork.store.maintenance import backup

    with project.opened_records(context) as records:
        digest = backup.make(records.store, file.resolve(), now=clock.now())
    typer.echo(f"{digest}  {file}")
