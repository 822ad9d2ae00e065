"""When two texts are the same number."""

import pytest

from clerkwork.documents.confidence.master_data import _equal as equal_to_known
from clerkwork.documents.template_draft import _same as same_as_true
from clerkwork.engine.document_policy import right_paths
from clerkwork.model.numbers import equal_numbers

CASES = [
    ("12.50", "12.5", True),
    ("-0.0", "0", True),
    ("7", "7", True),
    ("123", "0123", False),
    ("00", "0", False),
    ("1e3", "1000", False),
    ("١", "1", False),
    ("1_0", "10", False),
    ("NaN", "1", False),
]


@pytest.mark.parametrize(("one", "other", "same"), CASES)
def test_codes_are_no_numbers(one: str, other: str, same: bool) -> None:
    """Leading zeros, exponents and the digits of other scripts make a code."""
    assert (equal_numbers(one, other), equal_numbers(other, one)) == (same, same)


def test_code_that_was_corrected_by_a_zero_counts_as_wrong() -> None:
    """A correction by a leading zero is part of the measured error."""
    assert right_paths({"code": "123", "total": "9.50"}, {"code": "0123", "total": "9.5"}) == {
        "total"
    }


def test_code_that_was_read_without_its_zero_is_not_right() -> None:
    """Nor when a draft is tried on documents whose values are known."""
    assert (same_as_true("123", "0123"), same_as_true("9.50", "9.5")) == (False, True)


def test_known_total_may_be_written_with_commas() -> None:
    """What the ERP exports often is."""
    found = [equal_to_known(known, "1234.5") for known in ("1,234.50", "01234.5", "n/a")]
    assert found == [True, False, False]
