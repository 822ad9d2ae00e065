"""Comparing the words of a page, and deciding which field they name."""

from dataclasses import replace

import pytest

from clerkwork.browser.locate.candidates import Candidate
from clerkwork.browser.locate.match import choose
from clerkwork.browser.locate.text_similarity import similarity
from clerkwork.model.project.locators import Fingerprint


def fields(*prints: Fingerprint) -> list[Candidate]:
    return [
        Candidate(frame=0, place=place, grid=-1, line=-1, covered="", blocked=False, seen=seen)
        for place, seen in enumerate(prints)
    ]


def text(label: str = "", **facts) -> Fingerprint:
    return Fingerprint(tag="input", type="text", label=label, **facts)


@pytest.mark.parametrize(
    "shown",
    ["Order date *", "ORDER DATE:", "Order date (required)", "▸ Order date", "Enter order date"],
)
def test_decoration_changes_no_words(shown):
    """Stars, colons, brackets, case and polite words are not part of a name."""
    assert similarity("Order date", shown) == 1.0


@pytest.mark.parametrize("shown", ["订单日期：", "Date of order", "下单日期 *"])
def test_synonym_is_nearly_the_same(shown):
    """English and Chinese names of one thing count almost as the words themselves."""
    assert 0.9 <= similarity("Order date", shown) < 1.0


@pytest.mark.parametrize(
    "shown",
    ["Director / 导演", "Director - as printed on the paper, without blanks", "Director; who"],
)
def test_name_with_an_explanation_is_nearly_the_same(shown):
    """What follows after a dash, a stroke or a comma explains, and takes little from the name."""
    assert 0.85 <= similarity("Director", shown) < 0.9


@pytest.mark.parametrize("shown", ["Noti. per.", "Notice peri.", "Noti. period *"])
def test_word_cut_by_a_full_stop_is_nearly_the_same(shown):
    """Narrow columns cut long words; the full stop says so."""
    assert similarity("Notice period", shown) == 0.9


@pytest.mark.parametrize("shown", ["No. period", "Noti peri", "Noti.", "Note. per."])
def test_other_beginning_is_no_abbreviation(shown):
    """Two letters are too few, and without a full stop it is another word."""
    assert similarity("Notice period", shown) < 0.9


@pytest.mark.parametrize(("one", "other"), [("Tax", "Total"), ("数量", "单价"), ("", "Tax")])
def test_other_things_are_not_alike(one, other):
    """Names of different things never come near to a match."""
    assert similarity(one, other) < 0.5


def test_exact_words_come_before_words_that_hold_them():
    """`Name` means the field that says `Name`, not `Last name`."""
    page = fields(text("Last name"), text("Name"))
    assert choose("Name", page, None).field is page[1]


def test_two_fields_of_one_name_are_both_named():
    """Nothing is chosen between two fields that say the same."""
    page = fields(text("Date"), text("Date"), text("Tax"))
    assert choose("Date", page, None).ambiguous == (page[0], page[1])


def test_fingerprint_distinguishes_fields_of_one_name():
    """What one of two equal fields looked like before decides."""
    page = fields(text("Date", attributes={"id": "from"}), text("Date", attributes={"id": "to"}))
    assert choose("Date", page, page[1].seen).field is page[1]


def test_field_with_the_name_of_another_is_not_taken():
    """A missing field is not replaced by its neighbour, even if they look alike."""
    gone = text("Supplier", attributes={"class": "wide"}, others=["Buyer", "Tax"], after=["Buyer"])
    page = fields(text("Buyer", attributes={"class": "wide"}), text("Tax"))
    assert choose("Supplier", page, gone).field is None


def test_last_field_is_known_when_all_others_keep_their_names():
    """A field with a wholly new name is found if every other one is still called as before."""
    was = text("Genre", others=["Director", "Year"], order=1)
    page = fields(text("Director"), text("Zyx"), text("Year"))
    assert choose("Genre", page, was).field is page[1]


def form(*labels: str, box: int, heading: str, attributes: str = "") -> list[Candidate]:
    """Return the fields of one form: each called one of *labels*, set under *heading*."""
    return [
        Candidate(
            frame=0,
            place=place,
            grid=-1,
            line=-1,
            covered="",
            blocked=False,
            path=(0, box),
            seen=text(
                label,
                headings=[heading],
                others=[name for name in labels if name != label],
                attributes={"name": f"{attributes}{place}"} if attributes else {},
            ),
        )
        for place, label in enumerate(labels)
    ]


def test_copy_that_kept_the_words_is_not_taken_for_the_form_that_was_renamed():
    """The copy has the recorded words, the form its heading and attributes: both are named."""
    names = ("Supplier", "Tax", "Total")
    recorded = form(*names, box=1, heading="New order", attributes="f")[1].seen
    renamed = form("Zyx", "Yxw", "Xwv", box=1, heading="New order", attributes="f")
    copy = form(*names, box=2, heading="An earlier one")
    verdict = choose("Tax", [*renamed, *copy], recorded)
    assert (verdict.field, set(map(id, verdict.ambiguous)) >= {id(renamed[1]), id(copy[1])}) == (
        None,
        True,
    )


def test_copy_under_another_heading_does_not_hide_the_form():
    """Two forms have the same words; the one in the recorded place is used."""
    names = ("Supplier", "Tax", "Total")
    original = form(*names, box=1, heading="New order")
    copy = form(*names, box=2, heading="An earlier one")
    assert choose("Tax", [*copy, *original], original[1].seen).field is original[1]


def test_field_that_nothing_can_be_typed_into_is_not_meant():
    """Of two fields of one name the one that can be filled is taken, seen before or not."""
    stored, free = fields(text("Date"), text("Date"))
    stored = replace(stored, blocked=True)
    assert [choose("Date", [stored, free], known).field for known in (None, free.seen)] == [
        free,
        free,
    ]
