"""Look up what was entered of late in its target, and ask a person about what is wrong."""

import dataclasses
from typing import Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.errors import ExitStatus, UsageError

COLUMNS = ("target", "key", "item_id", "result", "reason")


def command(
    context: typer.Context,
    hours: Annotated[
        float | None, typer.Option(min=0.01, help="Hours to look back; else the setting's.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Only this target; can be given several times.")
    ] = None,
    as_json: output.JsonOption = False,
) -> None:
    """Look up every entry of the last two days in its target, and compare amounts and lines.

    What is missing, stands there twice or stands there with other data goes to a person. A
    scheduler does so once a night by itself. The status is 3 when a person has to look, 1 when a
    target could not be asked.
    """
    from clerkwork import clock
    from clerkwork.engine.reconcile import NOT_LOOKED_UP

    with project.opened_app(context) as app:
        if unknown := sorted(set(target or ()) - set(app.targets)):
            known = ", ".join(sorted(app.targets)) or "none"
            raise UsageError(f"there is no target {unknown[0]!r}; known: {known}")
        looked = app.reconciliation().run(clock.now(), hours, target or ())
    rows = [dataclasses.asdict(found) for found in looked]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="Nothing was entered in that time.")
    if any(found.wrong for found in looked):
        raise typer.Exit(ExitStatus.WAITS_FOR_PERSON)
    if any(found.result == NOT_LOOKED_UP for found in looked):
        raise typer.Exit(ExitStatus.FAILED)
