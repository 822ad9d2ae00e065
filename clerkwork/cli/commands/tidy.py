"""Delete what is kept long enough."""

import dataclasses

import typer

from clerkwork.cli import output, project


def command(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """Delete what is kept long enough, as the settings under `retention` say.

    A scheduler does so once a day by itself. Only what belongs to closed items is deleted, and
    never a row of the effect ledger. It needs the settings only: a wrong file of a workflow, a
    target or a bot does not hold it up.
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
