"""Attached: one file that a bot made, to be saved."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from clerkwork.store import events
from clerkwork.web.desk import TheDesk

NAV = None
router = APIRouter()


@router.get("/items/{item_id}/files/{sha256}")
def attached(desk: TheDesk, item_id: int, sha256: str) -> FileResponse:
    """Send a file of the item, never to be shown in the console's own place."""
    with desk.store.read() as db:
        known = [file for file in events.attached(db, item_id) if file.sha256 == sha256]
    file = known[0].below(desk.project.evidence) if known else None
    if file is None or not file.is_file():
        raise HTTPException(404)
    return FileResponse(
        file,
        media_type="application/octet-stream",
        filename=known[0].name,
        headers={"Content-Security-Policy": "sandbox"},
    )
