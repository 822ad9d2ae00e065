"""Run: the steps of one run as a chart, and its log, updated while it runs."""

import asyncio
import json
from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.concurrency import run_in_threadpool

from clerkwork import clock
from clerkwork.model.work.events import Event
from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.web import gantt, i18n
from clerkwork.web.links import Number, number_in
from clerkwork.web.page_context import Desk, TheDesk

NAV = None
router = APIRouter()

MOST_LINES = 5000
CHUNK = 200
LOOK_S = 0.5
LOOKS_PER_PING = 30


@router.get("/runs/{run_id}")
def run(request: Request, desk: TheDesk, run_id: str) -> HTMLResponse:
    """Show one run with the first 5000 lines of its log; following adds the others."""
    with desk.store.read() as db:
        log = events.after(db, 0, run_id=run_id, limit=MOST_LINES)
        item = items.get(db, log[0].item_id) if log and log[0].item_id else None
    if not log:
        raise HTTPException(404)
    ended = gantt.is_ended(log)
    return desk.page(
        request,
        "run",
        run_id=run_id,
        item=item,
        chunks=[log[start : start + CHUNK] for start in range(0, len(log), CHUNK)],
        chart=gantt.draw(log, now=clock.now(), ended=ended),
        error=gantt.first_error(log),
        ended=ended,
        length=gantt.length(log),
        lines=len(log),
        last=log[-1].number,
    )


@router.get("/runs/{run_id}/follow")
def follow(request: Request, desk: TheDesk, run_id: str, after: Number = 0) -> StreamingResponse:
    """Send new lines of the log until the run ends or the reader closes the page."""
    resumed = number_in(request.headers.get("last-event-id", ""))
    stream = _lines(request, desk, run_id, after if resumed is None else resumed)
    return StreamingResponse(stream, media_type="text/event-stream")


async def _lines(request: Request, desk: Desk, run_id: str, number: int) -> AsyncIterator[str]:
    """Yield server-sent events; a waiting reader occupies no thread."""
    template = desk.templates.get_template("_line.html")
    language, looks = i18n.language.get(), 0
    yield "retry: 2000\n\n"
    while not await request.is_disconnected():
        found = await run_in_threadpool(_newer, desk, run_id, number)
        i18n.language.set(language)
        for event in found:
            number = event.number
            yield f"id: {number}\ndata: {json.dumps(template.render(event=event))}\n\n"
        if found and gantt.is_ended(found):
            yield "event: end\ndata: {}\n\n"
            return
        looks += 1
        if looks % LOOKS_PER_PING == 0:
            yield ": still here\n\n"
        await asyncio.sleep(LOOK_S)


def _newer(desk: Desk, run_id: str, number: int) -> list[Event]:
    with desk.store.read() as db:
        return events.after(db, number, run_id=run_id)
