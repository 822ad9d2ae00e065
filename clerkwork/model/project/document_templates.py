"""Document templates: how a kind of document is recognised, and constraints on its values.

A template adds constraints to the values that were read; it does not read values itself. Documents
without a template are read too. With a template, a value that violates a constraint goes to a
person.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from clerkwork.model.strict import Name, Strict

Check = Literal["known_supplier", "open_order", "not_in_future"]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]


class Matching(Strict):
    """How a document of this kind is recognised."""

    any: list[Phrase] = Field(
        min_length=1,
        description="Phrases of such a document; blanks and case are ignored, and a phrase that "
        "is part of another one counts once.",
    )
    at_least: int = Field(1, ge=1, description="How many of the phrases the document must contain.")
    none: list[Phrase] = Field(
        default_factory=list, description="Phrases that the document must not contain."
    )


class Area(Strict):
    """A part of a page, in fractions of its width and height from the top left."""

    page: int = Field(0, ge=0, description="Number of the page, from 1; 0 means every page.")
    left: Share = Field(0.0, description="Share of the width, from the left.")
    top: Share = Field(0.0, description="Share of the height, from the top.")
    right: Share = Field(1.0, description="Share of the width, from the left.")
    bottom: Share = Field(1.0, description="Share of the height, from the top.")


class TemplateField(Strict):
    """Constraints of one field."""

    labels: list[Phrase] = Field(
        default_factory=list, description="More labels to the left of or above its value."
    )
    pattern: str = Field(
        "", max_length=200, description="A regular expression that matches the whole value."
    )
    area: Area | None = Field(None, description="The area that contains the value's centre.")
    least: Share = Field(
        0.0, description="The least probability to pass; a higher threshold takes precedence."
    )
    optional: bool = Field(
        False,
        description="For a field that documents need not have: a doubtful value is dropped instead "
        "of sending the document to a person.",
    )

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"is not a regular expression ({error}); correct it") from None
        return pattern


class Lines(Strict):
    """Constraints of the table of lines."""

    at_least: int = Field(0, ge=0, description="The least number of lines.")
    fields: dict[str, TemplateField] = Field(
        default_factory=dict,
        description="Constraints of the cells, by column: `code`, `description`, `quantity`, "
        "`unit_price` or `amount`; `labels` are more headings of the column.",
    )


class Template(Strict):
    """A kind of document: how it is recognised, and constraints on its values."""

    name: Name = Field(description="The same as the file's name.")
    kind: Name = Field(
        description="The kind of the document: a free name, or `receipt` or `purchase_order`, "
        "which have their own layouts."
    )
    general: bool = Field(
        False, description="Whether it applies only to documents that no other template matches."
    )
    match: Matching = Field(description="How the kind is recognised.")
    fields: dict[str, TemplateField] = Field(
        default_factory=dict, description="Constraints by field, such as `number` or `total`."
    )
    lines: Lines = Field(default_factory=Lines, description="Constraints of the table of lines.")
    validators: list[Check] = Field(
        default_factory=list,
        description="Additional checks: `known_supplier` and `open_order` compare with master "
        "data, `not_in_future` checks the date.",
    )
