"""The fingerprint of a field: facts that find it again on a changed page."""

from typing import Annotated

from pydantic import Field, StringConstraints

from clerkwork.model.strict import Strict

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Fingerprint(Strict):
    """A field and its surroundings on the page when it was last found with certainty.

    Only the facts that the field has are stored, so that the file stays readable.
    """

    tag: str = Field("input", description="Tag name of the element.")
    type: str = Field("", description="Its type, such as `text` or `date`.")
    role: str = Field("", description="Its explicit role.")
    label: str = Field("", description="Text of its label.")
    title: str = Field("", description="Its tooltip.")
    placeholder: str = Field("", description="Its placeholder.")
    block: list[str] = Field([], description="Texts in a block with this field and no other.")
    left: str = Field("", description="Text left of it; in right-to-left text, right of it.")
    right: str = Field("", description="Text right of it.")
    above: str = Field("", description="Text above it.")
    below: str = Field("", description="Text below it.")
    header: str = Field("", description="Heading of its column in a grid.")
    row: str = Field("", description="Heading of its row in a grid.")
    group: str = Field("", description="Text of the group of fields that it is in.")
    headings: list[str] = Field([], description="The headings before it, nearest first.")
    form: str = Field("", description="Name and address of its form.")
    attributes: dict[str, str] = Field({}, description="Attributes that distinguish it.")
    options: list[str] = Field([], description="The first options of a list.")
    before: list[str] = Field([], description="Labels of the fields before it, nearest first.")
    after: list[str] = Field([], description="Labels of the fields after it, nearest first.")
    others: list[str] = Field([], description="Labels of all other fields of its form.")
    namesakes: int = Field(0, ge=0, description="Number of other fields with the same label.")
    blocked: bool = Field(False, description="Whether it was read-only or disabled.")
    order: int = Field(0, ge=0, description="Number of fields of its kind before it.")
