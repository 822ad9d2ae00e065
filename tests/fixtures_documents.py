"""Fixtures for documents: the samples, each read once, and pages made of words."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader, pipeline
from clerkwork.documents.sources import open_document
from clerkwork.documents.tokens import PageWords, Token
from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.documents.master_data import Master
from clerkwork.model.project.document_templates import Template

ROOT = Path(__file__).parent.parent
SAMPLES = ROOT / "samples" / "documents"
LETTER_UNITS, ROW_UNITS = 10.0, 30.0

Page = Callable[..., PageWords]


@pytest.fixture(scope="session")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentReader]:
    settings = DocumentSettings(engine="tesseract", verify="none")  # the same on every machine
    reader = DocumentReader(settings, tmp_path_factory.mktemp("evidence"))
    yield reader
    reader.close()


@pytest.fixture(scope="session")
def sample_orders() -> dict[str, Any]:
    """The true order of each sample by the sample's name."""
    return dict(json.loads((SAMPLES / "expected.json").read_text("utf-8")))


@pytest.fixture(scope="session")
def read_sample(reader: DocumentReader) -> Callable[[str], Extraction]:
    """Read a sample by its name, each one once in a session."""
    kept: dict[str, Extraction] = {}

    def read(name: str) -> Extraction:
        if name not in kept:
            kept[name] = reader.read(SAMPLES / name, name)
        return kept[name]

    return read


@pytest.fixture
def page() -> Page:
    """Make a page from rows of pieces, each piece its left edge and its words."""

    def make(
        *rows: list[tuple[float, str]], exact: bool = True, pitch: float = ROW_UNITS
    ) -> PageWords:
        tokens = []
        for number, row in enumerate(rows):
            for left, text in row:
                tokens += _words(left, text, 20 + number * pitch)
        return PageWords(number=0, ratio=1.4, tokens=tuple(tokens), exact=exact)

    return make


def read_words(words: PageWords, *templates: Template) -> Extraction:
    """Return the reading of a page with a text layer, by these templates."""
    open_document.held[words.number] = open_document.Page(words=words, picture=None)
    task = pipeline.Task(
        settings=DocumentSettings(),
        evidence=ROOT,
        cache=None,
        master=Master(),
        templates=templates,
    )
    return pipeline.read_file(None, task)


def _words(left: float, text: str, top: float) -> list[Token]:
    tokens = []
    for word in text.split():
        right = left + sum(LETTER_UNITS if char.isascii() else 16 for char in word)
        box = {"left": left, "top": top, "right": right, "bottom": top + 14}
        tokens.append(Token(text=word, page=0, confidence=1.0, **box))
        right += 5
        left = right
    return tokens
