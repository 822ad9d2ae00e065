"""Steps of the child process that read the open document, from its pages to its fields.

Every function here gets the child's channel first; see ``clerkwork.children``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from clerkwork.children import Channel
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.confidence.decide import decide
from clerkwork.documents.extract.classify import template_of
from clerkwork.documents.extract.read_document import ReadDocument
from clerkwork.documents.extract.typed_pairs import labelled_values
from clerkwork.documents.kinds import GENERAL, kind_for, own_templates
from clerkwork.documents.ocr import cache as stored
from clerkwork.documents.ocr import orientation, recognize
from clerkwork.documents.ocr.contract import Engines, choose
from clerkwork.documents.ocr.second_opinion import PageWitness
from clerkwork.documents.sources import open_document
from clerkwork.documents.sources import page_images as shown
from clerkwork.documents.tokens import PageWords
from clerkwork.errors import ApplicationException
from clerkwork.model.documents.extraction import Extraction, PageImage
from clerkwork.model.documents.master_data import Master
from clerkwork.model.project.document_templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Settings and data for one reading.

    Attributes:
        settings: Limits, languages and engine.
        evidence: The folder of content-addressed files.
        cache: The folder of readings made before, or None for none.
        master: What the business knows.
        templates: The templates that classify documents.
    """

    settings: DocumentSettings
    evidence: Path
    cache: Path | None
    master: Master
    templates: tuple[Template, ...]


def get_ready(_channel: Channel) -> None:
    """Do nothing; when this has come back, the child is up and all it needs is loaded."""


def read_file(_channel: Channel, task: Task) -> Extraction:
    """Return the fields of the open document, with its scanned pages kept as pictures.

    Raises:
        ApplicationException: No engine can be used, or it failed.
    """
    read = _read(task)
    template = template_of(read.words, (*task.templates, *own_templates(task.templates)))
    document = ReadDocument(
        pages=read.words,
        witness=read.witness,
        template=template,
        date_order=task.settings.date_order,
    )
    extracted = kind_for(template.kind if template else GENERAL).extract(document)
    return Extraction(
        engine=read.engine,
        kind=template.kind if template else extracted.kind,
        fields=decide(extracted, document, task.master, task.settings.min_probability),
        pages=read.shown,
        template=template.name if template else "",
        labelled=labelled_values(read.words),
    )


def read_ahead(
    _channel: Channel, settings: DocumentSettings, cache: Path, numbers: Sequence[int]
) -> None:
    """Read some of the open pages, so that what they say is in the cache for every child."""
    for number in numbers:
        page = open_document.held[number]
        if page.picture is not None:
            engines = _engines(settings, cache)
            orientation.read_page(page.picture, number, settings.languages, engines)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Read:
    """The words of a document, and the witness that can read them again."""

    engine: str
    words: list[PageWords]
    shown: list[PageImage]
    witness: PageWitness


def _read(task: Task) -> _Read:
    settings = task.settings
    words: list[PageWords] = []
    readings: dict[int, recognize.Readings] = {}
    pages: list[PageImage] = []
    engines: Engines | None = None
    for number, page in open_document.taken():
        if page.picture is None:
            words += [page.words] if page.words else []
            pages.append(PageImage())
            continue
        engines = engines or _engines(settings, task.cache)
        picture, readings[number] = orientation.read_page(
            page.picture, number, settings.languages, engines
        )
        words.append(readings[number].main)
        pages.append(shown.keep(picture, words[-1], task.evidence))
    if not pages:  # the child that had opened it died, and this one was started in its place
        raise ApplicationException(
            "child_died", "The {name} process ended unexpectedly.", name="document reader"
        )
    return _Read(
        engine=engines.first.name if engines else "text_layer",
        words=words,
        shown=pages,
        witness=PageWitness(readings, settings.languages, engines),
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
