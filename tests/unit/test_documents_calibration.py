"""How likely a value is right follows from counts, and few counts are not taken for certainty."""

import pytest

from clerkwork.documents.confidence.calibration import Calibration, shipped

KNOWN = Calibration({"Sums hold.": {"total": (196, 196), "tax": (0, 4)}})


@pytest.mark.parametrize(
    ("path", "reason", "expected"),
    [
        ("total", "Never measured.", 0.5),
        ("date", "Sums hold.", (196 + 4 * 0.5) / 204),
        ("total", "Sums hold.", (196 + 8 * 198 / 204) / 204),
        ("tax", "Sums hold.", (8 * 198 / 204) / 12),
    ],
)
def test_a_field_leans_on_its_reason_and_a_reason_on_its_rule(path, reason, expected):
    """What was seen often counts, what was seen seldom hardly moves."""
    assert KNOWN.probability(path, reason, 0.5) == pytest.approx(expected)


def test_all_lines_of_a_table_are_one_field():
    """The number of a line says nothing about its values."""
    known = Calibration({"Sums hold.": {"lines.code": (9, 9)}})
    found = {known.probability(f"lines.{number}.code", "Sums hold.", 0.5) for number in range(9)}
    assert len(found) == 1


def test_the_shipped_counts_speak_for_what_was_measured():
    """A reason that nobody measured is trusted as its rule says."""
    chance = shipped().probability("lines.0.amount", "Quantity times unit price is the amount.", 1)
    assert 0.99 < chance <= 1.0
    assert shipped().probability("total", "Nobody measured this.", 0.7) == 0.7
