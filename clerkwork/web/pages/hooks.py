"""Signed requests of other systems: ``POST /hooks/<workflow>``. Not a page for people.

The guard does not check their site; the signature identifies the sender.
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from clerkwork.errors import StoreLost
from clerkwork.intake.sources import webhook
from clerkwork.intake.sources.webhook import HookIntake, HookRefused
from clerkwork.web.page_context import TheDesk

NAV = None
router = APIRouter()


@router.post("/hooks/{workflow}")
async def receive(request: Request, desk: TheDesk, workflow: str) -> JSONResponse:
    """Add the items of a signed request; a repeated delivery adds nothing."""
    project = desk.project
    intake = HookIntake(project.workflows, desk.store, project.engine, refusal=project.no_intake)
    try:
        body = await _body(request, intake.limit(workflow))
        headers = {name.lower(): value for name, value in request.headers.items()}
        given = webhook.Request(headers=headers, body=body)
        found = await run_in_threadpool(intake.receive, workflow, given)
    except StoreLost:
        said = "The store is lost; nothing was taken in. Send it again later."
        headers = {"Retry-After": str(webhook.RETRY_S)}
        return JSONResponse({"error": said}, status_code=503, headers=headers)
    except HookRefused as error:
        later = None if error.retry_after_s is None else {"Retry-After": str(error.retry_after_s)}
        return JSONResponse({"error": str(error)}, status_code=error.status, headers=later)
    return JSONResponse({"duplicate": found.duplicate, "items": found.items})


async def _body(request: Request, limit: int) -> bytes:
    """Return the body; reading stops when it is too large."""
    found = bytearray()
    async for block in request.stream():
        found += block
        if len(found) > limit:
            raise webhook.too_large(limit)
    return bytes(found)
