"""The report as data for other programs: JSON with stable keys, and CSV for a spreadsheet."""

import csv
import io
from typing import Any

from clerkwork.insight.errors import MeasuredError
from clerkwork.insight.metrics import Figure, KpiFigure, Report

COLUMNS = (
    "kpi",
    "workflow",
    "value",
    "unit",
    "better",
    "window_days",
    "items",
    "of",
    "title",
    "title_zh",
)


def as_data(report: Report, errors: list[MeasuredError]) -> dict[str, Any]:
    """Return the report and the measured errors as JSON data; its keys are stable."""
    return {
        "figures": {name: _kpi(figure) for name, figure in report.kpis.items()},
        "states": {figure.name: figure.items for figure in report.states},
        "outcomes": {figure.name: figure.items for figure in report.outcomes},
        "workflows": {name: _plain(figure) for name, figure in report.workflows},
        "causes": [
            {"code": cause.code, "items": cause.items, "share": cause.share}
            for cause in report.causes
        ],
        "days": [
            {
                "day": day.day.isoformat(),
                "items": day.items.items,
                "by_bot": day.by_bot.items,
                "by_human": day.by_human.items,
                "rate": day.rate,
            }
            for day in report.days
        ],
        "errors": [_error(error) for error in errors],
    }


def as_csv(report: Report) -> str:
    """Return one row for every KPI, then the automation rate of each workflow."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    rows = [(report.wanted.workflow or "", figure) for figure in report.kpis.values()]
    for workflow, figure in [*rows, *report.workflows]:
        writer.writerow({"kpi": figure.name, "workflow": workflow, **_kpi(figure)})
    return text.getvalue()


def _kpi(figure: KpiFigure) -> dict[str, Any]:
    return {
        **_plain(figure),
        "of": figure.of,
        "unit": figure.kpi.unit.value,
        "better": figure.kpi.better.value,
        "window_days": figure.kpi.window_days,
        "title": figure.kpi.title,
        "title_zh": figure.kpi.title_zh,
    }


def _plain(figure: Figure) -> dict[str, Any]:
    return {"value": figure.value, "items": figure.items}


def _error(error: MeasuredError) -> dict[str, Any]:
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
