"""Today: open reviews, failing checks, and the figures of the day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.config.files.calendars import load_calendars
from clerkwork.config.times.fire_times import Due
from clerkwork.insight.checks import look_at
from clerkwork.insight.health import State
from clerkwork.insight.kpi import find_kpis
from clerkwork.insight.metrics import Report, report
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.workflows import Schedule
from clerkwork.model.work.metrics import day_start, local_day
from clerkwork.model.work.schedules import PlannedRun, PlannedState
from clerkwork.store.items import tallies
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import planned_runs, workers
from clerkwork.web.i18n import N_
from clerkwork.web.page_context import Desk, Nav, TheDesk

NAV = Nav(order=10, name="today", path="/", title=N_("Today"))
router = APIRouter()

TROUBLE_AGE = timedelta(hours=24)
MOST_TROUBLE = 5
KPIS = ("done", "rate", "human_minutes", "manual_minutes")
TROUBLE = frozenset({PlannedState.BLOCKED, PlannedState.SKIPPED, PlannedState.LATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleRow:
    """A schedule as Today shows it.

    Attributes:
        last: Its newest planned run, or None before it was due for the first time.
        following: The next instant it is due, or None after the last.
    """

    workflow: str
    rule: str
    last: PlannedRun | None
    following: datetime | None


@router.get("/")
def today(request: Request, desk: TheDesk) -> HTMLResponse:
    """Show open reviews, the figures of today, schedules and workers."""
    now = clock.now()
    lease = timedelta(seconds=desk.project.settings.worker.lease_s)
    with desk.store.read() as db:
        plans = [_plan(db, desk, name, now) for name in _scheduled(desk)]
        told = planned_runs.list_telling(db, since=now - TROUBLE_AGE)
        context: dict[str, Any] = {
            "by_code": reviews.count_by_code(db),
            "longest": reviews.open_reviews(db, limit=8),
            "overdue": tallies.count_overdue(db, now=now),
            "workers": workers.alive(db, since=now - lease),
        }
        reports = _reports(db, desk, now)
    trouble = [plan for plan in told if plan.state in TROUBLE][:MOST_TROUBLE]
    project = desk.project
    findings = look_at(project.engine.core, project.settings, project.root)
    wrong = [finding for finding in findings if finding.state is not State.OK]
    context["figures"] = [reports[find_kpis()[name].window_days].kpis[name] for name in KPIS]
    context["today"] = reports[1]
    return desk.page(request, "today", plans=plans, trouble=trouble, wrong=wrong, **context)


def _reports(db: Connection, desk: Desk, now: datetime) -> dict[int, Report]:
    """Return a report of today, and one of each window of the page's KPIs, by its days."""
    offset, workflows = desk.day_offset, desk.project.workflows
    day = local_day(clock.to_ms(now), offset)
    return {
        days: report(
            db,
            Filter(since=day_start(day - days + 1, offset)),
            workflows=workflows,
            offset=offset,
        )
        for days in {1, *(find_kpis()[name].window_days for name in KPIS)}
    }


def _scheduled(desk: Desk) -> list[str]:
    workflows = desk.project.workflows
    return sorted(name for name, workflow in workflows.items() if workflow.schedule is not None)


@cache
def _calendars(root: Path) -> dict[str, Calendar]:
    return load_calendars(root)


def _rule(schedule: Schedule) -> str:
    if schedule.nth_business_day is not None:
        return f"#{schedule.nth_business_day} {schedule.at}"
    return schedule.cron or f"{schedule.every_s:g} s"


def _plan(db: Connection, desk: Desk, name: str, now: datetime) -> ScheduleRow:
    schedule = desk.project.workflows[name].schedule or Schedule(every_s=60)
    due = Due(schedule, _calendars(desk.project.root))
    last = planned_runs.list_recent(db, limit=1, schedule=name)
    return ScheduleRow(
        workflow=name,
        rule=_rule(schedule),
        last=last[0] if last else None,
        following=due.next_run(now),
    )
