"""Show the automation rate and the other KPIs."""

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel

if TYPE_CHECKING:
    from clerkwork.insight.errors import MeasuredError
    from clerkwork.insight.metrics import KpiFigure, Report

CsvOption = Annotated[bool, typer.Option("--csv", help="Print the KPIs as CSV for a spreadsheet.")]

panel = Panel.EVERY_DAY


def command(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="Only items that arrived in the last days.")
    ] = None,
    as_json: output.JsonOption = False,
    as_csv: CsvOption = False,
) -> None:
    """Show the automation rate and the other KPIs, each with its number of items."""
    from zoneinfo import ZoneInfo

    from clerkwork import clock
    from clerkwork.config.files.workflows import load_workflows
    from clerkwork.errors import UsageError
    from clerkwork.insight import export
    from clerkwork.insight.errors import measured_errors
    from clerkwork.insight.metrics import report
    from clerkwork.intake.extensions import load_extensions
    from clerkwork.model.work.metrics import day_start, local_day
    from clerkwork.store.items.items import Filter

    if as_json and as_csv:
        raise UsageError("--json and --csv exclude each other: give one of them")
    with project.opened_records(context) as records:
        workflows = load_workflows(records.root, load_extensions(records.root).workflow)
        if workflow is not None and workflow not in workflows:
            known = ", ".join(sorted(workflows)) or "none"
            raise UsageError(f"there is no workflow {workflow!r}; known: {known}")
        now = clock.now().astimezone(ZoneInfo(records.settings.console.timezone))
        offset = now.utcoffset() or timedelta()
        since = None
        if days is not None:
            since = day_start(local_day(clock.to_ms(now), offset) - days + 1, offset)
        wanted = Filter(workflow=workflow, since=since)
        with records.store.read() as db:
            found = report(db, wanted, workflows=workflows, offset=offset)
            errors = measured_errors(db, wanted)
    if as_json:
        output.print_json(export.as_data(found, errors))
    elif as_csv:
        typer.echo(export.as_csv(found), nl=False)
    else:
        _print(found, errors)


def _print(found: "Report", errors: list["MeasuredError"]) -> None:
    rows = [_row(figure, figure.name, figure.kpi.title) for figure in found.kpis.values()]
    rows += [_row(figure, f"rate of {name}") for name, figure in found.workflows]
    rows += [*_causes(found), *map(_error_row, errors)]
    columns = ("figure", "value", "items", "unit", "title")
    output.print_rows(rows, columns, as_json=False, empty="No items yet.")


def _row(figure: "KpiFigure", name: str, title: str = "") -> dict[str, Any]:
    unit = figure.kpi.unit.value
    return {
        "figure": name,
        "value": _value(figure),
        "items": figure.items,
        "unit": unit,
        "title": title,
    }


def _value(figure: "KpiFigure") -> str:
    from clerkwork.insight.kpi import Unit

    if figure.value is None:
        return "-"
    is_share = figure.kpi.unit is Unit.SHARE
    return f"{figure.value:.1%}" if is_share else output.text_of(figure.value)


def _causes(found: "Report") -> list[dict[str, Any]]:
    return [
        {
            "figure": f"sent to a person: {cause.code}",
            "value": str(cause.items),
            "items": cause.items,
            "unit": "items",
        }
        for cause in found.causes
    ]


def _error_row(error: "MeasuredError") -> dict[str, Any]:
    value = f"{error.rate:.1%} of {error.checked} ({error.low:.1%} to {error.high:.1%})"
    if error.raised is not None:
        value += f", threshold raised to {error.raised.threshold:g}"
    name = f"error of {error.field} from {error.source}"
    return {"figure": name, "value": value, "items": error.items, "unit": "share"}
