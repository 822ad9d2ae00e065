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
    waive: Annotated[
        str | None,
        typer.Option(
            metavar="WHY",
            help="After a restore: let work go on before all was looked up, for this reason.",
        ),
    ] = None,
    as_json: output.JsonOption = False,
) -> None:
    """Look up every entry of the last two days in its target, and compare amounts and lines.

    What is missing, stands there twice or stands there with other data goes to a person. A
    scheduler does so once a night by itself. The status is 3 when a person has to look, 1 when a
    target could not be asked.

    After `restore` workers first look up what was at work since the backup, and begin nothing else.
    With --waive they begin at once; an item that was not looked up yet looks when it is worked on.
    """
    from clerkwork import clock
    from clerkwork.engine.effects.reconcile import NOT_LOOKED_UP

    if waive is not None:
        _waive(context, waive)
        return
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


def _waive(context: typer.Context, why: str) -> None:
    from clerkwork.engine.operate.after_restore import waive

    if not why.strip():
        raise UsageError("--waive needs a reason; it is kept in the run log")
    with project.opened_bare(context) as app:
        missed = waive(app.engine, who=app.settings.console.user, why=why)
    if missed is None:
        raise UsageError("nothing is held: no restore is being looked up after")
    typer.echo(f"Work goes on; {missed} items were not looked up and look when they are worked on.")
