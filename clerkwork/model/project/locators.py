"""What is known of a field of a target's page: enough to find it again on a changed page."""

from typing import Annotated

from pydantic import Field, StringConstraints

from clerkwork.model.strict import Strict

Words = Annotated[str, StringConstraints(min_length=1, max_length=200)]


class Fingerprint(Strict):
    """A field and its neighbourhood, as they stood on the page when it was last found surely.

    Only what the field had is kept, so that a file of these stays readable.
    """

    tag: str = Field("input", description="Name of the element.")
    type: str = Field("", description="Its type, such as `text` or `date`.")
    role: str = Field("", description="Its role, where it says one.")
    label: str = Field("", description="What its label says.")
    title: str = Field("", description="What is shown when the pointer rests on it.")
    placeholder: str = Field("", description="What stands in it while it is empty.")
    block: list[str] = Field([], description="Texts that stand with this field and no other.")
    left: str = Field("", description="Text left of it; first on a line from right to left.")
    right: str = Field("", description="Text right of it.")
    above: str = Field("", description="Text above it.")
    below: str = Field("", description="Text below it.")
    header: str = Field("", description="Heading of its column in a grid.")
    row: str = Field("", description="Heading of its row in a grid.")
    group: str = Field("", description="Words that stand with it and a few other fields.")
    headings: list[str] = Field([], description="The headings before it, nearest first.")
    form: str = Field("", description="Name and address of its form.")
    attributes: dict[str, str] = Field({}, description="Attributes that tell it from others.")
    options: list[str] = Field([], description="The first choices of a list.")
    before: list[str] = Field(
        [], description="What the fields before it are called, nearest first."
    )
    after: list[str] = Field([], description="What the fields after it are called, nearest first.")
    others: list[str] = Field([], description="What all other fields of its form are called.")
    namesakes: int = Field(0, ge=0, description="How many other fields were called the same.")
    blocked: bool = Field(False, description="Nothing could be typed into it.")
    order: int = Field(0, ge=0, description="How many fields of its kind stand before it.")
