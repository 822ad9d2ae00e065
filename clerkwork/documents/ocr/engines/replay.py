"""Stored readings instead of an engine: for tests that must be quick and always the same.

A reading is found by the content of its picture; :func:`record` stores one. A picture nobody
stored a reading of is an error, so that a test never passes on nothing.
"""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr import cache
from clerkwork.documents.ocr.contract import Layout, OcrWord
from clerkwork.errors import ApplicationException


class ReplayOcr:
    """Gives back what was stored in the folder of the setting ``documents.replay``."""

    name = "replay"
    rank = 0

    def __init__(self, settings: DocumentSettings) -> None:
        """Remember the folder."""
        self._folder = Path(settings.replay) if settings.replay else None

    def missing(self) -> str | None:
        """Return what to set, or None."""
        if self._folder is None or not self._folder.is_dir():
            return "set documents.replay to a folder of stored readings"
        return None

    def version(self) -> str:
        """Return the same always: what is stored is found by its picture."""
        return "1"

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:
        """Return the stored words of a picture; see the contract."""
        found = cache.load(_file(self._folder or Path(), picture, languages, layout))
        if found is None:
            message = "No reading of this picture is stored in {folder}."
            raise ApplicationException("ocr_failed", message, folder=str(self._folder))
        return found


def record(
    folder: Path, picture: Image.Image, words: Sequence[OcrWord], *, languages: str, layout: Layout
) -> None:
    """Store *words* as the reading of a picture in *folder*."""
    cache.save(_file(folder, picture, languages, layout), words)


def _file(folder: Path, picture: Image.Image, languages: str, layout: Layout) -> Path:
    return folder / f"{cache.key(picture, languages, layout)}.json"


ENGINE = ReplayOcr
