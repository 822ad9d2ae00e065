"""The form extraction bot on its cases, with documents really read."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from bots.form_extraction.bot import form_extraction
from clerkwork import Document, Extraction, FieldEvidence, PurchaseOrder, Receipt, Run

ROOT = Path(__file__).parent.parent.parent
CASES = sorted((ROOT / "bots" / "form_extraction" / "cases").glob("*.json"))
Read = Callable[[str], Extraction]


class Asked(Exception):
    """The run would be parked here, until a person has answered."""


@dataclass
class PaperRun(Run):
    """A run that reads documents and writes down what it would ask a person."""

    read: Read
    question: dict[str, Any] = field(default_factory=dict)

    def read_document(self, document: Document) -> Extraction:
        return self.read(document.name)

    def check(self, value: Any, ok: bool, code: str, message: str = "", **given: Any) -> Any:
        if not ok:
            self._park(value.model_dump(mode="json"), code, message, **given)
        return value

    def ask(
        self, model: type[Any], code: str, message: str = "", *, shown: dict[str, Any], **given: Any
    ) -> Any:
        assert model is PurchaseOrder
        self._park(shown, code, message, **given)

    def _park(
        self,
        shown: dict[str, Any],
        code: str,
        message: str,
        *,
        fields: Sequence[str],
        evidence: Extraction,
        **facts: object,
    ) -> None:
        assert evidence.pages
        self.question = {"shown": shown, "code": code, "fields": list(fields)}
        self.question["message"] = message.format_map({k: str(v) for k, v in facts.items()})
        raise Asked(code)

    def step(self, name: str, *_: Any, **__: Any) -> Any:
        raise AssertionError(f"this bot has no step {name} of its own")

    def attach(self, name: str, content: object) -> Any:
        raise AssertionError(f"this bot makes no files: {name}, {content!r}")

    def effect(self, name: str, value: BaseModel, **how: Any) -> Receipt:
        raise AssertionError(f"this bot acts on nothing: {name}, {value}, {how}")

    def log(self, message: str, **facts: object) -> None:
        """Nothing is kept."""


def run(name: str, read: Read) -> tuple[PurchaseOrder | None, dict[str, Any]]:
    """Return the order the bot made of a document, or None and what it would ask."""
    paper = PaperRun(read)
    try:
        order = form_extraction(Document(file=name, name=name), paper)
    except Asked:
        return None, paper.question
    assert isinstance(order, PurchaseOrder)
    return order, {}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_each_case_ends_as_its_file_says(case: Path, read_sample: Read) -> None:
    """Completed with just this order, or one question with this code."""
    expected = json.loads(case.read_text("utf-8"))
    order, question = run(Path(expected["document"]).name, read_sample)
    if expected["outcome"] == "completed":
        assert order == PurchaseOrder.model_validate(expected["order"])
    else:
        assert question["code"] == expected["code"]
        assert set(expected.get("fields", [])) <= set(question["fields"])


def test_every_sample_has_a_case(sample_orders: dict[str, Any]) -> None:
    """A sample without an expected outcome tests nothing."""
    names = {Path(json.loads(case.read_text("utf-8"))["document"]).name for case in CASES}
    assert names == set(sample_orders)


def test_a_document_that_is_no_order_says_so(read_sample: Read) -> None:
    """Nothing was found, so the form is empty and every field is asked for."""
    empty = Extraction(engine="tesseract", kind="unknown", fields=[], pages=_pages(read_sample))
    order, question = run("letter.pdf", lambda _: empty)
    assert order is None
    assert question["code"] == "not_an_order"
    assert question["message"] == "letter.pdf does not look like an order or an invoice."
    assert {"number", "total", "lines"} <= set(question["fields"])


def test_doubts_of_a_complete_order_are_one_question(read_sample: Read) -> None:
    """An order that adds up but was not read with certainty shows its doubtful fields first."""
    good = read_sample("po-3001-northgate.pdf")
    doubted = {"number", "lines.1.code"}
    fields = [part.model_copy(update={"doubtful": part.path in doubted}) for part in good.fields]
    order, question = run("po.pdf", lambda _: good.model_copy(update={"fields": fields}))
    assert order is None
    assert (question["code"], question["fields"]) == ("low_confidence", ["number", "lines.1.code"])
    assert question["message"] == "2 fields of po.pdf were not read with certainty."


def test_a_line_with_a_missing_cell_keeps_its_place(read_sample: Read) -> None:
    """The form shows what is known of each line, under the number the evidence has."""
    good = read_sample("po-3001-northgate.pdf")
    fields = [_emptied(part, "lines.0.") for part in good.fields]
    _, question = run("po.pdf", lambda _: good.model_copy(update={"fields": fields}))
    assert question["code"] == "missing_field"
    assert question["shown"]["lines"][0] == {}
    assert question["shown"]["lines"][1]["code"] == "M49512"
    assert "lines.0.code" in question["fields"]


def _emptied(part: FieldEvidence, prefix: str) -> FieldEvidence:
    return part.model_copy(update={"value": ""}) if part.path.startswith(prefix) else part


def _pages(read_sample: Read) -> list[Any]:
    return list(read_sample("po-3001-northgate.pdf").pages)
