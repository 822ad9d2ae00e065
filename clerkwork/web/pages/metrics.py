"""Metrics: the automation rate and what stands beside it; every figure opens its items."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clerkwork import clock
from clerkwork.insight.errors import measured_errors
from clerkwork.insight.metrics import report
from clerkwork.model.work.metrics import day_start, local_day
from clerkwork.store.items.items import Filter
from clerkwork.web.i18n import N_
from clerkwork.web.page_context import Nav, TheDesk

NAV = Nav(order=50, name="metrics", path="/metrics", title=N_("Metrics"))
router = APIRouter()

RANGES = {
    "1": N_("Today"),
    "7": N_("7 days"),
    "30": N_("30 days"),
    "90": N_("90 days"),
    "all": N_("All"),
}


@router.get("/metrics")
def metrics(request: Request, desk: TheDesk, days: str = "30", workflow: str = "") -> HTMLResponse:
    """Show the metrics of the items that arrived in the last days, for one workflow or all."""
    days = days if days in RANGES else "30"
    offset: timedelta = desk.day_offset
    today = local_day(clock.to_ms(clock.now()), offset)
    since = None if days == "all" else day_start(today - int(days) + 1, offset)
    wanted = Filter(workflow=workflow or None, since=since)
    with desk.store.read() as db:
        found = report(db, wanted, workflows=desk.project.workflows, offset=offset)
        errors = measured_errors(db, wanted)
    return desk.page(
        request,
        "metrics",
        report=found,
        errors=errors,
        days=days,
        ranges=RANGES,
        workflow=workflow,
    )
