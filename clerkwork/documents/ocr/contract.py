"""What an engine for optical character recognition is: a picture in, words with boxes out.

Each module in the folder ``engines`` is an engine. Its ``ENGINE`` is a class that is made from the
settings of documents. Nothing is registered anywhere.
"""

import importlib
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, cast

from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr import engines as folder
from clerkwork.errors import ApplicationException

AUTO = "auto"


class Layout(StrEnum):
    """The arrangement of text on a picture."""

    PAGE = "page"
    SPARSE = "sparse"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class OcrWord:
    """One word on a picture.

    Attributes:
        text: The word, never empty, without surrounding blanks.
        box: Left, top, right, bottom in pixels of the picture; the origin is at the top left.
        confidence: From 0.0 (a guess) to 1.0 (certain), independent of the engine's scale.
        line: Number of its line; words of one line follow each other from the left.
        spaced: Whether the engine saw a blank before it in its line; None where it cannot tell.
    """

    text: str
    box: tuple[float, float, float, float]
    confidence: float
    line: int
    spaced: bool | None = None


class OcrEngine(Protocol):
    """Reads the words of a picture.

    Attributes:
        name: As in the setting ``documents.engine``.
        rank: The usable engine of the highest rank reads the page, the next one confirms it;
            one of rank 0 is used only where a setting names it. Engines of one rank are of one
            kind and fail alike, so none confirms another.
    """

    name: str
    rank: int

    def missing(self) -> str | None:
        """Return what has to be done before it can be used, or None when it is usable."""

    def version(self) -> str:
        """Return what its readings depend on; asked only of a usable engine."""

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:
        """Return the words of a picture.

        Raises:
            ApplicationException: It failed; ``ocr_missing`` or ``ocr_failed``.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The engines that read a document.

    Attributes:
        first: Reads the pages.
        second: Another engine that confirms what the first one read, or None.
    """

    first: OcrEngine
    second: OcrEngine | None


def find_engines(settings: DocumentSettings) -> dict[str, OcrEngine]:
    """Return every engine there is, usable or not, by its name."""
    modules = [
        importlib.import_module(f"{folder.__name__}.{found.name}")
        for found in pkgutil.iter_modules(folder.__path__)
        if not found.name.startswith("_")
    ]
    made = [cast("OcrEngine", module.ENGINE(settings)) for module in modules]
    return {engine.name: engine for engine in made}


def choose(settings: DocumentSettings) -> Engines:
    """Return the engines that the settings and this machine make first and second.

    Raises:
        ApplicationException: The engine of the settings is unknown or cannot be used, or none can.
    """
    found = find_engines(settings)
    ranked = sorted((e for e in found.values() if e.rank), key=lambda e: -e.rank)
    if settings.engine == AUTO:
        first = next((engine for engine in ranked if engine.missing() is None), None)
        if first is None:
            message = "No engine can read pictures; run `clerkwork doctor`."
            raise ApplicationException("ocr_missing", message)
    else:
        first = _named(settings.engine, found)
    if settings.verify != AUTO:
        second = _named(settings.verify, found)
        apart = second.rank and second.rank != first.rank
        return Engines(first=first, second=second if apart else None)
    others = [e for e in ranked if first.rank not in {0, e.rank} and e.missing() is None]
    return Engines(first=first, second=others[0] if others else None)


def _named(name: str, found: Mapping[str, OcrEngine]) -> OcrEngine:
    if name not in found:
        message = "There is no engine {name}; write one of {names} as documents.engine."
        names = ", ".join([AUTO, *found])
        raise ApplicationException("ocr_missing", message, name=name, names=names)
    if problem := found[name].missing():
        message = "The engine {name} cannot be used: {remedy}."
        raise ApplicationException("ocr_missing", message, name=name, remedy=problem)
    return found[name]
