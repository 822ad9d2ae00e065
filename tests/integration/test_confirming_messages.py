"""What confirms a record after its submit: a message or a number, in real Chromium."""

import pytest
from pydantic import ValidationError

from clerkwork import Receipt, enter_record
from clerkwork.browser.records.confirmation import confirmed_value
from clerkwork.model.project.target_form import TargetForm
from tests.fixtures_portal import make_order
from tests.integration.test_target_pages import address, at  # noqa: F401 - fixtures

FORM = {"reference": "number", "submit": ["Save"], "fields": {"number": "Our ref."}}


@pytest.fixture
def saying(at):  # noqa: F811 - a fixture
    """Return a caller on the page that says its message in a way."""

    def caller(how):
        visitor = at("no_labels")
        words = {"address": f"/toast.html?how={how}", "confirmation": "Order {value} was saved"}
        changes = {"form": TargetForm.model_validate(FORM | words), "slowest_commit_s": 3.0}
        visitor.target = visitor.target.model_copy(update=changes)
        return visitor

    return caller


@pytest.mark.parametrize("how", ["gone", "left", "late", "shadow", "box"])
def test_message_confirms_the_record(saying, how):
    """A message confirms if it is late, or if it or its page disappears at once."""
    receipt = saying(how)(enter_record, make_order("PO-1"))
    assert receipt == Receipt(confirmation="T-1", reference="PO-1")


@pytest.mark.parametrize("how", ["earlier", "refused", "two"])
def test_message_of_another_kind_confirms_nothing(saying, how):
    """That of an earlier record, of a refusal, and two of which one is another record's."""
    assert saying(how).fails(enter_record, make_order("PO-1")).code == "no_confirmation"


@pytest.fixture
def answering(at):  # noqa: F811 - a fixture
    """Return a caller on the page that shows a number before the submit and answers in a way."""

    def caller(how, **search):
        visitor = at("no_labels")
        words = {"address": f"/answered.html?how={how}", "confirmation": "Receipt no."}
        changes = {
            "form": TargetForm.model_validate(FORM | words),
            "search": visitor.target.search.model_copy(update=search),
        }
        visitor.target = visitor.target.model_copy(update=changes)
        return visitor

    return caller


@pytest.mark.parametrize(
    ("how", "number"),
    [("record", "4712"), ("in_place", "4711"), ("wider", "4712")],
)
def test_number_that_the_submit_brought_confirms_the_record(answering, how, number):
    """The number replaces the form's number, or appears where there was none."""
    receipt = answering(how)(enter_record, make_order("PO-1"))
    assert receipt == Receipt(confirmation=number, reference="PO-1")


@pytest.mark.parametrize(
    "how", ["refused", "shown_again", "next_number", "beside", "same_number", "two_numbers"]
)
def test_number_that_need_not_be_of_the_submit_confirms_nothing(answering, how):
    """It was shown before, or may be the next record's number on a refused form."""
    error = answering(how).fails(enter_record, make_order("PO-1"))
    assert (error.code, "before the submit it showed 4711" in str(error)) == (
        "no_confirmation",
        True,
    )


@pytest.mark.parametrize(
    ("how", "problem"), [("disabled", "disabled"), ("none", "not found, there is no such button")]
)
def test_button_that_cannot_be_clicked_ends_before_the_submit(answering, how, problem):
    """Nothing can have been stored; the person reads which button it was, and why."""
    visitor = answering(how)
    error = visitor.fails(enter_record, make_order("PO-1"))
    submits = [kind for kind, _ in visitor.messages if kind == "about_to_submit"]
    assert (error.code, f"as expected: Save was {problem}" in str(error), submits) == (
        "page_unexpected",
        True,
        [],
    )


@pytest.mark.parametrize(("how", "code"), [("state", None), ("refused", "no_confirmation")])
def test_number_of_before_confirms_by_the_state_that_the_submit_changed(answering, how, code):
    """A draft record has its number already."""
    visitor = answering(how, state="State", complete=["Stored"])
    if code is None:
        assert visitor(enter_record, make_order("PO-1")).confirmation == "4711"
    else:
        assert visitor.fails(enter_record, make_order("PO-1")).code == code


@pytest.mark.parametrize(
    ("words", "line", "value"),
    [
        ("Order {value} was saved", "✓ Order PO-1 was saved. ×", "PO-1"),
        ("Order {value} was saved", "Thank you! Order PO-1 was saved.", "PO-1"),
        ("Saved as {value}", "Saved as 4.711.", "4.711"),
        ("* saved as {value}*", "Your order is saved as PO-1 for today", "PO-1"),
        ("订单{value}已保存", "订单PO-1已保存。", "PO-1"),
        ("Order {value} was saved", "Draft order PO-1 was saved", None),
        ("Order {value} was saved", "Order PO-1 was not saved", None),
        ("Order {value} was saved", "Order of yesterday was saved", None),
    ],
)
def test_message_is_a_whole_line_or_sentence(words, line, value):
    """Its value is one word, and signs around it count for nothing."""
    assert confirmed_value(words, line) == value


@pytest.mark.parametrize("words", ["{value}", "* {value}.", "Order {value} is {value}"])
def test_message_needs_words_and_one_value(words):
    """Without them, any message of a page would confirm a record."""
    with pytest.raises(ValidationError, match="`confirmation` needs words around"):
        TargetForm.model_validate(FORM | {"address": "/", "confirmation": words})
