"""Evidence: one content-addressed file, sandboxed."""

from fastapi import APIRouter, HTTPException
from fastapi.responses import FileResponse

from clerkwork.web.page_context import TheDesk
from clerkwork.web.pictures import MEDIA_TYPES, locate

NAV = None
SAVED = frozenset({".pdf", ".zip"})  # a browser shows the others by itself
router = APIRouter()


@router.get("/evidence/{sha256}")
def evidence(desk: TheDesk, sha256: str) -> FileResponse:
    """Send the file with this content address; 404 for unknown kinds of files."""
    file = locate(desk.project.evidence, sha256)
    if file is None:
        raise HTTPException(404)
    return FileResponse(
        file,
        media_type=MEDIA_TYPES[file.suffix],
        content_disposition_type="attachment" if file.suffix in SAVED else "inline",
        filename=file.name,
        headers={
            "Content-Security-Policy": "sandbox",
            "Cache-Control": "private, max-age=31536000, immutable",
        },
    )
