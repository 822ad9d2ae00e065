"""Show what is scheduled, what became of it, and what comes next."""

from typing import Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import listing_group
from clerkwork.errors import UsageError

commands = listing_group(__doc__)
COLUMNS = ("workflow", "planned", "state", "items", "reason")


@commands.command("ls")
def list_planned(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    limit: output.LimitOption = 50,
    as_json: output.JsonOption = False,
) -> None:
    """List the latest planned runs and what became of each."""
    from clerkwork.store import planned

    with project.opened_records(context) as records, records.store.read() as db:
        found = planned.list_recent(db, limit=limit, schedule=workflow)
    rows = [
        {
            "workflow": run.schedule,
            "planned": run.planned,
            "state": run.state,
            "items": run.items,
            "reason": run.reason,
            "worker": run.worker,
            "started": run.started,
            "finished": run.finished,
        }
        for run in found
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No planned runs yet.")


@commands.command("next")
def next_instants(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="The workflow's name.")],
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many instants.")] = 5,
    as_json: output.JsonOption = False,
) -> None:
    """List the next instants at which a workflow's source is looked at."""
    from clerkwork import clock
    from clerkwork.config.files import load_workflows
    from clerkwork.engine.schedule import next_runs

    workflows = load_workflows(project.find_root(context))
    if workflow not in workflows:
        known = ", ".join(sorted(workflows)) or "none"
        raise UsageError(f"there is no workflow {workflow!r}; known: {known}")
    plan = workflows[workflow].schedule
    if plan is None:
        raise UsageError(f"the workflow {workflow!r} has no `schedule`; add one to its file")
    rows = [
        {"workflow": workflow, "planned": instant}
        for instant in next_runs(plan, clock.now(), count)
    ]
    output.print_rows(rows, ("workflow", "planned"), as_json=as_json, empty="Never again.")
