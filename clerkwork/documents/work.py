"""What the child process does: it opens, draws and reads; the parent only waits and counts.

Every function here gets the child's channel first; see ``clerkwork.children``.
"""

import hashlib
import io
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from clerkwork.children import Channel
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import ocr, opening, stored, textlayer
from clerkwork.documents.belief import Scribe
from clerkwork.documents.classes import template_of
from clerkwork.documents.constraints import Reading, constrained
from clerkwork.documents.engine import Engines, choose
from clerkwork.documents.evidence import fields_of
from clerkwork.documents.fields import draft_of, is_chinese
from clerkwork.documents.master import confirmed
from clerkwork.documents.receipts import receipt_fields
from clerkwork.documents.typed import labelled_values
from clerkwork.documents.witness import PageWitness
from clerkwork.documents.words import PageWords, box_of, rows_of, text_of
from clerkwork.model.extraction import Extraction, FieldEvidence, PageImage, ShownWord
from clerkwork.model.master import Master
from clerkwork.model.templates import Template

SHOWN_WIDTH_PX = 1400
JPEG_QUALITY = 80
HEAD_ROWS = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class _Page:
    picture: Image.Image
    words: PageWords | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be read, and with what.

    Attributes:
        file: The document.
        name: What messages call it.
        settings: Limits, languages and engine.
        evidence: The folder of content-addressed files.
        cache: The folder of readings made before, or None for none.
        master: What the business knows.
        templates: The kinds of documents that are told apart.
    """

    file: Path
    name: str
    settings: DocumentSettings
    evidence: Path
    cache: Path | None
    master: Master
    templates: tuple[Template, ...]


def get_ready(_channel: Channel) -> None:
    """Do nothing; when this has come back, the child is up and all it needs is loaded."""


def probe_file(_channel: Channel, file: Path, name: str, settings: DocumentSettings) -> int:
    """Return the number of pages of a file that can be opened and decoded.

    Raises:
        DocumentRejected: It cannot.
    """
    if opening.kind_of(file, name, settings) == "pdf":
        with opening.open_pdf(file, name, settings) as document:
            opening.draw(document[0], opening.POINTS_PER_INCH // 2)
            return len(document)
    return sum(1 for _ in opening.pictures_in(file, name, settings))


def read_file(_channel: Channel, task: Task) -> Extraction:
    """Return what a file says, with its pages kept as pictures.

    Raises:
        DocumentRejected: It cannot be opened.
        ApplicationException: No engine can be used, or it failed.
    """
    read = _read(task)
    template = template_of(read.words, task.templates)
    if template is not None and template.kind == "receipt":
        return _extraction(read, _receipt(read, task), "receipt", template)
    draft = draft_of(read.words)
    fields = fields_of(draft, read.witness, read.scribe, chinese=is_chinese(read.words))
    fields = confirmed(fields, (), task.master, read.scribe)
    return _extraction(read, fields, template.kind if template else draft.kind, template)


def read_receipt(_channel: Channel, task: Task) -> Extraction:
    """Return supplier, address, date and total of a receipt; otherwise as :func:`read_file`."""
    read = _read(task)
    templates = [each for each in task.templates if each.kind == "receipt"]
    return _extraction(read, _receipt(read, task), "receipt", template_of(read.words, templates))


def _receipt(read: "_Read", task: Task) -> list[FieldEvidence]:
    fields = receipt_fields(read.words, read.witness, read.scribe, task.settings.date_order)
    head = [text_of(row) for row in rows_of(read.words[0])[:HEAD_ROWS]]
    return confirmed(fields, head, task.master, read.scribe)


def _extraction(
    read: "_Read", fields: list[FieldEvidence], kind: str, template: Template | None
) -> Extraction:
    if template is not None:
        fields = constrained(
            fields,
            Reading(template=template, pages=read.words, witness=read.witness, scribe=read.scribe),
        )
    return Extraction(
        engine=read.engine,
        kind=kind,
        fields=fields,
        pages=read.shown,
        template=template.name if template else "",
        labelled=labelled_values(read.words),
    )


def read_ahead(
    _channel: Channel,
    file: Path,
    name: str,
    settings: DocumentSettings,
    cache: Path,
    numbers: tuple[int, ...],
) -> None:
    """Read some pages, so that what they say is in the cache when the document is read."""
    for number, page in _some_pages(file, name, settings, numbers):
        if page.words is None:
            engines = _engines(settings, cache)
            ocr.read_picture(page.picture, number, settings.languages, engines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The words of a document, with all that is needed to judge what they say."""

    engine: str
    words: list[PageWords]
    shown: list[PageImage]
    witness: PageWitness
    scribe: Scribe


def _read(task: Task) -> _Read:
    settings = task.settings
    words: list[PageWords] = []
    readings: dict[int, ocr.Readings] = {}
    shown: list[PageImage] = []
    engines: Engines | None = None
    for number, page in enumerate(_pages(task.file, task.name, settings)):
        if page.words is None:
            engines = engines or _engines(settings, task.cache)
            readings[number] = ocr.read_picture(page.picture, number, settings.languages, engines)
        words.append(page.words or readings[number].main)
        shown.append(_keep(page.picture, task.evidence))
        _keep_words(words[-1], shown[-1], task.evidence)
    return _Read(
        engine=engines.first.name if engines else "text_layer",
        words=words,
        shown=shown,
        witness=PageWitness(readings, settings.languages, engines),
        scribe=Scribe([page.ratio for page in words], settings.min_probability),
    )


_chosen: dict[str, Engines] = {}  # models are loaded once in the life of a child


def _engines(settings: DocumentSettings, cache: Path | None) -> Engines:
    """Return the engines of the settings, their readings kept in *cache*."""
    known = settings.model_dump_json()
    if known not in _chosen:
        _chosen.clear()
        _chosen[known] = choose(settings)
    engines = _chosen[known]
    if cache is None or not settings.cache_mb:
        return engines
    second = stored.CachedEngine(engines.second, cache) if engines.second else None
    return Engines(first=stored.CachedEngine(engines.first, cache), second=second)


def _pages(file: Path, name: str, settings: DocumentSettings) -> Iterator[_Page]:
    for _, page in _some_pages(file, name, settings, None):
        yield page


def _some_pages(
    file: Path, name: str, settings: DocumentSettings, numbers: tuple[int, ...] | None
) -> Iterator[tuple[int, _Page]]:
    """Yield the pages of these *numbers*, or all of them."""
    if opening.kind_of(file, name, settings) == "pdf":
        with opening.open_pdf(file, name, settings) as document:
            for number in numbers if numbers is not None else range(len(document)):
                page = document[number]
                words = textlayer.words_of(page, number)
                shown = round(SHOWN_WIDTH_PX * opening.POINTS_PER_INCH / page.get_width())
                picture = opening.draw(page, min(shown, settings.dpi) if words else settings.dpi)
                yield (
                    number,
                    _Page(picture=picture if words else ocr.straighten(picture), words=words),
                )
    else:
        for number, picture in enumerate(opening.pictures_in(file, name, settings)):
            if numbers is None or number in numbers:
                yield number, _Page(picture=ocr.straighten(picture), words=None)


def _keep(picture: Image.Image, evidence: Path) -> PageImage:
    """Write the page as a JPEG under the SHA-256 of its content, unless it is there already."""
    small = picture.copy()
    small.thumbnail((SHOWN_WIDTH_PX, SHOWN_WIDTH_PX * 4), Image.Resampling.LANCZOS)
    buffer = io.BytesIO()
    small.save(buffer, "JPEG", quality=JPEG_QUALITY, optimize=True)
    data = buffer.getvalue()
    sha256 = hashlib.sha256(data).hexdigest()
    target = evidence / sha256[:2] / f"{sha256}.jpg"
    if not target.exists():
        _write(target, data)
    return PageImage(sha256=sha256, width=small.width, height=small.height)


def _keep_words(words: PageWords, shown: PageImage, evidence: Path) -> None:
    """Write the words of a page beside its picture, in reading order, for a person to click on."""
    found = []
    for token in (token for row in rows_of(words) for token in row):
        box = box_of([token], words.ratio)
        if box is not None:
            word = ShownWord(text=token.text, box=box, glued=token.glued)
            found.append(word.model_dump(mode="json"))
    data = json.dumps(found, ensure_ascii=False).encode()
    _write(evidence / shown.sha256[:2] / f"{shown.sha256}.words.json", data)


def _write(target: Path, data: bytes) -> None:
    """Write a file whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    part.write_bytes(data)
    part.replace(target)
