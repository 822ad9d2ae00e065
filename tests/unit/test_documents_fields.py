"""From words to a draft: labels, table and totals on pages made of words."""

from dataclasses import replace
from decimal import Decimal

import pytest

from clerkwork.documents.draft import Draft
from clerkwork.documents.extract.order_fields import draft_of, is_company
from clerkwork.documents.layout.labels import headings_with, match_field, match_title
from clerkwork.documents.tokens import PageWords, Token

HEAD = [(40, "Item Code"), (180, "Description"), (520, "Qty"), (640, "Unit Price"), (840, "Amount")]
FIRST = [(40, "M49497"), (180, "Pallet wrap"), (530, "12"), (660, "2.50"), (860, "30.00")]
SECOND = [(40, "K77380"), (180, "Tape 50 mm"), (530, "4"), (660, "5.00"), (860, "20.00")]
TOTAL = [(640, "Total Due"), (860, "$50.00")]


def tokens(text: str) -> list[Token]:
    """Return the words of *text* side by side."""
    return [
        Token(text=word, page=0, left=i * 90, top=0, right=i * 90 + 80, bottom=14, confidence=1.0)
        for i, word in enumerate(text.split())
    ]


def cells(draft: Draft) -> list[dict[str, str]]:
    return [{name: item.value for name, item in line.cells.items()} for line in draft.lines]


@pytest.mark.parametrize(
    ("text", "role", "rest"),
    [
        ("PO Number: PO-1", "order_number", ["PO-1"]),
        ("Due Date 2025-01-01", "other_date", ["2025-01-01"]),
        ("VAT ID:US65", "other", ["US65"]),
        ("订单编号：CG-1", "order_number", ["CG-1"]),
        ("价税合计 12.00", "total", ["12.00"]),
        ("Invoice No. 7", "invoice_number", ["7"]),
        ("lnvoice Number 7", "invoice_number", ["7"]),
    ],
)
def test_the_longest_label_at_the_start_is_taken(text: str, role: str, rest: list[str]) -> None:
    """One wrong letter in a long label does no harm."""
    match = match_field(tokens(text))
    assert match is not None
    assert (match.role, [token.text for token in match.rest]) == (role, rest)


@pytest.mark.parametrize("text", ["Totally new", "Fromage", "Bearing 6205", "订单量大"])
def test_a_word_that_only_begins_like_a_label_is_none(text: str) -> None:
    """A label ends where a word ends."""
    assert match_field(tokens(text)) is None


def test_a_title_is_the_whole_text() -> None:
    """The words of a title inside a sentence do not make a document an invoice."""
    assert match_title("TAX INVOICE") == "invoice"
    assert match_title("Please invoice us") is None


@pytest.mark.parametrize(
    "name", ["Kestrel Inc", "Blue Harbour Trading GmbH", "某某有限公司", "A & B Co."]
)
def test_a_company_is_known_by_its_end(name: str) -> None:
    """In English and in Chinese."""
    assert is_company(name)


def test_values_are_found_next_to_and_below_their_labels(page) -> None:
    """A label with nothing to its right has its value in the next row."""
    draft = draft_of(
        [
            page(
                [(40, "PURCHASE ORDER")],
                [(40, "PO Number: PO-2026-3001"), (600, "Order Date"), (760, "March 9, 2026")],
                [(40, "Supplier"), (600, "Ship To")],
                [(40, "Northgate Logistics Pte Ltd"), (600, "Oakfield Ltd")],
                HEAD,
                FIRST,
                TOTAL,
            )
        ]
    )
    assert draft.kind == "purchase_order"
    assert [item.value for item in draft.number] == ["PO-2026-3001"]
    assert [item.value for item in draft.order_date] == ["2026-03-09"]
    assert [item.value for item in draft.supplier] == ["Northgate Logistics Pte Ltd"]


def test_the_table_is_read_row_by_row_until_the_totals(page) -> None:
    """Every cell goes to its column, and the totals are no line."""
    draft = draft_of([page(HEAD, FIRST, SECOND, TOTAL)])
    assert cells(draft) == [
        {
            "code": "M49497",
            "description": "Pallet wrap",
            "quantity": "12",
            "unit_price": "2.50",
            "amount": "30.00",
        },
        {
            "code": "K77380",
            "description": "Tape 50 mm",
            "quantity": "4",
            "unit_price": "5.00",
            "amount": "20.00",
        },
    ]
    assert [item.value for item in draft.total] == ["50.00"]


STACKED = [
    [
        [(40, "Item"), (640, "Unit")],
        [(180, "Description"), (520, "Qty"), (840, "Amount")],
        [(40, "Code"), (640, "Price")],
    ],
    [
        [(40, "Item"), (180, "Description"), (520, "Qty"), (640, "Unit"), (840, "Amount")],
        [(40, "Code"), (640, "Price")],
    ],
    [
        [(40, "Item"), (640, "Unit")],
        [(40, "Code"), (180, "Description"), (520, "Qty"), (640, "Price"), (840, "Amount")],
    ],
]


@pytest.mark.parametrize("head", STACKED, ids=["around", "below", "above"])
def test_headings_may_be_broken_into_lines(page, head: list[list[tuple[int, str]]]) -> None:
    """The lines of the table stand as close; none of them is taken for a part of its headings."""
    read = draft_of([page([(40, "ORDER")], *head, FIRST, SECOND, TOTAL, pitch=18)])
    assert cells(read) == cells(draft_of([page(HEAD, FIRST, SECOND, TOTAL)]))


def test_headings_of_a_template_head_columns_as_the_common_ones_do(page) -> None:
    """A supplier that calls its goods and prices by words of its own has a table all the same."""
    own = [(40, "Cat key"), (180, "Goods"), (520, "Heads"), (640, "Tariff"), (840, "Amount")]
    headings = headings_with({"code": ["Cat key"], "quantity": ["heads"], "unit_price": ["Tariff"]})
    read = draft_of([page(own, FIRST, SECOND, TOTAL)], headings)
    usual = draft_of([page(HEAD, FIRST, SECOND, TOTAL)])
    assert cells(read) == cells(usual)
    assert cells(draft_of([page(own, FIRST, SECOND, TOTAL)])) == []


def test_a_wrapped_description_is_joined_to_its_row(page) -> None:
    """A row without amounts belongs to the nearest row."""
    rest = [(180, "stackable, blue")]
    draft = draft_of([page(HEAD, FIRST, rest, [], SECOND, TOTAL)])
    assert [line["description"] for line in cells(draft)] == [
        "Pallet wrap stackable, blue",
        "Tape 50 mm",
    ]


def test_row_numbers_without_a_heading_are_no_codes(page) -> None:
    """Rows are often numbered in a column that has no title."""
    draft = draft_of([page(HEAD, [(5, "1"), *FIRST], [(5, "2"), *SECOND], TOTAL)])
    assert [line["code"] for line in cells(draft)] == ["M49497", "K77380"]


def test_a_description_left_of_its_heading_is_not_taken_for_the_code(page) -> None:
    """Headings may be set flush right over words that are set flush left."""
    head = [(40, "物料编码"), (400, "品名规格"), (520, "数量"), (640, "单价"), (840, "金额")]
    row = [(40, "K95349"), (112, "数控刀片"), (530, "24"), (660, "2.50"), (860, "60.00")]
    draft = draft_of([page(head, row, [(640, "合计"), (860, "¥60.00")])])
    assert cells(draft)[0]["code"] == "K95349"
    assert cells(draft)[0]["description"] == "数控刀片"


def test_a_table_continues_on_the_next_page(page) -> None:
    """Headings that are not repeated are carried over."""
    first, second = page(HEAD, FIRST), page(SECOND, TOTAL)
    draft = draft_of([first, second])
    assert [line["code"] for line in cells(draft)] == ["M49497", "K77380"]


def test_an_amount_that_was_misread_keeps_its_place(page) -> None:
    """A row with one cell that is no number is still a row, with that cell open."""
    misread = [(40, "M49497"), (180, "Pallet wrap"), (530, "12"), (660, "2,50"), (860, "30.00")]
    draft = draft_of([page(HEAD, misread, SECOND, TOTAL)])
    assert cells(draft)[0]["unit_price"] == ""
    assert draft.lines[0].cells["unit_price"].raw == "2,50"


def test_amounts_that_no_label_explains_are_kept(page) -> None:
    """They stand against the belief that there is no tax."""
    sums = [[(640, "Total"), (860, "$50.00")], [(640, "Surcharge"), (860, "$9.50")]]
    draft = draft_of([page(HEAD, FIRST, SECOND, *sums)])
    assert draft.loose == ["$9.50"]


def test_a_percentage_is_not_taken_for_the_tax(page) -> None:
    """The rate is between label and amount."""
    draft = draft_of([page(HEAD, FIRST, SECOND, [(640, "Tax 19.00% $9.50")], TOTAL)])
    assert [Decimal(item.value) for item in draft.tax] == [Decimal("9.50")]


def test_companies_without_a_label_are_guesses_unless_one_is_left(page) -> None:
    """One other company besides the buyer is the supplier; two are a question."""
    one = draft_of([page([(40, "Acme Ltd")], [(40, "Bill To: Oakfield Ltd")])])
    two = draft_of([page([(40, "Acme Ltd")], [(40, "Beta Inc")], [(40, "Bill To: Oakfield Ltd")])])
    assert [(item.value, item.steady) for item in one.supplier] == [("Acme Ltd", True)]
    assert [item.steady for item in two.supplier] == [False, False]


def test_an_empty_page_gives_an_unknown_draft(page) -> None:
    """Nothing is found, and nothing fails."""
    draft = draft_of([page()])
    assert (draft.kind, draft.number, draft.lines, draft.total) == ("unknown", [], [], [])


@pytest.mark.parametrize(
    ("rows", "number", "day", "total"),
    [
        (
            [
                [(40, "FACTUUR")],
                [(40, "Factuurnummer: 993548900")],
                [(40, "Factuurdatum: 19 april 2014")],
                [(40, "Totaal"), (500, "€ 717,97")],
            ],
            "993548900",
            "2014-04-19",
            "717.97",
        ),
        (
            [
                [(40, "Facture n° 562044387")],
                [(40, "Date de facture"), (400, "2 juillet 2015")],
                [(40, "Net à payer"), (500, "29,99")],
            ],
            "562044387",
            "2015-07-02",
            "29.99",
        ),
        (
            [
                [(40, "Client"), (200, "Invoice date"), (450, "Invoice"), (650, "Due date")],
                [(40, "SC03"), (200, "8-9-2022"), (450, "VF1005193"), (650, "22-9-2022")],
                [(40, "Invoice total"), (500, "49.99")],
            ],
            "VF1005193",
            "2022-09-08",
            "49.99",
        ),
        (
            [
                [(40, "INVOICE")],
                [(40, "# inv_1001")],
                [(40, "Date: Jan 1, 2022")],
                [(40, "Balance Due:"), (500, "$127.50")],
            ],
            "inv_1001",
            "2022-01-01",
            "127.50",
        ),
    ],
)
def test_an_invoice_of_no_known_layout_gives_number_date_and_total(
    page, rows: list[list[tuple[float, str]]], number: str, day: str, total: str
) -> None:
    """Labels in other languages, headings over one row, and a title that is a label."""
    draft = draft_of([page(*rows)])
    found = (draft.number[0].value, draft.order_date[0].value, draft.total[0].value)
    assert (draft.kind, *found) == ("invoice", number, day, total)


CARRIED = [(180, "Carried forward"), (860, "30.00")]
BROUGHT = [(180, "Brought forward"), (860, "30.00")]


def test_sums_carried_from_page_to_page_are_no_words_of_a_line(page) -> None:
    """Neither the row that carries nor the one that brings, in English and Chinese."""
    for out, into in ((CARRIED, BROUGHT), ([(180, "转下页")], [(180, "承前页")])):
        first = page(HEAD, FIRST, out)
        second = numbered(page(HEAD, into, SECOND, TOTAL), 1)
        found = [(line["description"], line["amount"]) for line in cells(draft_of([first, second]))]
        assert found == [("Pallet wrap", "30.00"), ("Tape 50 mm", "20.00")]


def test_a_row_that_breaks_over_the_page_continues_on_the_next(page) -> None:
    """Its rest is below the headings, which are repeated there."""
    first = page(HEAD, FIRST, SECOND, CARRIED)
    second = numbered(page(HEAD, [(180, "on a roll")], [*SECOND], TOTAL), 1)
    descriptions = [line["description"] for line in cells(draft_of([first, second]))]
    assert descriptions == ["Pallet wrap", "Tape 50 mm on a roll", "Tape 50 mm"]


def test_the_lines_of_a_description_belong_to_the_row_that_they_stand_closest_to(page) -> None:
    """The third line of a row may be as near to the figures of the next row as to its own."""
    made = page(HEAD, FIRST, [(180, "clear, 23")], [(180, "micron")], SECOND, TOTAL, pitch=20)
    lower = [
        replace(token, top=token.top + 14, bottom=token.bottom + 14) if token.top > 90 else token
        for token in made.tokens
    ]
    draft = draft_of([replace(made, tokens=tuple(lower))])
    assert [(line["description"]) for line in cells(draft)] == [
        "Pallet wrap clear, 23 micron",
        "Tape 50 mm",
    ]
    assert [line.clean for line in draft.lines] == [True, True]


def test_a_text_next_to_the_table_is_none_of_its_amounts(page) -> None:
    """Terms in a column of their own stand right of the last heading."""
    rows = [[(x * 0.7, text) for x, text in row] for row in (HEAD, FIRST, SECOND, TOTAL)]
    beside = ["Please send", "it back", "within days", "at cost"]
    draft = draft_of([page(*([*row, (760, text)] for row, text in zip(rows, beside, strict=True)))])
    assert [line["amount"] for line in cells(draft)] == ["30.00", "20.00"]
    assert [item.value for item in draft.total] == ["50.00"]


@pytest.mark.parametrize(
    ("rows", "wanted"),
    [
        (["Supplier", "Northgate Trading", "Co Ltd"], "Northgate Trading Co Ltd"),
        (["供应商", "苏州吴门包装材料有限", "公司"], "苏州吴门包装材料有限公司"),
        (["Supplier: Northgate", "12 High Street"], "Northgate"),
    ],
)
def test_a_supplier_on_two_lines_is_read_to_its_end(page, rows: list[str], wanted: str) -> None:
    """Only where both lines together are the name of a company, not where an address follows."""
    assert draft_of([page(*[[(40, row)] for row in rows], pitch=18)]).supplier[0].value == wanted


def numbered(page: PageWords, number: int) -> PageWords:
    """Return a page as that of another number."""
    tokens = tuple(replace(token, page=number) for token in page.tokens)
    return replace(page, number=number, tokens=tokens)
