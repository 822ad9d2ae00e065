"""Delete items, logs and evidence past their retention period."""

import dataclasses

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel

panel = Panel.MAINTAIN


def command(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """Delete items, logs and evidence past their retention period (settings `[retention]`).

    The scheduler runs this once a day. Only data of closed items is deleted, and never a row of the
    effect ledger. The command works even if files of workflows, targets or bots have problems.
    """
    from clerkwork import clock

    with project.opened_bare(context) as app:
        done = app.tidying().run(clock.now())
    found = dataclasses.asdict(done)
    rows = [{"what": name, "number": number} for name, number in found.items()]
    if as_json:
        output.print_json(found)
    else:
        output.print_rows(rows, ("what", "number"), as_json=False, empty="")
