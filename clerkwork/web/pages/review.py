"""Review: the pages of a document next to the form with its fields, and the decision."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse

from clerkwork import clock
from clerkwork.model.work.events import Event
from clerkwork.model.work.reviews import AnswerInvalid, Decision, Review, ReviewState
from clerkwork.review.queue import NoteMissing, ReviewGone
from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.web import pictures
from clerkwork.web.form_data import Posted, leaves_of, texts_of
from clerkwork.web.links import Number
from clerkwork.web.page_context import Desk, TheDesk

NAV = None
router = APIRouter()


@router.get("/review/{number}")
def review(request: Request, desk: TheDesk, number: Number, peek: bool = False) -> HTMLResponse:
    """Show a review and claim it; a preload by the script (*peek*) does not claim it."""
    found = desk.reviews.get(number) if peek else desk.reviews.open_review(number, who=desk.who)
    return _page(request, desk, found)


@router.post("/review/{number}/claim")
def claim(desk: TheDesk, number: Number) -> Response:
    """Claim a preloaded review, and renew the claim while the page is open."""
    desk.reviews.open_review(number, who=desk.who)
    return Response(status_code=204)


@router.get("/review/{number}/skip")
def skip(desk: TheDesk, number: Number) -> RedirectResponse:
    """Open the next review without a decision on this one."""
    return RedirectResponse(_next(desk, number), 303)


@router.post("/review/{number}")
def answer(request: Request, desk: TheDesk, number: Number, form: Posted) -> Response:
    """Store a decision and open the next review, or show the problems of the answer."""
    texts = texts_of(form)
    leaves = leaves_of(texts)
    note = texts.get("note", "")
    try:
        decision = Decision(texts.get("decision", Decision.CORRECT))
        desk.reviews.submit(number, decision, leaves, note, desk.who)
    except AnswerInvalid as error:
        found = desk.reviews.get(number)
        return _page(request, desk, found, leaves=leaves, problems=error.problems, status=422)
    except NoteMissing as error:
        return _page(request, desk, desk.reviews.get(number), status=422, trouble=str(error))
    except ReviewGone as error:
        return _page(request, desk, desk.reviews.get(number), status=409, trouble=str(error))
    except ValueError:
        return _page(request, desk, desk.reviews.get(number), status=422)
    target = _next(desk, number)
    if request.headers.get("x-console") == "swap":
        return Response(status_code=204, headers={"X-Next": target})
    return RedirectResponse(target, 303)


def _next(desk: Desk, number: int) -> str:
    following = desk.reviews.next_after(number, who=desk.who)
    if following is None:
        return "/queue?" + urlencode({"after": number})
    return f"/review/{following}"


def _page(
    request: Request,
    desk: Desk,
    found: Review,
    *,
    leaves: dict[str, str] | None = None,
    problems: dict[str, str] | None = None,
    status: int = 200,
    trouble: str = "",
) -> HTMLResponse:
    form = desk.reviews.form(found, leaves=leaves, problems=problems)
    with desk.store.read() as db:
        item = items.get(db, found.item_id)
        log = events.after(db, 0, item_id=found.item_id, limit=200)
        shown = pictures.of_review(db, desk.project.evidence, found, item)
    held = found.claimed_by not in {None, desk.who} and bool(
        found.claimed_until and found.claimed_until > clock.now()
    )
    context: dict[str, Any] = {
        "review": found,
        "form": form,
        "item": item,
        "history": [event for event in log if _in_history(event)],
        "pictures": shown,
        "doubtful": sum(part.wants_eyes for part in form.fields()),
        "next": desk.reviews.next_after(found.number, who=desk.who),
        "open": found.state is ReviewState.OPEN,
        "held": held,
        "changes": desk.reviews.answered_changes(found),
        "trouble": trouble,
    }
    return desk.page(request, "review", status=status, **context)


def _in_history(event: Event) -> bool:
    """Return whether the short history of a form shows the event."""
    return event.kind.value not in {"step_started", "effect_intent", "evidence"}
