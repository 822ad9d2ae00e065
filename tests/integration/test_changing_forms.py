"""Forms and records that show an item differently from what was typed, in real Chromium."""

import pytest

from clerkwork import Receipt, enter_record, find_record
from clerkwork.model.project.targets import Target
from tests.fixtures_portal import make_order
from tests.integration.test_target_pages import SUPPLIER, address, at  # noqa: F401 - fixtures


def emptying(at, how):  # noqa: F811 - a fixture
    """Return a caller on the form that empties the supplier whenever a line is taken over."""
    visitor = at("single")
    form = visitor.target.form.model_copy(update={"address": f"/single.html?empties={how}"})
    visitor.target = visitor.target.model_copy(update={"form": form})
    return visitor


def test_head_that_the_lines_have_changed_is_put_right(at):  # noqa: F811 - a fixture
    """It is read back after the last line, not when it was written."""
    visitor, order = emptying(at, "once"), make_order("PO-1", supplier=SUPPLIER)
    visitor(enter_record, order)
    assert visitor(find_record, order) == [Receipt(confirmation="T-1", reference="PO-1")]


def test_head_that_does_not_stay_as_typed_is_not_submitted(at):  # noqa: F811 - a fixture
    """The value is typed a second time, then a review is opened."""
    visitor, order = emptying(at, "always"), make_order("PO-1", supplier=SUPPLIER)
    error = visitor.fails(enter_record, order)
    said = f"supplier: single shows nothing, the order says {SUPPLIER}."
    assert (error.code, str(error).rpartition("typed: ")[2], visitor(find_record, order)) == (
        "read_back_mismatch",
        said,
        [],
    )


@pytest.mark.parametrize(
    ("quantity", "ordered"), [("Ordered", False), (None, False), ("Ordered", True)]
)
def test_record_may_show_its_lines_sorted_and_under_other_words(at, quantity, ordered):  # noqa: F811 - a fixture
    """Its words and whether its order counts are described; what is not is a difference."""
    visitor, order = at("no_labels"), make_order("PO-1", supplier=SUPPLIER)
    data = visitor.target.model_dump()
    data["search"]["address"] = "/list.html?sorted&ref={reference}"
    data["form"]["fields"]["supplier"]["record_words"] = "Sold by"
    data["form"]["lines"]["ordered"] = ordered
    data["form"]["lines"]["fields"]["quantity"]["record_words"] = quantity
    visitor.target = Target.model_validate(data)
    visitor(enter_record, order)
    (receipt,) = visitor(find_record, order)
    assert (receipt.differences == []) == (quantity is not None and not ordered)


def test_lines_are_compared_where_the_form_lists_them_in_one_column(at):  # noqa: F811 - a fixture
    """A table of one column is a table, too."""
    visitor, order = at("single"), make_order("PO-1", supplier=SUPPLIER)
    data = visitor.target.model_dump()
    data["form"]["address"] = "/single.html?only"
    for name in ("quantity", "unit_price"):
        data["form"]["lines"]["fields"][name]["viewed"] = False
    visitor.target = Target.model_validate(data)
    visitor(enter_record, order)
    assert visitor(find_record, order) == [Receipt(confirmation="T-1", reference="PO-1")]


def test_blind_target_needs_no_search(at):  # noqa: F811 - a fixture
    """What cannot be looked up is entered by its form alone."""
    visitor = at("no_labels")
    changes = {"search": None, "guarantee": "blind"}
    visitor.target = visitor.target.model_copy(update=changes)
    receipt = visitor(enter_record, make_order("PO-1", supplier=SUPPLIER))
    assert receipt == Receipt(confirmation="T-1", reference="PO-1")
