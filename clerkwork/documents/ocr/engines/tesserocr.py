"""Tesseract inside our own process: no program is started, which halves the work of small pictures.

It reads as the program does, so the two never confirm each other. Its wheel brings the library but
no languages; those of the system's package are used.
"""

import importlib.util
import os
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from typing import Any

from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr.contract import Layout, OcrWord
from clerkwork.errors import ApplicationException

MODES = {Layout.PAGE: 6, Layout.SPARSE: 11, Layout.LINE: 7}
FOLDERS = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


class TesserocrOcr:
    """Reads with the library of tesseract and the languages of the settings."""

    name = "tesserocr"
    rank = 1

    def __init__(self, settings: DocumentSettings) -> None:
        """Prepare to read; a language is loaded at its first reading."""
        self._languages = settings.languages
        self._loaded: dict[str, Any] = {}

    def missing(self) -> str | None:
        """Return what to install, or None."""
        if importlib.util.find_spec("tesserocr") is None:
            return "pip install tesserocr"
        lacking = [name for name in self._languages.split("+") if _folder(name) is None]
        packages = [f"tesseract-ocr-{name.replace('_', '-')}" for name in lacking]
        return "apt-get install " + " ".join(packages) if packages else None

    def version(self) -> str:
        """Return the version of the package, which brings its own library."""
        return metadata.version("tesserocr")

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:
        """Return the words of a picture; see the contract."""
        try:
            import tesserocr  # noqa: PLC0415 - an optional package
        except ImportError as error:
            message = "tesserocr is not installed; run `clerkwork doctor`."
            raise ApplicationException("ocr_missing", message) from error
        try:
            reader = self._reader(tesserocr, languages)
            reader.SetPageSegMode(MODES[layout])
            reader.SetImage(picture)
            reader.Recognize()
            return list(_words(tesserocr, reader))
        except RuntimeError as error:
            problem = str(error)[:200]
            raise ApplicationException(
                "ocr_failed", "Tesseract failed: {error}.", error=problem
            ) from error

    def _reader(self, library: Any, languages: str) -> Any:
        if languages not in self._loaded:
            folder = _folder(languages.partition("+")[0])
            self._loaded[languages] = library.PyTessBaseAPI(path=str(folder), lang=languages)
        return self._loaded[languages]


def _folder(language: str) -> Path | None:
    """Return the folder that holds a language, None where none does."""
    told = os.environ.get("TESSDATA_PREFIX")
    folders = [Path(told)] if told else []
    folders += [path for place in FOLDERS for path in sorted(Path("/").glob(place.lstrip("/")))]
    return next((path for path in folders if (path / f"{language}.traineddata").exists()), None)


def _words(library: Any, reader: Any) -> Iterator[OcrWord]:
    level, line = library.RIL.WORD, -1
    for word in library.iterate_level(reader.GetIterator(), level):
        if word.IsAtBeginningOf(library.RIL.TEXTLINE):
            line += 1
        box = word.BoundingBox(level)
        text = word.GetUTF8Text(level).strip() if box else ""
        if text:
            confidence = min(max(word.Confidence(level) / 100, 0.0), 1.0)
            yield OcrWord(text=text, box=box, confidence=confidence, line=line)


ENGINE = TesserocrOcr
