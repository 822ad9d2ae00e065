"""Items: the list that every figure opens; the filter is the address."""

from dataclasses import fields

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clerkwork.store.items import items as store
from clerkwork.web import labels
from clerkwork.web.i18n import N_
from clerkwork.web.links import filter_of, items_url, number_of
from clerkwork.web.page_context import Nav, TheDesk

NAV = Nav(order=30, name="items", path="/items", title=N_("Items"))
router = APIRouter()


@router.get("/items")
def items(request: Request, desk: TheDesk) -> HTMLResponse:
    """List the items that match the filter, newest first, in pages."""
    wanted = filter_of(request)
    before_id = number_of(request, "before_id")
    with desk.store.read() as db:
        found = store.search(db, wanted, limit=store.PAGE + 1, before_id=before_id)
        total = store.count(db, wanted)
    shown = found[: store.PAGE]
    older = items_url(wanted, before_id=shown[-1].id) if len(found) > store.PAGE else None
    return desk.page(
        request,
        "items",
        items=shown,
        total=total,
        wanted=wanted,
        filtered=any(getattr(wanted, part.name) is not None for part in fields(wanted)),
        older=older,
        before_id=before_id,
        states=labels.STATES,
        outcomes=labels.OUTCOMES,
    )
