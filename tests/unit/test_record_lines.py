"""Comparing the lines of a record with those of the item."""

import pytest
from pydantic import BaseModel

from clerkwork.browser.page.item_values import parts_of
from clerkwork.browser.page.line_match import record_differences
from clerkwork.model.project.target_form import TargetForm


class Row(BaseModel):
    item: str
    qty: str
    note: str = ""


class Order(BaseModel):
    number: str
    lines: list[Row]


ORDER = Order(number="1", lines=[Row(item=item, qty=qty) for item, qty in ("A2", "B3", "A5")])


def compared(*seen: str, **grid: object) -> list[str]:
    """Return how lines such as `A2`, an item and its quantity, differ from those of the order."""
    fields = {"item": "Item", "qty": "Qty", "note": "Note"}
    form = TargetForm.model_validate(
        {
            "reference": "number",
            "address": "/",
            "fields": {"number": "Number"},
            "lines": {"fields": fields} | grid,
            "submit": ["Save"],
            "confirmation": "Receipt no.",
        }
    )
    shown = {"number": "1"}
    for at, (item, qty) in enumerate(seen):
        shown |= {f"lines.{at}.item": item, f"lines.{at}.qty": qty}
    return record_differences("shop", form, parts_of(ORDER, form), shown)


@pytest.mark.parametrize("seen", [("A2", "B3", "A5"), ("B3", "A5", "A2"), ("A5", "B3", "A2")])
def test_lines_are_compared_in_any_order(seen):
    """A record may be sorted by anything."""
    assert compared(*seen) == []


@pytest.mark.parametrize(
    ("seen", "said"),
    [
        (["B4", "A5", "A2"], ["lines.1.qty (B): shop shows 4, the order says 3."]),
        (["C3", "A2", "A5"], ["lines.1.item (B): shop shows C, the order says B."]),
        (["A5", "A2"], ["lines.1: shop does not show this line of the order: B, 3."]),
        (
            ["A5", "A2", "B3", "A5"],
            ["lines: shop shows a line that the order does not have: A, 5."],
        ),
        (
            ["A2", "B5", "A3"],
            [
                "lines.1.qty (B): shop shows 5, the order says 3.",
                "lines.2.qty (A): shop shows 3, the order says 5.",
            ],
        ),
    ],
)
def test_difference_names_the_line_and_nothing_else(seen, said):
    """The line with the same key is the one that differs; values of two lines are no others'."""
    assert compared(*seen) == said


def test_order_of_the_lines_counts_where_it_is_described():
    """Then the record's first line is the item's first line."""
    assert compared("B3", "A2", "A5", ordered=True) == [
        "lines.0.item (A): shop shows B, the order says A.",
        "lines.0.qty (A): shop shows 3, the order says 2.",
        "lines.1.item (B): shop shows A, the order says B.",
        "lines.1.qty (B): shop shows 2, the order says 3.",
    ]


def test_secret_of_a_line_is_in_no_sentence():
    """Neither as what is shown, nor as the name of the line."""
    secret = {"item": {"words": "Item", "secret": True}, "qty": "Qty"}
    assert compared("A2", "B4", "C5", "A9", fields=secret) == [
        "lines.1.qty: shop shows 4, the order says 3.",
        "lines.2.qty: shop shows 9, the order says 5.",
        "lines: shop shows a line that the order does not have: a secret, 5.",
    ]
