"""Attached: download of a file that a bot made, or of the source file of an item."""

from pathlib import Path

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.web.links import Number
from clerkwork.web.page_context import TheDesk
from clerkwork.web.pictures import source_file

NAV = None
router = APIRouter()


@router.get("/items/{item_id}/files/{sha256}")
def attached(desk: TheDesk, item_id: Number, sha256: str) -> FileResponse:
    """Send a file of the item as a download; the browser does not display it."""
    evidence = desk.project.evidence
    with desk.store.read() as db:
        known = events.attachment(db, item_id, sha256)
        item = items.get(db, item_id)
    file: Path | None = None
    name = ""
    if known is not None:
        file, name = known.below(evidence), known.name
    elif item is not None and item.source.get("sha256") == sha256:
        file, name = source_file(evidence, sha256), str(item.source.get("file", sha256))
    if file is None or not file.is_file():
        raise HTTPException(404)
    return FileResponse(
        file,
        media_type="application/octet-stream",
        filename=name,
        headers={"Content-Security-Policy": "sandbox"},
    )
