"""Health: a few numbers for monitoring, as JSON."""

from datetime import timedelta
from typing import Any

from fastapi import APIRouter

from clerkwork import clock
from clerkwork.store import events, lookups, metrics, reviews, workers
from clerkwork.store.milestones import Milestone, reached
from clerkwork.web.desk import TheDesk

NAV = None
router = APIRouter()


@router.get("/health")
def health(desk: TheDesk) -> dict[str, Any]:
    """Return whether the store answers, and how many workers are alive."""
    now = clock.now()
    lease = timedelta(seconds=desk.project.settings.worker.lease_s)
    with desk.store.read() as db:
        return {
            "status": "ok",
            "workers": len(workers.alive(db, since=now - lease)),
            "open_reviews": sum(reviews.count_by_code(db).values()),
            "overdue_reviews": metrics.count_overdue(db, now=now),
            "held_after_restore": lookups.is_held(db),
            "evidence_over_cap": reached(db, Milestone.OVER_CAP) is not None,
            "last_event": events.last_number(db),
        }
