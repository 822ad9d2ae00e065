"""What every kind of document with a layout of its own promises, run over all that are found."""

from pathlib import Path

import pytest

from clerkwork.config.files.templates import shipped
from clerkwork.documents import kinds
from clerkwork.documents.confidence.decide import decide
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.kinds import DocumentKind, find_kinds, own_templates
from clerkwork.documents.ocr.second_opinion import PageWitness
from clerkwork.documents.proofs import FieldCandidate
from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.documents.master_data import Master

FOUND = find_kinds()
LETTER = [
    [(40, "Kestrel Supplies Ltd")],
    [(40, "Number: 77")],
    [(40, "Date: 2026-03-09")],
    [(40, "Total 59.50")],
]


@pytest.fixture(params=sorted(FOUND))
def kind(request: pytest.FixtureRequest) -> DocumentKind:
    return FOUND[request.param]


@pytest.fixture(params=[LETTER, []], ids=["letter", "empty"])
def document(request: pytest.FixtureRequest, page) -> ReadDocument:
    return ReadDocument(pages=[page(*request.param)], witness=PageWitness({}, "eng"))


def test_a_kind_is_called_like_its_module() -> None:
    """The file, the template's `kind` and the reading use one word."""
    folder = Path(kinds.__file__).parent
    files = {file.stem for file in folder.glob("*.py") if not file.name.startswith("_")}
    assert set(FOUND) == files


def test_every_document_gives_candidates_of_the_same_fields(
    kind: DocumentKind, document: ReadDocument
) -> None:
    """A field that was not found has a candidate without a value, so a person is asked for it."""
    extracted = kind.extract(document)
    assert isinstance(extracted, Extracted)
    assert len(extracted.candidates) > 0
    assert all(isinstance(each, FieldCandidate) for each in extracted.candidates.values())


def test_an_empty_page_has_no_values(kind: DocumentKind, page) -> None:
    """Nothing is made up."""
    document = ReadDocument(pages=[page()], witness=PageWitness({}, "eng"))
    found = kind.extract(document).candidates.values()
    assert [each.item.value for each in found if each.item and each.item.value] == []


def test_the_fields_can_be_decided_and_stored(kind: DocumentKind, document: ReadDocument) -> None:
    """The candidates become fields in the same order, each with its decision, and survive JSON."""
    extracted = kind.extract(document)
    fields = decide(extracted, document, Master(), 0.85)
    made = Extraction(engine="none", kind=kind.KIND, fields=fields, pages=[])
    stored = Extraction.model_validate_json(made.model_dump_json())
    assert [field.path for field in stored.fields] == list(extracted.candidates)
    assert all(field.reason and field.decision for field in stored.fields)


def test_a_template_classifies_documents_of_the_kind(kind: DocumentKind) -> None:
    """A kind without any template would never be used."""
    templates = [*shipped(), *own_templates(shipped())]
    assert kind.KIND in {template.kind for template in templates}


def test_the_result_depends_on_the_document_alone(
    kind: DocumentKind, document: ReadDocument
) -> None:
    """A kind keeps nothing from one document to the next."""
    assert kind.extract(document) == kind.extract(document)
