"""Labels with their values on any form: where the value is, and which text is no value."""

import pytest

from clerkwork.documents.extract.typed_pairs import labelled_values, typed
from clerkwork.documents.layout.key_values import pairs_in
from clerkwork.documents.tokens import PageWords
from clerkwork.model.documents.extraction import ValueKind


def pairs(page: PageWords) -> list[tuple[str, str]]:
    return [(pair.label.value, pair.value.value) for pair in pairs_in([page])]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        ([[(40, "From: Kent B. Mills")]], [("From", "Kent B. Mills")]),
        ([[(40, "From:"), (300, "Kent B. Mills")]], [("From", "Kent B. Mills")]),
        ([[(40, "Reported by:")], [(42, "Bobby Mills")]], [("Reported by", "Bobby Mills")]),
        (
            [[(40, "Area:5"), (200, "Region: 17")]],
            [("Area", "5"), ("Region", "17")],
        ),
        (
            [[(40, "Source of")], [(40, "information:"), (300, "Hall Rodecap")]],
            [("Source of information", "Hall Rodecap")],
        ),
        (
            [[(40, "Address:"), (300, "12 High Street")], [(300, "Leeds")], [(40, "Tel: 12")]],
            [("Address", "12 High Street Leeds"), ("Tel", "12")],
        ),
        ([[(40, "Phone number"), (300, "617-4393278")]], [("Phone number", "617-4393278")]),
        (
            [[(40, "姓名：王伟"), (300, "日期：2025年6月12日")]],
            [("姓名", "王伟"), ("日期", "2025年6月12日")],
        ),
    ],
)
def test_a_value_is_inside_next_to_or_below_its_label(
    page, rows: list[list[tuple[float, str]]], wanted: list[tuple[str, str]]
) -> None:
    """A label and its value may each go on over two lines."""
    assert pairs(page(*rows, pitch=18)) == wanted


def test_every_cell_belongs_to_the_heading_of_its_column(page) -> None:
    """Headings of two lines are one, and a cell left out is nobody's."""
    found = pairs(
        page(
            [(60, "Name of"), (420, "Number of")],
            [(60, "account"), (250, "Volume"), (420, "stores")],
            [(40, "Don & Bens"), (255, "26/2"), (430, "20")],
            [(40, "Get Go"), (430, "44")],
            pitch=18,
        )
    )
    assert set(found) == {
        ("Name of account", "Don & Bens"),
        ("Volume", "26/2"),
        ("Number of stores", "20"),
        ("Name of account", "Get Go"),
        ("Number of stores", "44"),
    }


def test_one_row_under_headings_that_name_something_is_a_table(page) -> None:
    """Forms stack a label over its value without a colon."""
    found = pairs(
        page([(40, "Booking ID"), (400, "Check date")], [(40, "IB7082087"), (400, "31/12/2017")])
    )
    assert found == [("Booking ID", "IB7082087"), ("Check date", "31/12/2017")]


def test_a_column_of_words_next_to_values_is_labels(page) -> None:
    """Only their common edge shows that they are labels."""
    rows = [("Media kind", "Mail"), ("Coupon worth", "1.50"), ("Circulation", "600"), ("Pack", "2")]
    found = pairs(page(*([(40, label), (400, value)] for label, value in rows)))
    assert found == rows


def test_a_ticked_box_is_the_value_of_the_words_next_to_it(page) -> None:
    """A box left empty is none, and the label before the boxes has no value."""
    assert pairs(page([(40, "Metal: STEEL ☐"), (300, "COPPER ☑")])) == [("COPPER", "☑")]


def test_a_time_of_day_is_no_label(page) -> None:
    """A colon between digits ends nothing."""
    assert pairs(page([(40, "Sent 11: 03 and 11:05")])) == []


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("04/05/2025", ValueKind.DATE, ["2025-05-04", "2025-04-05"]),
        ("$1,234.50", ValueKind.AMOUNT, ["1234.50"]),
        ("伍拾圆零陆分", ValueKind.AMOUNT, ["50.06"]),
        ("壹亿贰仟万元整", ValueKind.AMOUNT, ["120000000"]),
        ("12 pcs", ValueKind.QUANTITY, ["12"]),
        ("91350100M000100Y43", ValueKind.IDENTIFIER, ["91350100M000100Y43"]),
        ("PO-2026-3001", ValueKind.REFERENCE, ["PO-2026-3001"]),
        ("Kent B. Mills", ValueKind.TEXT, ["Kent B. Mills"]),
    ],
)
def test_the_kind_of_a_value_is_seen_from_its_text(
    text: str, kind: ValueKind, values: list[str]
) -> None:
    """A date that can be two days keeps both."""
    assert typed(text) == (kind, values)


def test_another_date_on_the_form_shows_which_day_is_meant(page) -> None:
    """The order of day and month is that of the whole document."""
    found = labelled_values([page([(40, "Date: 04/05/2025")], [(40, "Due: 22/05/2025")])])
    assert [(one.label, one.value, one.candidates) for one in found] == [
        ("Date", "2025-05-04", []),
        ("Due", "2025-05-22", []),
    ]


def test_labels_in_a_row_without_values_head_columns(page) -> None:
    """A colon after each heading does not mean that the value follows it."""
    found = pairs(
        page(
            [(40, "Recipient:"), (300, "Company:"), (600, "Fax No.:")],
            [(40, "Mr. Koplow"), (300, "Wachtell & Katz"), (600, "403-2000")],
            [(40, "Mr. Golden"), (300, "Davis & Polk"), (600, "450-4800")],
        )
    )
    assert found == [
        ("Recipient", "Mr. Koplow"),
        ("Company", "Wachtell & Katz"),
        ("Fax No.", "403-2000"),
        ("Recipient", "Mr. Golden"),
        ("Company", "Davis & Polk"),
        ("Fax No.", "450-4800"),
    ]


def test_headings_in_capitals_do_not_go_on_in_words_that_are_not(page) -> None:
    """The row below them is their first row of values."""
    found = pairs(
        page(
            [(40, "ITEM"), (300, "PLACE"), (600, "COUNT")],
            [(40, "Chair"), (300, "Leeds"), (600, "None")],
            [(40, "Table"), (300, "York"), (600, "12")],
            [(40, "Lamp"), (300, "Bath"), (600, "40")],
            pitch=11,
        )
    )
    assert found[:3] == [("ITEM", "Chair"), ("PLACE", "Leeds"), ("COUNT", "None")]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (
            [[(40, "Paid before this report"), (400, "48,085.00")]],
            [("Paid before this report", "48,085.00")],
        ),
        ([[(40, "2. Trade of firm"), (400, "Lumber")]], [("2. Trade of firm", "Lumber")]),
        ([[(40, "Batch Size 47.5 lbs.")]], [("Batch Size", "47.5 lbs.")]),
        ([[(60, "March 30, 1993")], [(80, "Date")]], [("Date", "March 30, 1993")]),
        ([[(40, "Leeds, Yorks"), (400, "10016-5895")]], []),
    ],
)
def test_a_value_is_found_without_a_colon(
    page, rows: list[list[tuple[float, str]]], wanted: list[tuple[str, str]]
) -> None:
    """An amount next to words, a numbered question, a noun before a figure, a caption below."""
    assert pairs(page(*rows, pitch=18)) == wanted


def test_names_below_each_other_are_no_column_of_labels(page) -> None:
    """Names form lists, and the text next to a name is not its value."""
    rows = [("G. Telford", "Leeds"), ("F. J. Schultz", "York"), ("Mr. Spears", "Bath")]
    rows += [("T. L. Achey", "1200")]
    assert pairs(page(*([(40, name), (400, place)] for name, place in rows))) == []


def test_words_over_two_columns_are_parted_at_the_widest_blank(page) -> None:
    """An engine joins close words; each word goes to the column below it."""
    found = pairs(
        page(
            [(40, "Person:"), (300, "Company:"), (500, "Phone:")],
            [(40, "Mr. Golden"), (300, "Davis & Polk Wardwell"), (507, "450-4000")],
            [(40, "Mr. Koplow"), (300, "Kirkland"), (500, "403-2000")],
        )
    )
    assert found[:3] == [
        ("Person", "Mr. Golden"),
        ("Company", "Davis & Polk Wardwell"),
        ("Phone", "450-4000"),
    ]
