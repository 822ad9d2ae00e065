"""Lists that no address leads to: searched by a field, in real Chromium."""

import pytest
from pydantic import ValidationError

from clerkwork import Receipt, enter_record, find_record
from clerkwork.model.project.target_form import Search
from tests.fixtures_portal import make_order
from tests.integration.test_target_pages import SUPPLIER, address, at  # noqa: F401 - fixtures

SEARCHED = {"column": "Our ref.", "confirmation": "Receipt no.", "field": "Our ref."}
SEARCHED |= {"button": "Search", "opened_by": "double_click", "more": "Next", "none": "No records"}


@pytest.fixture
def searched(at):  # noqa: F811 - a fixture
    """Return a caller on the list that answers in a way; these orders stand in it."""

    def caller(how, *numbers, **changes):
        visitor = at("no_labels")
        for number in numbers:
            visitor(enter_record, make_order(number, supplier=SUPPLIER))
        search = Search.model_validate(
            {"address": f"/searched.html?how={how}"} | SEARCHED | changes
        )
        visitor.target = visitor.target.model_copy(update={"search": search})
        return visitor

    return caller


def order(number):
    return make_order(number, supplier=SUPPLIER)


@pytest.mark.parametrize("button", ["Search", None])
@pytest.mark.parametrize("how", ["post", "script", "here"])
def test_record_is_found_by_a_search_without_an_address(searched, how, button):
    """Two of one reference are found on all pages of what the search brings, another is not."""
    visitor = searched(how, "PO-12", "PO-9", "PO-13", "PO-1", "PO-1", button=button)
    found = [visitor(find_record, order(number)) for number in ("PO-1", "PO-9", "PO-4")]
    assert [[one.confirmation for one in receipts] for receipts in found] == [
        ["T-4", "T-5"],
        ["T-2"],
        [],
    ]


@pytest.mark.parametrize("how", ["post", "script"])
def test_nothing_is_believed_where_the_page_asked_for_the_list(searched, how):
    """What it lists before a search is nothing, too."""
    visitor = searched(f"{how}&empty", "PO-9")
    assert visitor(find_record, order("PO-4")) == []


@pytest.mark.parametrize("way", ["silent", "silent&empty", "pushed&empty"])
def test_list_that_is_late_is_never_nothing(searched, way):
    """The list has the record, but arrives after an unpredictable delay."""
    visitor = searched(way, *(f"PO-{number}" for number in range(1, 5)))
    error = visitor.fails(find_record, order("PO-4"))
    assert (error.code, "may not be the result of the search for PO-4" in str(error)) == (
        "page_unexpected",
        True,
    )


def test_nothing_without_its_words_is_named_with_the_remedy(searched):
    """What the list says where there is nothing is a row like any other, until it is described."""
    error = searched("script", "PO-9", none=None).fails(find_record, order("PO-4"))
    assert str(error).rpartition(": ")[2] == (
        "it shows the row No records; if the page says that there are no records, add its words as"
        " `none`."
    )


def test_page_that_forgets_what_was_searched_is_not_read(searched):
    """Its second page may be that of all records."""
    visitor = searched("script&forget", "PO-11", "PO-12", "PO-1")
    error = visitor.fails(find_record, order("PO-1"))
    assert (error.code, "Our ref. shows nothing after PO-1 was typed" in str(error)) == (
        "page_unexpected",
        True,
    )


def test_field_that_cuts_the_reference_stops_the_search(searched):
    """The records of a shorter reference are others."""
    error = searched("script&most=4").fails(find_record, order("PO-12"))
    assert (error.code, error.fields) == ("too_long", ("number",))


def test_only_record_that_is_shown_instead_of_a_list_is_found(searched):
    """The search leads straight to its page."""
    visitor = searched("script&alone", "PO-9", "PO-1")
    assert visitor(find_record, order("PO-9")) == [Receipt(confirmation="T-1", reference="PO-9")]


@pytest.mark.parametrize("field", ["", "%26typed%3DPO-1"])
def test_only_record_that_is_another_one_stops_the_search(searched, field):
    """There is neither a list nor the record; what was typed over it is not its reference."""
    visitor = searched(f"script&alone={field}", "PO-19", "PO-2")
    error = visitor.fails(find_record, order("PO-1"))
    assert error.code == "page_unexpected"


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"address": "/list?ref={reference}"}, "`field`, not both"),
        ({"field": None, "button": None}, "write either {reference} in `address`, or"),
        ({"address": "/list?ref={reference}", "field": None}, "`button` needs `field`"),
    ],
)
def test_search_goes_exactly_one_way(changes, problem):
    """A description of none or of both names what to write."""
    with pytest.raises(ValidationError, match=problem.replace("{", "\\{")):
        Search.model_validate({"address": "/list"} | SEARCHED | changes)
