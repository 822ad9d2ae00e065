"""List runs, or show the log of one."""

from typing import Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import UsageError

commands = listing_group(__doc__)
panel = Panel.EVERY_DAY
COLUMNS = ("run", "item", "first", "last", "events", "errors")


@commands.command("ls")
def list_runs(
    context: typer.Context, limit: output.LimitOption = 50, as_json: output.JsonOption = False
) -> None:
    """List the latest runs, newest first."""
    from clerkwork.store.runs import events

    with project.opened_records(context) as records, records.store.read() as db:
        found = events.runs(db, limit=limit)
    rows = [
        {"run": run["run_id"], "item": run["item_id"], **{key: run[key] for key in COLUMNS[2:]}}
        for run in found
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No runs yet.")


@commands.command("show")
def show(
    context: typer.Context,
    run: Annotated[str, typer.Argument(help="The run's name, such as item-7-1.")],
    as_json: output.JsonOption = False,
) -> None:
    """Show the log of one run."""
    from clerkwork.cli import lines
    from clerkwork.store.runs import events

    with project.opened_records(context) as records, records.store.read() as db:
        found = events.after(db, 0, run_id=run, limit=10_000)
    if not found:
        raise UsageError(f"there is no run {run!r}; `clerkwork runs` lists them")
    if as_json:
        output.print_json([event.as_data() for event in found])
        return
    for event in found:
        lines.print_event(event)
