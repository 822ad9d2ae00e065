"""Health: the state of every check and a few numbers, as JSON for monitoring."""

from datetime import timedelta

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from clerkwork import clock
from clerkwork.insight.checks import look_at
from clerkwork.insight.health import STORE, State, worst
from clerkwork.store.instants import Milestone, reached
from clerkwork.store.items import restored_lookups, tallies
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events, workers
from clerkwork.web.page_context import Desk, TheDesk

NAV = None
router = APIRouter()


@router.get("/health")
def health(desk: TheDesk) -> JSONResponse:
    """Return the state of every check; the status is 503 when one fails, else 200."""
    project = desk.project
    findings = look_at(project.engine.core, project.settings, project.root)
    state = worst(findings)
    checks = [
        {"check": one.check, "state": one.state, "found": one.found, "remedy": one.remedy}
        for one in findings
    ]
    answers = all(one.check != STORE or one.state is not State.FAIL for one in findings)
    numbers = _numbers(desk) if answers else {}
    status = 503 if state is State.FAIL else 200
    return JSONResponse({"status": state, **numbers, "checks": checks}, status)


def _numbers(desk: Desk) -> dict[str, int | bool]:
    now = clock.now()
    lease = timedelta(seconds=desk.project.settings.worker.lease_s)
    with desk.store.read() as db:
        return {
            "workers": len(workers.alive(db, since=now - lease)),
            "open_reviews": sum(reviews.count_by_code(db).values()),
            "overdue_reviews": tallies.count_overdue(db, now=now),
            "held_after_restore": restored_lookups.is_held(db),
            "evidence_over_cap": reached(db, Milestone.OVER_CAP) is not None,
            "last_event": events.last_number(db),
        }
