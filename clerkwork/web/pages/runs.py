"""Runs: the newest runs and the planned runs of the schedules."""

from datetime import timedelta

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clerkwork import clock
from clerkwork.store.items import items
from clerkwork.store.runs import events, planned_runs
from clerkwork.web.i18n import N_
from clerkwork.web.links import number_of
from clerkwork.web.page_context import Nav, TheDesk

NAV = Nav(order=40, name="runs", path="/runs", title=N_("Runs"))
router = APIRouter()

PAGE = 50
PLANS_AGE = timedelta(days=7)


@router.get("/runs")
def runs(request: Request, desk: TheDesk) -> HTMLResponse:
    """List the newest runs and the newest planned runs."""
    before = number_of(request, "before")
    with desk.store.read() as db:
        found = events.runs(db, limit=PAGE + 1, before=before)
        shown = found[:PAGE]
        of = {run["item_id"]: items.get(db, run["item_id"]) for run in shown if run["item_id"]}
        plans = planned_runs.list_telling(db, since=clock.now() - PLANS_AGE, limit=30)
    older = f"/runs?before={shown[-1]['number']}" if len(found) > PAGE else None
    return desk.page(request, "runs", runs=shown, items=of, plans=plans, older=older, before=before)
