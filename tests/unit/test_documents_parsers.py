"""Parsers: every form that is understood, and the near misses that must not be."""

from decimal import Decimal

import pytest

from clerkwork.documents.values import amounts, numerals


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1,234.56", ".", "1234.56"),
        ("£5,370.41", ".", "5370.41"),
        ("￥122,341.27", ".", "122341.27"),
        ("1234.5元", ".", "1234.5"),
        ("USD 12.00", ".", "12.00"),
        ("US$ 12.00", ".", "12.00"),
        ("12.00 EUR", ".", "12.00"),
        ("1.234,56 €", ",", "1234.56"),
        ("1 234,56", ",", "1234.56"),
        ("1'234.50", ".", "1234.50"),
        ("0.85", ".", "0.85"),
    ],
)
def test_an_amount_is_understood_with_its_currency(text: str, mark: str, amount: str) -> None:
    """Signs and codes on either side are left out, groups of thousands joined."""
    assert amounts.parse_amount(text, mark) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["13,11", "1,23.45", "12.345", "1.2.3", "12%", "M8x40", "-5.00", "(5.00)", "O.85", ""]
)
def test_text_that_is_no_clean_amount_is_not_repaired(text: str) -> None:
    """A comma where a point should be is a reading error, not an amount."""
    assert amounts.parse_amount(text) is None


def test_the_decimal_mark_is_what_most_amounts_have() -> None:
    """A stray comma does not turn a document around."""
    assert amounts.decimal_mark(["1,234.56", "9.07", "13,11"]) == "."
    assert amounts.decimal_mark(["1.234,56", "9,07"]) == ","


@pytest.mark.parametrize(
    ("text", "quantity"), [("12", "12"), ("24 pcs", "24"), ("10个", "10"), ("2.5 kg", "2.5")]
)
def test_a_quantity_is_understood_without_its_unit(text: str, quantity: str) -> None:
    """The unit is left out."""
    assert amounts.parse_quantity(text) == Decimal(quantity)


def test_a_quantity_of_nought_is_none() -> None:
    """Nobody orders nothing."""
    assert amounts.parse_quantity("0") is None


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("壹拾贰万陆仟零壹拾壹元伍角壹分", "126011.51"),
        ("壹万零叁佰柒拾捌元柒角叁分", "10378.73"),
        ("人民币叁仟元整", "3000"),
        ("伍拾圆零陆分", "50.06"),
    ],
)
def test_an_amount_in_capital_numerals_is_understood(text: str, amount: str) -> None:
    """Noughts between the places and the closing character add nothing."""
    assert numerals.parse_chinese_amount(text) == Decimal(amount)


def test_garbled_capital_numerals_are_none() -> None:
    """One foreign character is enough to give up."""
    assert numerals.parse_chinese_amount("过拾贰万陆什元") is None


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("¥12.00", ["CNY"]),
        ("人民币", ["CNY"]),
        ("HK$12", ["HKD"]),
        ("$12", ["USD"]),
        ("EUR", ["EUR"]),
        ("£1", ["GBP"]),
        ("M8x40", []),
    ],
)
def test_a_currency_is_known_by_code_name_or_sign(text: str, codes: list[str]) -> None:
    """A dollar with letters before it is another dollar."""
    assert amounts.currencies_in(text) == codes


@pytest.mark.parametrize("text", ["PO-2026-3001", "PO2025068927", "4711/26", "CG_1.2"])
def test_an_order_number_is_letters_and_digits(text: str) -> None:
    """Every form that the model of an order takes is taken here."""
    assert amounts.parse_reference(text) == text


@pytest.mark.parametrize("text", ["Invoice", "$02026053841", "PO 20", "12", ""])
def test_text_without_the_form_of_an_order_number_is_none(text: str) -> None:
    """A word, a sign, a blank, or two digits are no number of an order."""
    assert amounts.parse_reference(text) is None


def test_codes_are_compared_by_their_shape() -> None:
    """Letters and digits are distinguished, marks are kept."""
    assert amounts.shape("M8-40x") == "A9-99A"
