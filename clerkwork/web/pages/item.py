"""Item: everything that happened to one item, across its runs and people."""

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse

from clerkwork.model.events import Kind
from clerkwork.store import events, items, reviews
from clerkwork.store.items import Filter
from clerkwork.web import pictures
from clerkwork.web.desk import TheDesk
from clerkwork.web.links import number_of

NAV = None
router = APIRouter()

PAGE = 300
MOST_CHILDREN = 50


@router.get("/items/{item_id}")
def item(request: Request, desk: TheDesk, item_id: int) -> HTMLResponse:
    """Show the timeline of an item, its reviews with what they changed, and its relatives."""
    after = number_of(request, "after") or 0
    with desk.store.read() as db:
        found = items.get(db, item_id)
        if found is None:
            raise HTTPException(404)
        log = events.after(db, after, item_id=item_id, limit=PAGE + 1)
        asked = reviews.of_item(db, item_id)
        parent = items.get(db, found.parent_id) if found.parent_id else None
        children = items.children(db, item_id)[:MOST_CHILDREN]
        files = events.attached(db, item_id)
        healed = items.count(db, Filter(ids=(item_id,), healed=True)) > 0
    return desk.page(
        request,
        "item",
        item=found,
        healed=healed,
        log=[event for event in log[:PAGE] if event.kind is not Kind.STEP_STARTED],
        more=log[PAGE - 1].number if len(log) > PAGE else None,
        reviews=[(review, desk.reviews.answered_changes(review)) for review in asked],
        parent=parent,
        children=children,
        files=files,
        picture_of=pictures.of_event,
    )
