"""Templates of documents: what tells a kind of document, and what its values have to be like.

A template constrains what was read of any layout; it never replaces it. A document without a
template is read as well, with one it is doubted more: a value that does not fit goes to a person.
"""

import re
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, field_validator

from clerkwork.model.strict import Name, Strict

Check = Literal["known_supplier", "open_order", "not_in_future"]
Phrase = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]
Share = Annotated[float, Field(ge=0, le=1)]


class Matching(Strict):
    """What tells that a document is of this kind."""

    any: list[Phrase] = Field(
        min_length=1,
        description="Phrases that speak for it; blanks and case do not matter, and a phrase that "
        "is a part of another one counts once.",
    )
    at_least: int = Field(1, ge=1, description="How many of them have to stand in the document.")
    none: list[Phrase] = Field(
        default_factory=list, description="Phrases that do not stand in such a document."
    )


class Area(Strict):
    """A part of a page, in shares of its width and height from the top left."""

    page: int = Field(0, ge=0, description="Number of the page, from 1; 0 means every page.")
    left: Share = Field(0.0, description="Share of the width, from the left.")
    top: Share = Field(0.0, description="Share of the height, from the top.")
    right: Share = Field(1.0, description="Share of the width, from the left.")
    bottom: Share = Field(1.0, description="Share of the height, from the top.")


class TemplateField(Strict):
    """What is known of one field."""

    labels: list[Phrase] = Field(
        default_factory=list, description="Further labels that stand beside or above its value."
    )
    pattern: str = Field(
        "", max_length=200, description="A regular expression that the whole value fits."
    )
    area: Area | None = Field(None, description="Where the middle of the value stands.")
    least: Share = Field(
        0.0, description="The probability it passes from on; a higher threshold stays in force."
    )
    optional: bool = Field(
        False,
        description="Whether a field that no document has to have is left out where it is doubted, "
        "instead of sending the document to a person.",
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
    """What is known of the table of lines."""

    at_least: int = Field(0, ge=0, description="How many lines there are at least.")
    fields: dict[str, TemplateField] = Field(
        default_factory=dict,
        description="Constraints of the cells, by column: `code`, `description`, `quantity`, "
        "`unit_price` or `amount`; its labels are further headings of the column.",
    )


class Template(Strict):
    """What tells a kind of document, and what its values have to be like."""

    name: Name = Field(description="The same as the file's name.")
    kind: Name = Field(
        description="What such a document is: a free name, or `receipt` or `purchase_order`, which "
        "have a layout of their own."
    )
    general: bool = Field(
        False, description="Whether it speaks only for documents that no other template matches."
    )
    match: Matching = Field(description="What tells it.")
    fields: dict[str, TemplateField] = Field(
        default_factory=dict, description="Constraints by field, such as `number` or `total`."
    )
    lines: Lines = Field(default_factory=Lines, description="Constraints of the table of lines.")
    validators: list[Check] = Field(
        default_factory=list,
        description="Checks beyond those that every document undergoes: `known_supplier` and "
        "`open_order` ask for master data, `not_in_future` looks at the date.",
    )
