"""Numbers with check digits: every form, and that one wrong digit is noticed."""

import pytest

from clerkwork.documents.values.identifiers import Identifier, parse_identifier


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("91350100M000100Y43", "CN"),
        ("06AABCO6063D1ZQ", "IN"),
        ("NL 8104.33.941.B01", "NL"),
        ("DE136695976", "DE"),
        ("BE 0428.759.497", "BE"),
        ("FR40303265045", "FR"),
        ("IT00743110157", "IT"),
        ("GB980780684", "GB"),
        ("GB82 WEST 1234 5698 7654 32", "IBAN"),
    ],
)
def test_a_number_with_its_right_check_digit_is_proven(text: str, form: str) -> None:
    """Blanks and points are left out; one other digit is no longer proven."""
    found = parse_identifier(text)
    assert found is not None
    assert (found.form, found.proven) == (form, True)
    place = next(i for i, char in enumerate(found.value) if i >= 4 and char.isdigit())
    other = str((int(found.value[place]) + 1) % 10)
    wrong = parse_identifier(found.value[:place] + other + found.value[place + 1 :])
    assert wrong is not None
    assert wrong.proven is False


def test_a_form_without_a_check_digit_is_neither_proven_nor_refuted() -> None:
    """Nothing can be said for it or against it."""
    assert parse_identifier("ESB12345678") == Identifier(
        value="ESB12345678", form="ES", proven=None
    )


@pytest.mark.parametrize("text", ["", "PO-2026-3001", "12345678", "Invoice", "DE12345"])
def test_other_text_is_no_identifier(text: str) -> None:
    """A number of an order has none of these forms."""
    assert parse_identifier(text) is None
