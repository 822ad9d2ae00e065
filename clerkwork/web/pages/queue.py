"""Queue: the open reviews, longest waiting first, with the filter in the address."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clerkwork.store.reviews import reviews
from clerkwork.web.i18n import N_
from clerkwork.web.page_context import Nav, TheDesk

NAV = Nav(order=20, name="queue", path="/queue", title=N_("Queue"))
router = APIRouter()

LIMIT = 200


@router.get("/queue")
def queue(
    request: Request, desk: TheDesk, workflow: str = "", code: str = "", text: str = ""
) -> HTMLResponse:
    """List the open reviews that match the filter."""
    with desk.store.read() as db:
        found = reviews.open_reviews(
            db, workflow=workflow or None, code=code or None, text=text.strip(), limit=LIMIT
        )
        by_code = reviews.count_by_code(db)
    return desk.page(
        request,
        "queue",
        reviews=found,
        by_code=by_code,
        total=sum(by_code.values()),
        workflow=workflow,
        code=code,
        text=text,
        limit=LIMIT,
    )
