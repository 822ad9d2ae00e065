"""Evidence in the console: the pictures of an item, and the files by content address."""

from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError
from sqlalchemy.engine import Connection

from clerkwork.model.documents.extraction import ShownWord
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import WorkItem
from clerkwork.model.work.reviews import Review
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events

MEDIA_TYPES = {
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".pdf": "application/pdf",
    ".jsonl": "text/plain",
    ".txt": "text/plain",
    ".zip": "application/zip",
}
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
COMPANIONS = (".name", ".json", ".part")  # files about a file
ADDRESS_LENGTH = 64
SHOWN = 6
_WORDS = TypeAdapter(tuple[ShownWord, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """A picture next to a form.

    Attributes:
        sha256: Its content address.
        page: Its number among the document's pages, from 0; None: not a page of a document.
        name: Its title, or an empty string.
        words: The words of the page, in reading order.
    """

    sha256: str
    page: int | None
    name: str
    words: tuple[ShownWord, ...] = ()


def locate(evidence: Path, sha256: str) -> Path | None:
    """Return the file with this content address, or None; only known kinds of files are found.

    Only hexadecimal digits pass, so the address cannot lead to another folder.
    """
    if not _is_address(sha256):
        return None
    for suffix in MEDIA_TYPES:
        file = evidence / sha256[:2] / f"{sha256}{suffix}"
        if file.is_file():
            return file
    return None


def source_file(evidence: Path, sha256: str) -> Path | None:
    """Return an item's source file, of any kind, by its content address."""
    found = sorted((evidence / sha256[:2]).glob(f"{sha256}*")) if _is_address(sha256) else []
    return next((file for file in found if file.suffix not in COMPANIONS), None)


def of_review(
    db: Connection, evidence: Path, review: Review, item: WorkItem | None
) -> list[Picture]:
    """Return the pictures next to a review's form.

    These are the pages of the review; else the last screenshots of the item's bot; else the pages
    of the document that caused the item.
    """
    if review.pages:
        return _pages(review, evidence)
    found = _seen(events.after(db, 0, item_id=review.item_id, limit=1000), evidence)
    if found or item is None or item.parent_id is None:
        return found
    for earlier in reversed(reviews.of_item(db, item.parent_id)):
        if earlier.pages:
            return _pages(earlier, evidence)
    return _seen(events.after(db, 0, item_id=item.parent_id, limit=1000), evidence)


def of_event(event: Event) -> str | None:
    """Return the content address of the evidence in an event, or None."""
    found = event.data.get("sha256")
    return found if event.kind is Kind.EVIDENCE and isinstance(found, str) else None


def _pages(review: Review, evidence: Path) -> list[Picture]:
    return [
        Picture(sha256=sha256, page=number, name="", words=_words(evidence, sha256))
        for number, sha256 in enumerate(review.pages)
    ]


def _words(evidence: Path, sha256: str) -> tuple[ShownWord, ...]:
    """Return the words of the picture of a page; none where they cannot be read."""
    picture = locate(evidence, sha256)
    try:
        return (
            _WORDS.validate_json(picture.with_suffix(".words.json").read_bytes()) if picture else ()
        )
    except (OSError, ValidationError):
        return ()


def _seen(log: list[Event], evidence: Path) -> list[Picture]:
    kept = [(event, address) for event in log if (address := of_event(event))]
    shown = [
        Picture(sha256=address, page=None, name=str(event.data.get("name", "")))
        for event, address in reversed(kept)
        if _is_picture(evidence, address)
    ]
    return shown[:SHOWN]


def _is_address(sha256: str) -> bool:
    return len(sha256) == ADDRESS_LENGTH and set(sha256) <= set("0123456789abcdef")


def _is_picture(evidence: Path, sha256: str) -> bool:
    file = locate(evidence, sha256)
    return file is not None and file.suffix in PICTURES
