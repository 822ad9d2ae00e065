"""List past and next planned runs; explain a day; release a blocked run."""

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from clerkwork.config.times.fire_times import Due
    from clerkwork.engine.schedule.preview import Said

commands = listing_group(__doc__)
panel = Panel.EVERY_DAY
COLUMNS = ("workflow", "planned", "state", "items", "reason")
NEXT_COLUMNS = ("workflow", "planned", "local", "offset", "note")
WorkflowArgument = Annotated[str, typer.Argument(help="The workflow's name.")]


@commands.command("ls")
def list_planned(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    limit: output.LimitOption = 50,
    as_json: output.JsonOption = False,
) -> None:
    """List the latest planned runs and their results."""
    from clerkwork.store.runs import planned_runs

    with project.opened_records(context) as records, records.store.read() as db:
        found = planned_runs.list_recent(db, limit=limit, schedule=workflow)
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
    workflow: WorkflowArgument,
    count: Annotated[int, typer.Option(min=1, max=1000, help="How many instants.")] = 10,
    as_json: output.JsonOption = False,
) -> None:
    """List the next planned runs in local time, with days off and clock changes marked."""
    from clerkwork import clock
    from clerkwork.engine.schedule.preview import preview

    due = _due(project.find_root(context), workflow)
    rows = [
        {
            "workflow": workflow,
            "planned": run.planned,
            "local": run.local,
            "offset": run.offset,
            "skipped": run.skipped,
            "note": run.note,
        }
        for run in preview(due, clock.now(), count)
    ]
    output.print_rows(rows, NEXT_COLUMNS, as_json=as_json, empty="Never again.")


@commands.command("explain")
def explain(
    context: typer.Context,
    workflow: WorkflowArgument,
    day: Annotated[
        str, typer.Option(help="The day in the schedule's time zone, such as 2026-10-01.")
    ] = "",
    as_json: output.JsonOption = False,
) -> None:
    """Explain why the planned runs of a day did or did not run. Default: today."""
    from clerkwork import clock
    from clerkwork.config.language import speaks_chinese
    from clerkwork.config.times.local_time import midnight
    from clerkwork.engine.schedule.preview import explained
    from clerkwork.store.runs import planned_runs

    due = _due(project.find_root(context), workflow)
    wanted = _day(day) if day else clock.now().astimezone(due.zone)
    since = midnight(wanted.date(), due.zone)
    until = midnight(wanted.date() + timedelta(days=1), due.zone)
    with project.opened_records(context) as records, records.store.read() as db:
        rows = planned_runs.list_between(db, workflow, since=since, until=until)
        last = planned_runs.last_planned(db, workflow)
    lines = explained(due, wanted.date(), rows, last=last, now=clock.now())
    if as_json:
        output.print_json([{"workflow": workflow, "sentence": str(line)} for line in lines])
        return
    for line in lines:
        typer.echo(_in_chinese(line) if speaks_chinese() else str(line))


@commands.command("release")
def release(
    context: typer.Context,
    workflow: WorkflowArgument,
    instant: Annotated[
        str, typer.Argument(help="The planned instant in UTC, such as 2026-10-08T01:00:00Z.")
    ],
) -> None:
    """Release a blocked planned run; a running scheduler starts it within seconds."""
    from clerkwork import clock
    from clerkwork.store.runs import planned_runs

    due = _instant(instant)
    with project.opened_records(context) as records:
        with records.store.write() as db:
            done = planned_runs.release(db, workflow, due, now=clock.now())
        with records.store.read() as db:
            run = planned_runs.get(db, workflow, due)
    if not done:
        state = f"it is {run.state}" if run else "there is none"
        raise UsageError(
            f"no planned run of {workflow!r} at {instant} is blocked: {state}; "
            f"`clerkwork schedule ls --workflow {workflow}` lists them"
        )
    typer.echo(f"Released: a scheduler will run {workflow} of {due:%Y-%m-%d %H:%M:%S} UTC.")


def _in_chinese(said: "Said") -> str:
    from clerkwork.errors import fill
    from clerkwork.intake.rejection_note import chinese_reason
    from clerkwork.web.i18n import OWN_CATALOGUE, read_catalogue

    facts = said.facts | {"reason": chinese_reason(said.facts.get("reason", ""))}
    return fill(read_catalogue(OWN_CATALOGUE).get(said.message) or said.message, facts)


def _due(root: "Path", workflow: str) -> "Due":
    from clerkwork.config.files.calendars import load_calendars
    from clerkwork.config.files.workflows import load_workflows
    from clerkwork.config.times.fire_times import Due
    from clerkwork.intake.extensions import load_extensions

    workflows = load_workflows(root, load_extensions(root).workflow)
    if workflow not in workflows:
        known = ", ".join(sorted(workflows)) or "none"
        raise UsageError(f"there is no workflow {workflow!r}; known: {known}")
    plan = workflows[workflow].schedule
    if plan is None:
        raise UsageError(f"the workflow {workflow!r} has no `schedule`; add one to its file")
    return Due(plan, load_calendars(root))


def _day(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d")  # noqa: DTZ007 - a day, not an instant
    except ValueError:
        raise UsageError(f"{text!r} is not a day; write one such as 2026-10-01") from None


def _instant(text: str) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise UsageError(
            f"{text!r} is not an instant; write one such as 2026-10-08T01:00:00Z"
        ) from None
    if found.tzinfo is None:
        raise UsageError(f"{text!r} has no time zone; write Z at its end for UTC")
    return found.astimezone(UTC)
