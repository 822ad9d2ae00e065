"""Item: the timeline of one item, and the moves that an operator can make."""

from datetime import timedelta

from fastapi import APIRouter, HTTPException, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import BaseModel

from clerkwork.engine.operate.operations import Operations
from clerkwork.errors import ClerkworkError, UsageError
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import CLOSED, MOVES, ItemState, WorkItem
from clerkwork.model.work.reviews import AnswerInvalid, flatten
from clerkwork.review.forms import titles_along, typed_fields
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events
from clerkwork.web import pictures
from clerkwork.web.form_data import Posted, leaves_of, texts_of
from clerkwork.web.links import Number, number_of
from clerkwork.web.page_context import Desk, TheDesk

NAV = None
router = APIRouter()

PAGE = 300
MOST_CHILDREN = 50
CHANGEABLE = {ItemState.WAITING, ItemState.POSTPONED, ItemState.IN_REVIEW}


@router.get("/items/{item_id}")
def item(request: Request, desk: TheDesk, item_id: Number) -> HTMLResponse:
    """Show the timeline of an item, its reviews and their changes, its parent and children."""
    return _page(request, desk, item_id)


@router.post("/items/{item_id}/moves")
def move(request: Request, desk: TheDesk, item_id: Number, form: Posted) -> Response:
    """Cancel, expire, requeue or edit the item, with a reason; show why a move is refused."""
    texts = texts_of(form)
    why = texts.get("why", "").strip()
    if not why:
        unsaid = "Write the reason first."
        return _page(request, desk, item_id, texts, status=422, trouble={"": unsaid})
    try:
        done = _move(desk, item_id, texts, why)
    except AnswerInvalid as error:
        return _page(request, desk, item_id, texts, status=422, trouble=error.problems)
    except UsageError as error:
        return _page(request, desk, item_id, texts, status=422, trouble={"": str(error)})
    if not done:
        said = "Nothing was changed: the item's state does not allow it, the data is the same, or "
        said += "its record may already be in the target."
        return _page(request, desk, item_id, texts, status=409, trouble={"": said})
    return RedirectResponse(f"/items/{item_id}", 303)


def _move(desk: Desk, item_id: int, texts: dict[str, str], why: str) -> bool:
    lease = timedelta(seconds=desk.project.settings.worker.lease_s)
    them = Operations(desk.project.engine.core, who=desk.who, why=why, lease=lease)
    match texts.get("move"):
        case "cancel":
            return them.cancel(item_id)
        case "expire":
            return them.expire(item_id)
        case "requeue":
            return them.requeue(item_id, texts.get("step") or None)
        case "edit":
            known = flatten(_known(desk, item_id).payload)
            given = leaves_of(texts)
            changes = {path: text for path, text in given.items() if known.get(path, "") != text}
            return bool(changes and them.edit(item_id, changes))
    raise UsageError("there is no such move")


def _known(desk: Desk, item_id: int) -> WorkItem:
    with desk.store.read() as db:
        found = items.get(db, item_id)
    if found is None:
        raise HTTPException(404)
    return found


def _offered(found: WorkItem) -> list[str]:
    """Return the moves that the transition table has from the item's state."""
    targets = MOVES[found.state]
    moves = [name for name, to in (("cancel", "cancelled"), ("expire", "expired")) if to in targets]
    if found.state is ItemState.RUNNING:
        moves = ["cancel"]
    if found.state in CHANGEABLE:
        moves.append("edit")
    again = found.state in CHANGEABLE or found.state in CLOSED - {ItemState.DONE}
    return [*moves, "requeue"] if again else moves


def _page(
    request: Request,
    desk: Desk,
    item_id: int,
    texts: dict[str, str] | None = None,
    *,
    status: int = 200,
    trouble: dict[str, str] | None = None,
) -> HTMLResponse:
    """Return the page; after a refused move with its *trouble* by path and the typed texts."""
    typed = texts or {}
    after = number_of(request, "after") or 0
    found = _known(desk, item_id)
    with desk.store.read() as db:
        log = events.after(db, after, item_id=item_id, limit=PAGE + 1)
        asked = reviews.of_item(db, item_id)
        parent = items.get(db, found.parent_id) if found.parent_id else None
        children = items.children(db, item_id)[:MOST_CHILDREN]
        files = events.attached(db, found.run_id)
        healed = items.count(db, Filter(ids=(item_id,), healed=True)) > 0
    offered = _offered(found)
    steps = desk.project.engine.core.finished_steps(found) if "requeue" in offered else []
    leaves = flatten(found.payload) | leaves_of(typed) if "edit" in offered else {}
    takes = _model_of(desk, found)
    return desk.page(
        request,
        "item",
        status=status,
        item=found,
        healed=healed,
        log=[event for event in log[:PAGE] if event.kind is not Kind.STEP_STARTED],
        more=log[PAGE - 1].number if len(log) > PAGE else None,
        reviews=[(review, desk.reviews.answered_changes(review)) for review in asked],
        parent=parent,
        children=children,
        files=files,
        picture_of=pictures.of_event,
        offered=offered,
        steps=steps,
        fields=typed_fields(takes, leaves, trouble or {}),
        titles={path: titles_along(takes, path) for path in leaves},
        typed=typed,
        trouble=trouble or {},
    )


def _model_of(desk: Desk, found: WorkItem) -> type[BaseModel] | None:
    """Return the model of the item's data; None where its workflow or bot is gone."""
    try:
        return desk.project.engine.core.first_bot(found.workflow).takes
    except (KeyError, ClerkworkError):
        return None
