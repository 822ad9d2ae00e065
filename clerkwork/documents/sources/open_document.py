"""A document that the child process holds open, from one call of the parent to the next.

Opening is apart from reading, so that each has limits of its own: what a file from outside unpacks
to is bounded tightly, and each page is unpacked once. Every function here that the parent calls
gets the child's channel first; see ``clerkwork.children``.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image

from clerkwork.children import Channel
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.sources import formats, page_images, text_layer
from clerkwork.documents.tokens import PageWords
from clerkwork.errors import DocumentRejected
from clerkwork.model.documents.extraction import PageImage

OPEN_MB = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One page.

    Attributes:
        words: Those of its text layer, or None where it has none that can be trusted.
        picture: What an engine reads; None where the page has *words*.
    """

    words: PageWords | None
    picture: Image.Image | None


held: dict[int, Page] = {}  # the open pages by their number


def open_file(_channel: Channel, file: Path, name: str, settings: DocumentSettings) -> int:
    """Return the number of pages of a file, each of them within the limits.

    Raises:
        DocumentRejected: It cannot be opened, or has too many pages or too large ones.
    """
    held.clear()
    with _bounded(name):
        if formats.kind_of(file, name, settings) == "pdf":
            with formats.open_pdf(file, name, settings) as document:
                return len(document)
        return formats.count_pictures(file, name, settings)


def open_pages(
    _channel: Channel,
    file: Path,
    name: str,
    settings: DocumentSettings,
    numbers: Sequence[int],
) -> None:
    """Unpack these pages of a file and hold them for the reading.

    Raises:
        DocumentRejected: One of them cannot be unpacked.
    """
    held.clear()
    with _bounded(name):
        held.update(_unpacked(file, name, settings, numbers))


def taken() -> Iterator[tuple[int, Page]]:
    """Yield the open pages with their numbers, in order, each held no longer."""
    for number in sorted(held):
        yield number, held.pop(number)


def draw_pages(
    _channel: Channel,
    file: Path,
    name: str,
    settings: DocumentSettings,
    evidence: Path,
    numbers: Sequence[int],
) -> list[PageImage]:
    """Return pages with a text layer as pictures for people, kept in the folder *evidence*.

    Raises:
        DocumentRejected: One of them cannot be drawn.
    """
    drawn = []
    with _bounded(name), formats.open_pdf(file, name, settings) as document:
        for number in numbers:
            with formats.page_of(name, number):
                page = document[number]
                words = text_layer.words_of(page, number)  # turns the page if need be
                dpi = page_images.SHOWN_WIDTH_PX * formats.POINTS_PER_INCH / page.get_width()
                picture = formats.draw(page, min(round(dpi), settings.dpi))
            if words is not None:
                drawn.append(page_images.keep(picture, words, evidence))
    return drawn


@contextmanager
def _bounded(name: str) -> Iterator[None]:
    try:
        with formats.limited_memory(OPEN_MB):
            yield
    except MemoryError as error:
        problem = "needs too much memory to read"
        raise DocumentRejected(name, "", problem, formats.SIMPLER) from error


def _words(page: pdfium.PdfPage, name: str, number: int) -> PageWords | None:
    try:
        return text_layer.words_of(page, number)
    except text_layer.TooMuchText as error:
        problem, remedy = "holds more text than fits on a page", formats.EXPORT_AGAIN
        raise DocumentRejected(name, f"page {number + 1}", problem, remedy) from error


def _unpacked(
    file: Path, name: str, settings: DocumentSettings, numbers: Sequence[int]
) -> Iterator[tuple[int, Page]]:
    if formats.kind_of(file, name, settings) == "pdf":
        with formats.open_pdf(file, name, settings) as document:
            for number in numbers:
                with formats.page_of(name, number):
                    page = document[number]
                    formats.check_pictures(page, name, number)
                    words = _words(page, name, number)
                    picture = None if words else formats.draw(page, settings.dpi)
                yield number, Page(words=words, picture=picture)
        return
    for number, picture in formats.pictures_in(file, name, settings, numbers):
        yield number, Page(words=None, picture=picture)
