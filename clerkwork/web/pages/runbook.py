"""Runbook: the meaning of each reason code and what to do."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from clerkwork.web.i18n import language
from clerkwork.web.page_context import TheDesk
from clerkwork.web.runbook import entries

NAV = None
router = APIRouter()


@router.get("/runbook")
def runbook(request: Request, desk: TheDesk) -> HTMLResponse:
    """Show the table of all codes; each has an anchor of its name."""
    return desk.page(request, "runbook", entries=list(entries(language.get()).values()))
