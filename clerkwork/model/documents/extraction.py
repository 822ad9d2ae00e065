"""The result of reading a document: words with boxes, and fields with evidence."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Box(BaseModel):
    """A rectangle on a page, in fractions of the page's width and height.

    Attributes:
        page: Number of the page, from 0.
        left: From 0.0 (left edge) to 1.0.
        top: From 0.0 (upper edge) to 1.0.
        right: Greater than *left*.
        bottom: Greater than *top*.
    """

    model_config = ConfigDict(frozen=True)

    page: int
    left: float
    top: float
    right: float
    bottom: float


def around(boxes: Sequence[Box]) -> Box | None:
    """Return the box around all *boxes* on the page of the first one, or None without any."""
    here = [box for box in boxes if box.page == boxes[0].page]
    if not here:
        return None
    return Box(
        page=here[0].page,
        left=min(box.left for box in here),
        top=min(box.top for box in here),
        right=max(box.right for box in here),
        bottom=max(box.bottom for box in here),
    )


def _of_one_box(stored: Any) -> Any:
    """Convert data stored by versions in which a value had a single box."""
    if isinstance(stored, dict) and "box" in stored:
        known = {name: value for name, value in stored.items() if name != "box"}
        return {"boxes": [stored["box"]] if stored["box"] else []} | known
    return stored


class ShownWord(BaseModel):
    """One word of a page that a person can click.

    Attributes:
        text: The word.
        box: Its place.
        glued: Whether there is no blank between the previous word and this one.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    box: Box
    glued: bool = False


class Proof(StrEnum):
    """A reason to trust a value in addition to the engine that read it."""

    ARITHMETIC = "arithmetic"  # it satisfies a sum or a product
    SECOND_ENGINE = "second_engine"  # a second engine reads the same
    READINGS = "readings"  # other readings of the same engine agree
    TEXT_LAYER = "text_layer"  # exact text with its label, or in its column
    REPETITION = "repetition"  # the document has it more than once
    MASTER_DATA = "master_data"  # a known supplier, product or open order
    CHECK_DIGIT = "check_digit"  # its check digit is correct


class FieldEvidence(BaseModel):
    """One field that was read.

    Attributes:
        path: The field's path in the typed result, such as ``total`` or ``lines.0.quantity``.
        value: The normalised value as text, empty if nothing was found.
        raw: The text on the page.
        confidence: The unmeasured confidence of the rule that decided, from 0.0 to 1.0.
        probability: The measured share of correct values among values with this evidence; None
            before it is known.
        evidence: The proofs; without any the value goes to a person at every probability.
        refuted: Whether a check failed; then the value goes to a person at every probability.
        repaired: Whether it differs from the reading of the first engine.
        boxes: Its place, one box per line of text; empty if it was not found or was computed.
        reason: Why it is trusted or doubtful, in one sentence with ``{name}`` for facts.
        facts: The values of *reason*.
        doubtful: Whether a person should check it.
        decision: Why it passes or goes to a person, in one sentence with ``{name}`` for facts.
        decision_facts: The values of *decision*.
        least: The least probability that its template requires.
        candidates: Other possible values, best first.
    """

    path: str
    value: str
    raw: str = ""
    confidence: float
    boxes: list[Box] = Field(default_factory=list)
    reason: str = ""
    facts: dict[str, str] = Field(default_factory=dict)
    doubtful: bool = False
    decision: str = ""
    decision_facts: dict[str, str] = Field(default_factory=dict)
    probability: float | None = None
    evidence: list[Proof] = Field(default_factory=list)
    refuted: bool = False
    repaired: bool = False
    least: float = 0.0
    candidates: list[str] = Field(default_factory=list)

    _older = model_validator(mode="before")(_of_one_box)


class ValueKind(StrEnum):
    """The kind of a value's text."""

    DATE = "date"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    IDENTIFIER = "identifier"  # a tax number or bank account with a correct check digit
    REFERENCE = "reference"
    TEXT = "text"


class LabelledValue(BaseModel):
    """A label and one of its values, on a form of any kind.

    Attributes:
        label: The text of the label.
        value: Normalised by its kind; a plain text is not changed.
        raw: The text on the page.
        kind: The kind of the text.
        candidates: Other values that the same text can have.
        label_box: The place of the label.
        boxes: The place of the value, one box per line of text.
    """

    label: str
    value: str
    raw: str
    kind: ValueKind
    candidates: list[str] = Field(default_factory=list)
    label_box: Box | None
    boxes: list[Box]

    _older = model_validator(mode="before")(_of_one_box)


class PageImage(BaseModel):
    """The image of a page, for people.

    A page that was read from its text layer is rendered only when a person reviews it.

    Attributes:
        sha256: Content address of the JPEG in the evidence store; empty until it is rendered.
        width: In pixels, 0 until it is rendered.
        height: In pixels, 0 until it is rendered.
    """

    sha256: str = ""
    width: int = 0
    height: int = 0


class Extraction(BaseModel):
    """A document that was read.

    Attributes:
        engine: Name of the engine that read the words, or ``text_layer``.
        kind: The kind of its template; without a template ``purchase_order``, ``invoice`` or
            ``unknown``.
        template: The name of its template, or an empty string.
        fields: Every field of the typed result, in the order of the form.
        pages: The images of the pages.
        labelled: Every label with its value, of any form; without a decision.
        sampled: Whether a person reviews it even if all values pass, to measure the error rate.
        duplicate_of: The item with the same document, or None.
        file: The file, as in ``Document``; empty outside of a run.
        name: The file's original name; empty outside of a run.
    """

    engine: str
    kind: str
    fields: list[FieldEvidence]
    pages: list[PageImage]
    labelled: list[LabelledValue] = Field(default_factory=list)
    sampled: bool = False
    duplicate_of: int | None = None
    template: str = ""
    file: str = ""
    name: str = ""

    def values(self) -> dict[str, str]:
        """Return the value of each field by its path, without the empty ones."""
        return {field.path: field.value for field in self.fields if field.value}

    def doubtful(self) -> list[str]:
        """Return the paths of the fields that a person should check."""
        return [field.path for field in self.fields if field.doubtful]
