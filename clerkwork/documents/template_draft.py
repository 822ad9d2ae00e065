"""A first template from a document, and how templates do on documents with known answers."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from clerkwork.documents.ocr.second_opinion import folded
from clerkwork.documents.reader import DocumentReader
from clerkwork.errors import UsageError
from clerkwork.model.documents.decision import name_of
from clerkwork.model.documents.extraction import Box, Extraction, FieldEvidence, around
from clerkwork.model.numbers import equal_numbers
from clerkwork.model.project.document_templates import (
    Area,
    Lines,
    Matching,
    Template,
    TemplateField,
)
from clerkwork.model.work.reviews import flatten

ROOM = 0.08  # how far a value may be from its place in the document drafted from
SHAPED = ("number",)  # fields whose values are built alike
PLACED = ("number", "order_date", "date", "supplier")  # fields that keep their place
HEAD = """\
# Drafted from one document: keep what holds for all of its kind, and loosen the rest.
# Every key is in docs/reference/workflows.md; `clerkwork template test FOLDER` tries it.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldScore:
    """How one field was read in the documents of one template.

    Attributes:
        template: Its name, or ``none`` for documents without one.
        known: Documents whose answers hold the field.
        found: How often a value was found.
        right: How often it was the right one.
        passed: How often it passed without a person.
        passed_right: How often a value that passed was right.
    """

    template: str
    field: str
    known: int = 0
    found: int = 0
    right: int = 0
    passed: int = 0
    passed_right: int = 0


def drafted(read: Extraction, name: str) -> Template:
    """Return a template that the document which was read fits.

    It is classified by its supplier or, where none was found, by the label of its number or of
    another value, because the value itself is in no other document.

    Raises:
        UsageError: Neither a supplier nor a label was read.
    """
    fields = {field.path: field for field in read.fields if field.value}
    supplier = fields.get("supplier")
    labels = [field.facts["label"] for field in fields.values() if field.facts.get("label")]
    phrases = [supplier.value] if supplier else labels[:1]
    if not phrases:
        raise UsageError(
            "neither a supplier nor a label was read in the document, so nothing classifies others "
            "of its kind; draft from a clearer one, or write phrases under `match: any:` yourself"
        )
    lines = {path.split(".")[1] for path in fields if path.startswith("lines.")}
    return Template(
        name=name,
        kind="purchase_order" if read.kind == "unknown" else read.kind,
        match=Matching(any=phrases),
        fields={
            path: _rule(field) for path, field in fields.items() if path in PLACED and field.boxes
        },
        lines=Lines(at_least=1 if lines else 0),
    )


def written(template: Template) -> str:
    """Return a template as the text of its file, without what is left at its default."""
    data = template.model_dump(mode="json", exclude_defaults=True)
    return HEAD + yaml.safe_dump(data, allow_unicode=True, sort_keys=False, width=100)


def scores(reader: DocumentReader, labelled: Iterable[tuple[Path, Path]]) -> list[FieldScore]:
    """Return the scores of documents, each given with the file of its answers, by template.

    Raises:
        UsageError: A file of answers is no JSON object; names it.
    """
    counts: dict[tuple[str, str], FieldScore] = {}
    for file, answers in labelled:
        truth = _answers(answers)
        read = reader.read(file, file.name)
        by_path = {field.path: field for field in read.fields}
        for path, true in truth.items():
            key = (read.template or "none", name_of(path))
            known = counts.get(key) or FieldScore(template=key[0], field=key[1])
            counts[key] = _counted(known, by_path.get(path), true)
    return [counts[key] for key in sorted(counts)]


def _rule(field: FieldEvidence) -> TemplateField:
    pattern = _shape(field.value) if field.path in SHAPED else ""
    place = around(field.boxes)
    return TemplateField(pattern=pattern, area=_with_room(place) if place else None)


def _shape(value: str) -> str:
    """Return a pattern of values built alike: letters stay, digits may be others."""
    return re.sub(r"\d+", lambda match: rf"\d{{{len(match[0])}}}", re.escape(value))


def _with_room(box: Box) -> Area:
    return Area(
        page=box.page + 1,
        left=round(max(0.0, box.left - ROOM), 2),
        top=round(max(0.0, box.top - ROOM), 2),
        right=round(min(1.0, box.right + ROOM), 2),
        bottom=round(min(1.0, box.bottom + ROOM), 2),
    )


def _answers(file: Path) -> dict[str, str]:
    try:
        data = json.loads(file.read_text("utf-8"))
    except ValueError as error:
        raise UsageError(f"{file} is not valid JSON: {error}; correct it") from None
    if not isinstance(data, dict):
        raise UsageError(f'{file} is no object of values; write {{"number": "PO-1"}}')
    return {path: text for path, text in flatten(data).items() if text}


def _counted(score: FieldScore, field: FieldEvidence | None, true: str) -> FieldScore:
    found = field is not None and bool(field.value)
    right = field is not None and found and _same(field.value, true)
    passed = field is not None and found and not field.doubtful
    return replace(
        score,
        known=score.known + 1,
        found=score.found + found,
        right=score.right + right,
        passed=score.passed + passed,
        passed_right=score.passed_right + (passed and right),
    )


def _same(value: str, true: str) -> bool:
    same_text = folded(value).upper() == folded(true).upper()
    return same_text or equal_numbers(value.strip(), true.strip())
