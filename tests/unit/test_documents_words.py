"""Words and their places, also where a damaged file gives them odd ones."""

import pytest

from clerkwork.documents.tokens import Token, box_of, boxes_of
from clerkwork.model.documents.extraction import Box, FieldEvidence


@pytest.mark.parametrize(("top", "bottom"), [(20.0, 20.0), (30.0, 20.0)])
def test_a_word_without_height_still_has_a_place(top: float, bottom: float) -> None:
    """Broken fonts have letters that are nought or less units high."""
    token = Token(text="4711", page=0, left=10, top=top, right=60, bottom=bottom, confidence=1)
    found = box_of([token], ratio=1.4)
    assert found is not None
    assert (found.left, found.right) == (0.01, 0.06)


def test_a_value_has_a_box_for_each_of_its_lines() -> None:
    """An address over three lines, the last of them on the next page."""

    def word(text: str, page: int, left: float, top: float) -> Token:
        edges = {"left": left, "top": top, "right": left + 100, "bottom": top + 10}
        return Token(text=text, page=page, confidence=1, **edges)

    address = [
        word("Long", 0, 100, 500),
        word("Lane", 0, 250, 503),
        word("47100", 0, 100, 520),
        word("Ham", 1, 100, 20),
    ]
    assert boxes_of(address, [1.0, 2.0]) == [
        Box(page=0, left=0.1, top=0.5, right=0.35, bottom=0.513),
        Box(page=0, left=0.1, top=0.52, right=0.2, bottom=0.53),
        Box(page=1, left=0.1, top=0.01, right=0.2, bottom=0.015),
    ]


def test_what_was_stored_with_one_box_is_still_read() -> None:
    """Reviews that were stored before values had a box for each line stay as they were."""
    edges = {"page": 0, "left": 0.1, "top": 0.5, "right": 0.3, "bottom": 0.51}
    stored = {"path": "total", "value": "1.00", "confidence": 0.9}
    read = [FieldEvidence.model_validate(stored | {"box": box}) for box in (edges, None)]
    assert [field.boxes for field in read] == [[Box(**edges)], []]
