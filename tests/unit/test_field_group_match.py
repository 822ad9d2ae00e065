"""Deciding about fields whose copies stand on the same page: greyed, hinted at, or a whole form."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.group_match import Wanted, decide_jointly, mark_trusted
from clerkwork.browser.locate.match import MatchResult, choose
from clerkwork.model.project.locators import Fingerprint

NAMES = ("Number", "Supplier", "Currency")


def text(label: str, **facts) -> Fingerprint:
    return Fingerprint(tag="input", type="text", label=label, **facts)


def on_page(*prints: Fingerprint, blocked: Sequence[int] = ()) -> list[Candidate]:
    return [
        Candidate(
            frame=0,
            place=place,
            grid=-1,
            line=-1,
            covered="",
            blocked=place in blocked,
            path=(0, place),
            seen=seen,
        )
        for place, seen in enumerate(prints)
    ]


def two_forms() -> list[Candidate]:
    """The fields of a form and then those of its copy, each form a box of its own."""
    return [
        Candidate(
            frame=0,
            place=form * 3 + at,
            grid=-1,
            line=-1,
            covered="",
            blocked=False,
            path=(0, form + 1, form * 3 + at + 3),
            seen=text(name),
        )
        for form in range(2)
        for at, name in enumerate(NAMES)
    ]


def decided(fields: Sequence[Candidate], *verdicts: MatchResult) -> list[Candidate | None]:
    """Return the fields of the verdicts after they were looked at together, all recorded."""
    wanted = [Wanted(words=name, recorded=text(name)) for name in NAMES[: len(verdicts)]]
    return [one.field for one in decide_jointly(wanted, verdicts, fields)]


def doubt(*candidates: Candidate) -> MatchResult:
    return MatchResult(ambiguous=candidates, score=9.0)


def test_hint_that_takes_nothing_is_not_the_field():
    """A library's hint has the label; the field is the element that accepts text."""
    page = on_page(text("Supplier"), text("", left="Supplier"), text("Tax"), blocked=[0])
    assert choose("Supplier", page, text("Supplier")).field is page[1]


def test_greyed_copy_with_the_very_words_is_not_the_field():
    """The words of the field itself were decorated since it was recorded."""
    shown = [text("Supplier"), text("Supplier - as on the paper"), text("Tax")]
    page = on_page(*shown, blocked=[0])
    assert choose("Supplier", page, text("Supplier")).field is page[1]


def test_free_field_elsewhere_does_not_stand_for_a_greyed_one():
    """A filter above the form is free while the form's own field still waits."""
    page = on_page(
        text("Supplier", headings=["New order"]), text("Supplier", headings=["Filter"]), blocked=[0]
    )
    assert choose("Supplier", page, text("Supplier", headings=["New order"])).field is not page[1]


def test_field_that_was_greyed_when_it_was_recorded_may_be_greyed():
    """A computed total is read, not typed."""
    page = on_page(text("Total"), text("Tax"), blocked=[0])
    assert choose("Total", page, text("Total", blocked=True)).field is page[0]


def test_name_of_another_known_field_is_not_a_longer_name_of_this_one():
    """`Invoice party` is a known field of its own, not the renamed `Party`."""
    recorded = text("Party", others=["Invoice party", "Date"], attributes={"id": "party"})
    page = on_page(text("供应商"), text("Invoice party", attributes={"name": "x"}), text("Date"))
    assert choose("Party", page, recorded).field is not page[1]


def test_new_heading_identifies_a_copy():
    """Copy and form have the same words; the copy has one more heading."""
    mine = ["Items", "Goods receipt"]
    page = on_page(
        text("Batch", headings=mine, order=0),
        text("Batch", headings=[*mine, "An earlier one"], order=1),
    )
    assert choose("Batch", page, text("Batch", headings=mine)).field is page[0]


def test_label_under_a_new_heading_does_not_outdo_the_fields_own_words():
    """A reminder above has the label; the field has the recorded words next to it."""
    recorded = text("", left="Genre", block=["Genre"], after=["Year"])
    reminder = text("Genre", headings=["Reminder"], after=["Year"])
    page = on_page(reminder, text("", left="Genre", block=["Genre"], before=["Genre"], order=1))
    assert choose("Genre", page, recorded).field is not page[0]


def test_field_in_its_recorded_place_contests_a_copy_with_better_words():
    """Its name is left as a placeholder only, and the copy under a new heading has the label."""
    mine, marks = ["New invoice"], {"name": "net", "autocomplete": "off"}
    recorded = text("Net", left="Net", headings=mine, before=["Due"], after=["Paid"])
    page = on_page(
        text("", placeholder="Net", headings=mine),
        text("Net", left="Net", headings=["Template", *mine], before=["Due"], after=["Paid"]),
    )
    recorded = recorded.model_copy(update={"attributes": marks})
    page[1].seen.attributes.update(marks)
    assert choose("Net", page, recorded).ambiguous == (page[1], page[0])


def test_label_that_lies_under_a_dialog_does_not_outdo_the_words_that_lie_free():
    """A filter under the dialog has the label and more of the recorded surroundings."""
    recorded = text("Net", after=["Paid"], before=["Due"])
    page = on_page(text("Net", after=["Paid"], before=["Due"]), text("", block=["Net"], order=1))
    page[0] = replace(page[0], covered="div")
    assert choose("Net", page, recorded).ambiguous == (page[0], page[1])


@pytest.mark.parametrize(
    ("last", "found"),
    [
        ({"before": ["Discount"], "attributes": {"id": "b"}}, False),
        ({"before": ["Discount"], "attributes": {"id": "a"}}, True),
        ({"after": ["Supplier"], "attributes": {"id": "b"}}, True),
        ({"after": ["Supplier"], "headings": ["Filter"], "attributes": {"id": "b"}}, False),
    ],
)
def test_namesake_of_a_field_that_is_gone_is_not_taken_for_it(last, found):
    """Of two fields called Name one was recorded; only one is left, and may be the other one."""
    recorded = text("Name", after=["Supplier"], namesakes=1, attributes={"id": "a"})
    page = on_page(text("Discount"), text("Name", **last))
    assert (choose("Name", page, recorded).field is page[1]) is found


def test_currency_next_to_a_labelled_field_is_not_its_name():
    """Three amounts stand with `SGD`, and the one that is called `Tax` is not the total."""
    recorded = text("Total", block=["SGD"], left="SGD", others=["Tax"], order=1)
    page = on_page(text("Tax", block=["SGD"], left="SGD", order=1), text("", left="Total"))
    assert choose("Total", page, recorded).field is not page[0]


def test_name_recorded_below_its_field_is_not_searched_above_one():
    """Captions stand under the fields: what is over the second one is the first one's."""
    recorded = text("", below="Payee", block=["Payee"])
    page = on_page(text(""), text("", above="Payee", order=1))
    assert choose("Payee", page, recorded).field is not page[1]


def test_identifiers_that_now_belong_to_another_known_field_contest_nothing():
    """The elements' names were reassigned; the labels are unchanged."""
    recorded = text("Supplier", others=["Tax"], attributes={"id": "f1", "name": "f1"})
    page = on_page(
        text("Supplier", attributes={"id": "f2", "name": "f2"}),
        text("Tax", attributes={"id": "f1", "name": "f1"}),
    )
    assert choose("Supplier", page, recorded).field is page[0]


def test_words_over_a_few_fields_tell_two_of_one_name_apart():
    """`Date` appears next to `Last login` and next to `Joined`."""
    page = on_page(text("Date", group="Last login"), text("Date", group="Joined"))
    assert choose("Date", page, text("Date", group="Joined", order=1)).field is page[1]


def test_reassigned_identifiers_are_not_trusted():
    """Two fields have the name of one element and the words of another, so names are ignored."""
    wanted = [
        Wanted(words=name, recorded=text(name, attributes={"id": f"f{at}"}))
        for at, name in enumerate(NAMES)
    ]
    page = on_page(*(text(name, attributes={"id": f"f{2 - at}"}) for at, name in enumerate(NAMES)))
    assert [one.trusted for one in mark_trusted(wanted, page)] == [False, False, False]


def test_untrusted_attributes_only_cast_doubt():
    """The country of one section kept its words, that of the other its identifiers."""
    recorded = text("Country", attributes={"id": "s5", "name": "ship_country"})
    page = on_page(text("Country"), text("国", attributes=recorded.attributes))
    assert choose("Country", page, recorded, trusted=False).ambiguous == (page[0], page[1])


def test_one_field_with_the_identifier_of_another_does_not_shake_the_rest():
    """One identifier was reassigned; the other fields have their own."""
    wanted = [
        Wanted(words=name, recorded=text(name, attributes={"id": f"f{at}"}))
        for at, name in enumerate(NAMES)
    ]
    page = on_page(*(text(name, attributes={"id": "f0"}) for name in NAMES[:2]))
    assert mark_trusted(wanted, page) == wanted


def test_field_is_in_the_form_in_which_the_others_were_found():
    """Two fields were found in the first form, so the third is in the first form."""
    page = two_forms()
    found = decided(
        page, MatchResult(field=page[0]), MatchResult(field=page[1]), doubt(page[5], page[2])
    )
    assert found == [page[0], page[1], page[2]]


def test_one_companion_is_not_enough():
    """With one field in either form nothing is said of the third."""
    page = two_forms()
    found = decided(
        page, MatchResult(field=page[0]), MatchResult(field=page[4]), doubt(page[5], page[2])
    )
    assert found == [page[0], page[4], None]


def test_what_was_found_as_another_field_is_left_out():
    """Of two candidates, one was already found as the supplier."""
    page = on_page(text(""), text("Supplier"))
    assert decided(page, doubt(page[1], page[0]), MatchResult(field=page[1])) == [page[0], page[1]]
