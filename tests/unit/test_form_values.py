"""What kind of value a part of an item is."""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, Field

from clerkwork.browser.page.item_values import is_text


class Line(BaseModel):
    """A line of every kind of part."""

    code: Annotated[str, Field(max_length=9)]
    note: str | None = None
    quantity: Decimal
    due: date | None = None


def test_part_that_may_be_left_out_is_a_text_as_well() -> None:
    """A line of a draft that fills only such a part is a line."""
    texts = [name for name in Line.model_fields if is_text(Line, name)]
    assert texts == ["code", "note"]
