"""Metrics: all KPIs, trend and causes; each figure links to its items."""

from datetime import timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from clerkwork import clock
from clerkwork.insight import export
from clerkwork.insight.errors import MeasuredError, measured_errors
from clerkwork.insight.metrics import Report, report
from clerkwork.model.work.metrics import day_start, local_day
from clerkwork.store.items.items import Filter
from clerkwork.web.i18n import N_
from clerkwork.web.page_context import Desk, Nav, TheDesk

NAV = Nav(order=50, name="metrics", path="/metrics", title=N_("Metrics"))
router = APIRouter()

RANGES = {
    "1": N_("Today"),
    "7": N_("7 days"),
    "30": N_("30 days"),
    "90": N_("90 days"),
    "all": N_("All"),
}
DEFAULT_RANGE = "30"


@router.get("/metrics")
def metrics(
    request: Request, desk: TheDesk, days: str = DEFAULT_RANGE, workflow: str = ""
) -> HTMLResponse:
    """Show the metrics of the items that arrived in the chosen days, for one workflow or all."""
    days = days if days in RANGES else DEFAULT_RANGE
    found, errors = _measured(desk, days, workflow)
    return desk.page(
        request,
        "metrics",
        report=found,
        errors=errors,
        days=days,
        ranges=RANGES,
        workflow=workflow,
    )


@router.get("/metrics.json")
def metrics_json(desk: TheDesk, days: str = DEFAULT_RANGE, workflow: str = "") -> JSONResponse:
    """Return the figures of the page as JSON."""
    return JSONResponse(export.as_data(*_measured(desk, days, workflow)))


@router.get("/metrics.csv")
def metrics_csv(desk: TheDesk, days: str = DEFAULT_RANGE, workflow: str = "") -> Response:
    """Return the KPIs of the page as CSV; the byte order mark is for spreadsheet programs."""
    found, _ = _measured(desk, days, workflow)
    content = export.as_csv(found).encode("utf-8-sig")
    name = {"Content-Disposition": 'attachment; filename="metrics.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=name)


def _measured(desk: Desk, days: str, workflow: str) -> tuple[Report, list[MeasuredError]]:
    days = days if days in RANGES else DEFAULT_RANGE
    offset: timedelta = desk.day_offset
    today = local_day(clock.to_ms(clock.now()), offset)
    since = None if days == "all" else day_start(today - int(days) + 1, offset)
    wanted = Filter(workflow=workflow or None, since=since)
    with desk.store.read() as db:
        found = report(db, wanted, workflows=desk.project.workflows, offset=offset)
        return found, measured_errors(db, wanted)
