"""Show the automation rate and the other figures of the run log."""

import dataclasses
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project

if TYPE_CHECKING:
    from clerkwork.insight.errors import MeasuredError
    from clerkwork.insight.metrics import Figure, Report


def command(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3660, help="Only what arrived in the last days.")
    ] = None,
    as_json: output.JsonOption = False,
) -> None:
    """Show the automation rate and the other figures, with the number of items behind each."""
    from zoneinfo import ZoneInfo

    from clerkwork import clock
    from clerkwork.config.files.workflows import load_workflows
    from clerkwork.errors import UsageError
    from clerkwork.insight.errors import measured_errors
    from clerkwork.insight.metrics import report
    from clerkwork.model.work.metrics import day_start, local_day
    from clerkwork.store.items.items import Filter

    with project.opened_records(context) as records:
        workflows = load_workflows(records.root)
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
        output.print_json({**_data(found), "errors": [_error(each) for each in errors]})
        return
    rows = [*_figures(found), *_causes(found), *map(_error_row, errors)]
    output.print_rows(rows, ("figure", "value", "items"), as_json=False, empty="No items yet.")


def _figures(found: "Report") -> list[dict[str, Any]]:
    single = [
        getattr(found, field.name)
        for field in dataclasses.fields(found)
        if hasattr(getattr(found, field.name), "wanted") and field.name != "wanted"
    ]
    rows = [_row(figure) for figure in single]
    rows += [_row(figure, f"rate of {name}") for name, figure in found.workflows]
    return rows


def _causes(found: "Report") -> list[dict[str, Any]]:
    return [
        {
            "figure": f"sent to a person: {cause.code}",
            "value": str(cause.items),
            "items": cause.items,
        }
        for cause in found.causes
    ]


def _error_row(error: "MeasuredError") -> dict[str, Any]:
    value = f"{error.rate:.1%} of {error.checked} ({error.low:.1%} to {error.high:.1%})"
    if error.raised is not None:
        value += f", threshold raised to {error.raised.threshold:g}"
    name = f"error of {error.field} from {error.source}"
    return {"figure": name, "value": value, "items": error.items}


def _error(error: "MeasuredError") -> dict[str, Any]:
    return {
        "source": error.source,
        "field": error.field,
        "checked": error.checked,
        "wrong": error.wrong,
        "low": error.low,
        "high": error.high,
        "items": error.items,
        "raised_to": error.raised.threshold if error.raised else None,
    }


def _row(figure: "Figure", name: str = "") -> dict[str, Any]:
    return {"figure": name or figure.name, "value": _value(figure), "items": figure.items}


def _value(figure: "Figure") -> str:
    if figure.value is None:
        return "-"
    return f"{figure.value:.1%}" if figure.name == "rate" else output.text_of(figure.value)


def _data(found: "Report") -> dict[str, Any]:
    single = {}
    for field in dataclasses.fields(found):
        value = getattr(found, field.name)
        if field.name != "wanted" and hasattr(value, "wanted"):
            single[field.name] = _plain(value)
    return {
        "figures": single,
        "states": {figure.name: figure.items for figure in found.states},
        "outcomes": {figure.name: figure.items for figure in found.outcomes},
        "workflows": {name: _plain(figure) for name, figure in found.workflows},
        "causes": [
            {"code": cause.code, "items": cause.items, "share": cause.share}
            for cause in found.causes
        ],
        "days": [
            {
                "day": day.day,
                "items": day.items.items,
                "by_bot": day.by_bot.items,
                "by_human": day.by_human.items,
                "rate": day.rate,
            }
            for day in found.days
        ],
    }


def _plain(figure: "Figure") -> dict[str, Any]:
    return {"value": figure.value, "items": figure.items}
