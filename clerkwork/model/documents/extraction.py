"""What reading a document gives: words with boxes, and fields with evidence."""

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
    """Return the box around those of *boxes* on the page of the first, None without any."""
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
    """Return what was stored while a value had a single box as it is stored now."""
    if isinstance(stored, dict) and "box" in stored:
        known = {name: value for name, value in stored.items() if name != "box"}
        return {"boxes": [stored["box"]] if stored["box"] else []} | known
    return stored


class ShownWord(BaseModel):
    """One word of a page as a person can click on it.

    Attributes:
        text: The word.
        box: Where it stands.
        glued: Whether no blank stands between the word before it and this one.
    """

    model_config = ConfigDict(frozen=True)

    text: str
    box: Box
    glued: bool = False


class Proof(StrEnum):
    """What speaks for a value besides the engine that read it."""

    ARITHMETIC = "arithmetic"  # a sum or a product holds with it
    SECOND_ENGINE = "second_engine"  # another engine reads the same there
    READINGS = "readings"  # other readings of one engine agree
    TEXT_LAYER = "text_layer"  # exact words with their label, or in their column
    REPETITION = "repetition"  # the document says it more than once
    MASTER_DATA = "master_data"  # it is known: a supplier, a product, an open order
    CHECK_DIGIT = "check_digit"  # its own check digit is right


class FieldEvidence(BaseModel):
    """One field as it was read.

    Attributes:
        path: The field's path in the typed result, such as ``total`` or ``lines.0.quantity``.
        value: The normalised value as text, empty when nothing was found.
        raw: The text as it stands on the page.
        confidence: How far the rule that judged it is trusted unmeasured, from 0.0 to 1.0.
        probability: How often values with this evidence were right when that was measured; None
            before it is known.
        evidence: What speaks for it; without any it goes to a person at every probability.
        refuted: Whether a check failed, which sends it to a person at every probability.
        repaired: Whether it is not what the first engine read.
        boxes: Where it stands, a box for each line of it; empty when it was not found or was
            computed.
        reason: Why it is believed or doubted, in one sentence with ``{name}`` for facts.
        facts: The values named in *reason*.
        doubtful: Whether a person should look at it.
        decision: Why it passes or goes to a person, in one sentence with ``{name}`` for facts.
        decision_facts: The values named in *decision*.
        least: The probability that its template asks for, whatever is asked for besides.
        candidates: Other values that were possible, best first.
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
    """What the text of a value is."""

    DATE = "date"
    AMOUNT = "amount"
    QUANTITY = "quantity"
    IDENTIFIER = "identifier"  # a tax number or bank account whose check digit is right
    REFERENCE = "reference"
    TEXT = "text"


class LabelledValue(BaseModel):
    """A label on a form with one value of it, whatever the form is.

    Attributes:
        label: The words of the label.
        value: Normalised by its kind; the text itself for words.
        raw: The text as it stands on the page.
        kind: What the text is.
        candidates: Other values the same text can have.
        label_box: Where the label stands.
        boxes: Where the value stands, a box for each line of it.
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
    """One page as a picture for people.

    A page that was read from its text layer is drawn only when a person is to look at it.

    Attributes:
        sha256: Content address of the JPEG in the evidence store; empty while it is not drawn.
        width: In pixels, 0 while it is not drawn.
        height: In pixels, 0 while it is not drawn.
    """

    sha256: str = ""
    width: int = 0
    height: int = 0


class Extraction(BaseModel):
    """A document that was read.

    Attributes:
        engine: Name of the engine that gave the words, or ``text_layer``.
        kind: The kind that its template names; without a template ``purchase_order``, ``invoice``
            or ``unknown``.
        template: The name of the template that constrained it, or an empty string.
        fields: Every field of the typed result, in the order of the form.
        pages: The pages as pictures.
        labelled: Every label with its value, of any form; nobody has judged them.
        sampled: Whether a person looks at it even when all of it passes, so that the share of
            wrong values among those that pass is known.
        duplicate_of: The item that brought the same document before, or None.
        file: What was read, as ``Document`` names it; empty outside of a run.
        name: The file's name as it came in; empty outside of a run.
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
        """Return the paths of the fields a person should look at."""
        return [field.path for field in self.fields if field.doubtful]
