"""Words and their places, also where a damaged file gives them odd ones."""

import pytest

from clerkwork.documents.words import Token, box_of


@pytest.mark.parametrize(("top", "bottom"), [(20.0, 20.0), (30.0, 20.0)])
def test_a_word_without_height_still_has_a_place(top: float, bottom: float) -> None:
    """Broken fonts have letters that are nought or less units high."""
    token = Token(text="4711", page=0, left=10, top=top, right=60, bottom=bottom, confidence=1)
    found = box_of([token], ratio=1.4)
    assert found is not None
    assert (found.left, found.right) == (0.01, 0.06)
