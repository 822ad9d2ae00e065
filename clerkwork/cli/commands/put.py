"""Put the items of a file in; a worker takes them from there."""

from pathlib import Path
from typing import Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.errors import ExitStatus, UsageError

COLUMNS = ("reference", "became", "item")


def command(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="The workflow's name.")],
    file: Annotated[Path, typer.Argument(help="A file that the workflow's reader takes.")],
    as_json: output.JsonOption = False,
) -> ExitStatus:
    """Put the items of one file in; the file stays where it is.

    Prints what became of each item: new, merged (it was there already), reopened (it had been
    returned), conflict (it was there with other content: a person decides), or person (its data is
    bad: a person corrects it). Exits 1 when the file is rejected as a whole.
    """
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file")
    with project.opened_app(context) as app:
        app.engine.workflow(workflow)
        reader = app.reader()
        intake = app.intake(reader)
        try:
            taken = intake.put(file, workflow)
        finally:
            intake.close()
            reader.close()
    rows: list[dict[str, Any]] = [
        {
            "reference": reference,
            "became": "person" if reference in taken.to_person else answer.added,
            "item": answer.item_id,
        }
        for reference, answer in taken.submissions
    ]
    rows += [
        {"reference": reference, "became": "merged", "item": None} for reference in taken.duplicates
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="The file holds no items.")
    return ExitStatus.OK
