"""Tesseract, in its own process for each picture: the engine that needs no Python package."""

import shutil
from collections.abc import Sequence
from functools import cached_property
from typing import Any, cast

import pytesseract
from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr.contract import Layout, OcrWord
from clerkwork.errors import ApplicationException

MODES = {Layout.PAGE: 6, Layout.SPARSE: 11, Layout.LINE: 7}
PACKAGE = "tesseract-ocr"


class TesseractOcr:
    """Reads with the program ``tesseract`` and the languages of the settings."""

    name = "tesseract"
    rank = 1

    def __init__(self, settings: DocumentSettings) -> None:
        """Prepare to read; the program is started at each reading."""
        self._languages = settings.languages

    def missing(self) -> str | None:
        """Return the packages to install, or None."""
        wanted = self._languages.split("+")
        if shutil.which("tesseract") is None:
            names = [PACKAGE, *(_package(name) for name in wanted)]
            return "apt-get install " + " ".join(names)
        try:
            present = pytesseract.get_languages()
        except (pytesseract.TesseractError, OSError):
            present = []
        lacking = [_package(name) for name in wanted if name not in present]
        return "apt-get install " + " ".join(lacking) if lacking else None

    def version(self) -> str:
        """Return the version of the program."""
        return self._version

    @cached_property
    def _version(self) -> str:
        return str(pytesseract.get_tesseract_version())

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:
        """Return the words of a picture; see the contract."""
        data = _table(picture, languages, MODES[layout])
        found: list[OcrWord] = []
        places: dict[tuple[int, ...], int] = {}
        for index, text in enumerate(data["text"]):
            if not text.strip():
                continue
            place = tuple(data[key][index] for key in ("block_num", "par_num", "line_num"))
            left, top = data["left"][index], data["top"][index]
            box = (left, top, left + data["width"][index], top + data["height"][index])
            found.append(
                OcrWord(
                    text=text.strip(),
                    box=box,
                    confidence=min(max(float(data["conf"][index]), 0.0) / 100, 1.0),
                    line=places.setdefault(place, len(places)),
                )
            )
        return found


def _package(language: str) -> str:
    return f"{PACKAGE}-{language.replace('_', '-')}"


def _table(picture: Image.Image, languages: str, mode: int) -> dict[str, list[Any]]:
    """Return tesseract's table of words, its columns by name."""
    try:
        table = pytesseract.image_to_data(
            picture, languages, f"--psm {mode}", output_type=pytesseract.Output.DICT
        )
    except pytesseract.TesseractNotFoundError as error:
        message = "Tesseract is not installed; run `clerkwork doctor`."
        raise ApplicationException("ocr_missing", message) from error
    except pytesseract.TesseractError as error:
        problem = str(error.message)[:200]
        raise ApplicationException(
            "ocr_failed", "Tesseract failed: {error}.", error=problem
        ) from error
    return cast("dict[str, list[Any]]", table)


ENGINE = TesseractOcr
