"""Check recent entries against the target system; open a review for each difference."""

import dataclasses
from typing import Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel
from clerkwork.errors import ExitStatus, UsageError

panel = Panel.MAINTAIN
COLUMNS = ("target", "key", "item_id", "result", "reason")


def command(
    context: typer.Context,
    hours: Annotated[
        float | None, typer.Option(min=0.01, help="Hours to look back. Default: the setting.")
    ] = None,
    target: Annotated[
        list[str] | None, typer.Option(help="Only this target; can be given several times.")
    ] = None,
    waive: Annotated[
        str | None,
        typer.Option(
            metavar="WHY",
            help="After a restore: resume work before all lookups are done, for this reason.",
        ),
    ] = None,
    as_json: output.JsonOption = False,
) -> None:
    """Look up every entry of the last two days in its target; compare amounts and lines.

    A missing record, a duplicate or a difference opens a review. The scheduler runs this check
    every night. The exit status is 3 if there are reviews, 1 if a target did not answer.

    After `restore`, workers first look up every item that was in progress since the backup, and
    start nothing else. With --waive they start at once; an item without its lookup is looked up
    before it is entered.
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
        lookups = app.reconciliation().run(clock.now(), hours, target or ())
    rows = [dataclasses.asdict(found) for found in lookups]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="Nothing was entered in that time.")
    if any(found.wrong for found in lookups):
        raise typer.Exit(ExitStatus.WAITS_FOR_PERSON)
    if any(found.result == NOT_LOOKED_UP for found in lookups):
        raise typer.Exit(ExitStatus.FAILED)


def _waive(context: typer.Context, why: str) -> None:
    from clerkwork.engine.operate.after_restore import waive

    if not why.strip():
        raise UsageError("--waive needs a reason; it is kept in the run log")
    with project.opened_bare(context) as app:
        missed = waive(app.engine.core, who=app.settings.console.user, why=why)
    if missed is None:
        raise UsageError("nothing to waive: no lookups after a restore are pending")
    typer.echo(f"Work resumes; {missed} items are looked up only before they are entered.")
