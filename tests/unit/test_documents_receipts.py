"""Receipts made of words: the head, the dates, and which amount is the total and why."""

from collections.abc import Sequence

import pytest

from clerkwork.documents.extract.receipt_header import ReceiptRow, head_of, row_of
from clerkwork.documents.extract.receipt_total import judge_total
from clerkwork.documents.kinds.receipt import days_in
from clerkwork.documents.tokens import Token

GOODS = ["Tea 2.00", "Cake 3.50"]
NOTHING = "Nothing else in the document confirms the total."


def rows(*texts: str) -> list[ReceiptRow]:
    """Return rows of words below each other."""
    return [row_of(_words(text, 30.0 * number)) for number, text in enumerate(texts)]


def _words(text: str, top: float) -> Sequence[Token]:
    box = {"page": 0, "top": top, "bottom": top + 14, "confidence": 1.0}
    return [
        Token(text=word, left=80.0 * place, right=80.0 * place + 70, **box)
        for place, word in enumerate(text.split())
    ]


def values(*texts: str) -> tuple[str, str]:
    """Return the total of a receipt and the reason for it."""
    found = judge_total(rows(*texts))
    return found.item.value if found.item else "", found.assessment.reason


@pytest.mark.parametrize(
    ("head", "name", "address"),
    [
        (
            [
                "BOOK HALL SDN BND",
                "789417-W",
                "NO.5, JALAN SAGU 18,",
                "81100 JOHOR BAHRU",
                "TEL: 1",
            ],
            "BOOK HALL SDN BHD",
            "NO.5, JALAN SAGU 18, 81100 JOHOR BAHRU",
        ),
        (
            ["POPULAR BOOK", "CO. (M) SDN BHD", "(GST REG NO. 001492992000)", "12 High Street,"],
            "POPULAR BOOK CO. (M) SDN BHD",
            "12 High Street,",
        ),
        (
            ["10 Downing Street", "99 SPEED MART 5/B", "LOT 29O, Jin Angsa,", "Klang"],
            "99 SPEED MART S/B",
            "LOT 290, Jln Angsa, Klang",
        ),
        (
            ["Own by: CHEF LEE GMBH", "12 Lebuh Utama, Tel: 03-1234 5678", "Tax invoice"],
            "CHEF LEE GMBH",
            "12 Lebuh Utama,",
        ),
        (
            ["BIG SHOP LIMITED", "(OLD TOWN)", "7 Mill Road, Leeds"],
            "BIG SHOP LIMITED (OLD TOWN)",
            "7 Mill Road, Leeds",
        ),
        (
            ["YHM Aeon City", "S117, Second Floor,", "1, Jalan Desa"],
            "YHM Aeon City",
            "S117, Second Floor, 1, Jalan Desa",
        ),
        (["好邻居超市", "南京路12号", "电话 021-1234"], "好邻居超市", "南京路12号"),
    ],
)
def test_name_and_address_are_distinguished_from_numbers(
    head: list[str], name: str, address: str
) -> None:
    """Registration and telephone are left out, legal forms and street words spelt right."""
    found = [item.value if item else "" for item in head_of(rows(*head, *GOODS))]
    assert found == [name, address]


@pytest.mark.parametrize(
    ("texts", "total", "reason"),
    [
        (
            [*GOODS, "Total 5.50", "Cash 10.00", "Change 4.50"],
            "5.50",
            "The payment less the change is the total.",
        ),
        ([*GOODS, "Total 5.50", "Visa 5.50"], "5.50", "The payment is the total."),
        ([*GOODS, "Total 5.50"], "5.50", "The lines add up to the total."),
        (
            ["Cake 3.00", "1 Subtotal 3.00", "GST 6% 0.18", "Rounding 0.02", "Net total 3.20"],
            "3.20",
            "Subtotal, tax, service and rounding add up to the total.",
        ),
        (
            ["Total 0% supplies 26.61", "Total incl 15.26", "Total payable 41.87"],
            "41.87",
            "Two other totals add up to it.",
        ),
        (
            ["Cake 3.18", "Total 3.18", "SR 3.00 0.18"],
            "3.18",
            "Net and tax of the tax summary add up to the total.",
        ),
        (["Cake 3.18", "Total 3.18"], "3.18", NOTHING),
        (["Total excl GST 3.00", "Total 3.18"], "3.18", NOTHING),
        (["Kuchen 3,18", "Tee 2,00", "Summe 5,18"], "5.18", "The lines add up to the total."),
        (["茶 2.00", "饼 3.50", "合计 5.50"], "5.50", "The lines add up to the total."),
        (
            ["Amount 3.00", "Cash 5.00", "Change 2.00"],
            "3.00",
            "The payment less the change is the total.",
        ),
    ],
)
def test_the_total_is_proven_by_what_the_till_added_up(
    texts: list[str], total: str, reason: str
) -> None:
    """Each kind of arithmetic is enough alone; without any the total is doubted."""
    assert values(*texts) == (total, reason)


def test_a_total_that_was_rounded_afterwards_is_doubted() -> None:
    """The lines come to it, but another amount was paid."""
    assert values(*GOODS, "Wrap 0.01", "Total 5.51", "Rounding -0.01") == (
        "5.51",
        "The total was rounded afterwards.",
    )


def test_the_rounded_total_is_taken_where_it_is_printed() -> None:
    """A row of rounding may carry the rounded total itself."""
    assert values(
        "Oil 19.99", "Total 19.99", "Rounding adj 0.01", "Rounding 20.00", "Cash 20.00"
    ) == (
        "20.00",
        "The payment is the total.",
    )


def test_payment_that_comes_to_another_amount_is_a_contradiction() -> None:
    """Lines that add up do not help against it."""
    assert values(*GOODS, "Total 5.50", "Cash 10.00", "Change 4.00")[1] == (
        "The payment less the change is another amount: {options}."
    )


def test_a_point_that_was_not_read_in_the_change_does_no_harm() -> None:
    """It is put back only because the arithmetic then holds."""
    assert values("Cake 9.00", "Total 9.00", "Cash 10.00", "Change 100")[1] == (
        "The payment less the change is the total."
    )


def test_the_date_of_a_receipt_is_not_that_of_a_card() -> None:
    """A row that says date comes first, one with a time next, one of an expiry last."""
    found = days_in(
        rows("Card expiry 30/09/2018", "Slip 13/01/2018", "14/01/2018 13:51", "Date 15/01/2018"), ""
    )
    assert [day.found.value for day in found] == [
        "2018-01-15",
        "2018-01-14",
        "2018-01-13",
        "2018-09-30",
    ]
