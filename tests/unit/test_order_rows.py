"""From rows to orders: what belongs together, what is merged, what a person must put right."""

from datetime import datetime
from pathlib import Path

import pytest

from clerkwork.errors import InputRejected
from clerkwork.intake.readers.workbook import IN_EMPTY_CELL, IN_ONE_CELL, MORE, review_of
from clerkwork.intake.rejection_note import chinese, note
from clerkwork.intake.spreadsheet import rows as words
from clerkwork.intake.spreadsheet.parse import parse_workbook
from clerkwork.intake.spreadsheet.rows import FAULTS, OrderWorkbook, Repeated, RowProblem
from clerkwork.model.orders import PurchaseOrder
from tests.books import CHINESE, ENGLISH, book, line, order

PAYLOAD = {
    "number": "PO-1",
    "order_date": "2026-11-02",
    "supplier": "Meridian Office Supply Ltd",
    "currency": "USD",
    "lines": [
        {
            "code": code,
            "description": "Paper",
            "quantity": "2",
            "unit_price": "2.5",
            "amount": "5",
        }
        for code in ("C-1", "C-2")
    ],
    "tax": "0",
    "total": "10",
}


@pytest.fixture
def read(tmp_path):
    def read(data: bytes) -> OrderWorkbook:
        file = tmp_path / "orders.xlsx"
        file.write_bytes(data)
        return parse_workbook(None, file, "orders.xlsx")

    return read


@pytest.mark.parametrize(
    "header",
    [
        ENGLISH,
        CHINESE,
        tuple(f"{english} / {chinese}" for english, chinese in zip(ENGLISH, CHINESE, strict=True)),
        tuple(f"{title}\n({ENGLISH[place].upper()})" for place, title in enumerate(CHINESE)),
    ],
    ids=["english", "chinese", "both", "lines"],
)
def test_titles_may_be_english_chinese_or_both(read, header):
    """Each supplier's template looks different."""
    (found,) = read(book(*order("PO-1"), header=header)).orders
    assert (found.payload, found.rows, found.problems) == (PAYLOAD, [2, 3], [])


def test_the_header_may_stand_lower_and_on_another_sheet(read):
    """Templates begin with a logo and a greeting."""
    rows = [["Dear Sir"], [], list(ENGLISH), *order("PO-1")]
    found = read(book(header=("Read me",), title="Info", more={"Data": rows}))
    assert (found.sheet, found.orders[0].rows) == ("Data", [4, 5])


def test_what_belongs_to_the_order_may_stand_on_its_first_row_only(read):
    """Merged cells leave the other rows empty, the number included."""
    bare = {"date": None, "supplier": None, "currency": None, "tax": None, "total": None}
    (found,) = read(book(line("PO-1", 1), line(None, 2, **bare))).orders
    assert found.payload == PAYLOAD


def test_rows_of_an_order_may_stand_apart(read):
    """A sheet sorted by material is still a sheet of orders."""
    found = read(book(line("PO-1", 1), *order("PO-2"), line("PO-1", 2)))
    assert [(part.number, part.rows) for part in found.orders] == [
        ("PO-1", [2, 5]),
        ("PO-2", [3, 4]),
    ]


@pytest.mark.parametrize(
    ("rows", "repeated"),
    [
        ([*order("PO-1"), *order("PO-2"), *order("PO-1")], [6, 7]),
        ([line("PO-1", 1), line("PO-1", 1), line("PO-1", 2), *order("PO-2")], [3]),
    ],
    ids=["whole order", "one line"],
)
def test_an_exact_repetition_is_merged_and_reported(read, rows, repeated):
    """A row pasted twice must not double an order."""
    found = read(book(*rows))
    assert [part.number for part in found.orders] == ["PO-1", "PO-2"]
    assert found.orders[0].payload == PAYLOAD
    assert found.duplicates == [Repeated(number="PO-1", rows=repeated)]


def test_the_same_number_with_other_content_is_kept_as_a_conflict(read):
    """Neither of the two is dropped in silence."""
    found = read(book(*order("PO-1"), *order("PO-1", quantity=3, amount=7.5)))
    assert [(part.rows, part.conflict) for part in found.orders] == [
        ([2, 3], False),
        ([4, 5], True),
    ]


def test_two_equal_lines_without_line_numbers_are_two_lines(read):
    """Without a line number, only the position distinguishes them."""
    (found,) = read(book(line("PO-1", None), line("PO-1", None))).orders
    assert (len(found.payload["lines"]), found.problems) == (2, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-11-02", "2026-11-02"),
        ("2026/11/2", "2026-11-02"),
        ("2026年11月2日", "2026-11-02"),
        ("２０２６-11-02", "2026-11-02"),
        (datetime(2026, 11, 2, 13, 30), "2026-11-02"),  # noqa: DTZ001 - cells have no zone
    ],
)
def test_dates_are_read_when_they_can_mean_one_day_only(read, value, expected):
    """Year first, in any of the usual spellings."""
    (found,) = read(book(*[[*row[:2], value, *row[3:]] for row in order("PO-1")])).orders
    assert (found.payload["order_date"], found.problems) == (expected, [])


@pytest.mark.parametrize(
    ("value", "expected"),
    [("1,250.50", "1250.50"), ("１２", "12"), (0.1 + 0.2, "0.3"), (7.0, "7"), (" 3 ", "3")],
)
def test_numbers_are_read_as_people_write_them(read, value, expected):
    """A computed cell has the digits that the spreadsheet shows."""
    (found,) = read(book(*order("PO-1", quantity=value))).orders
    assert (found.payload["lines"][0]["quantity"], found.problems) == (expected, [])


def test_the_suppliers_name_keeps_its_full_width_brackets(read):
    """The purchasing system is searched for the unchanged name."""
    name = "上海（中国）有限公司"
    (found,) = read(book(line("PO-1", supplier=name))).orders
    assert found.payload["supplier"] == name


@pytest.mark.parametrize(
    ("changes", "path", "value", "fault"),
    [
        ({"quantity": "twelve"}, "lines.0.quantity", "twelve", words.NOT_A_NUMBER),
        ({"quantity": True}, "lines.0.quantity", "True", words.NOT_A_NUMBER),
        ({"quantity": "1,25"}, "lines.0.quantity", "1,25", words.NOT_A_NUMBER),
        ({"quantity": "1e999"}, "lines.0.quantity", "1e999", words.NOT_A_NUMBER),
        ({"quantity": "NaN"}, "lines.0.quantity", "NaN", words.NOT_A_NUMBER),
        ({"quantity": 0}, "lines.0.quantity", "0", words.NOT_POSITIVE),
        ({"price": -1}, "lines.0.unit_price", "-1", words.NEGATIVE),
        ({"amount": 5.005}, "lines.0.amount", "5.005", words.TOO_FINE),
        ({"amount": 10**14}, "lines.0.amount", "100000000000000", words.TOO_LARGE),
        ({"code": None}, "lines.0.code", "", words.EMPTY),
        ({"description": "x" * 201}, "lines.0.description", "x" * 80, words.TOO_LONG),
        ({"date": None}, "order_date", "", words.EMPTY),
        ({"date": "02/11/2026"}, "order_date", "02/11/2026", words.NOT_A_DATE),
        ({"date": "2026-02-30"}, "order_date", "2026-02-30", words.NOT_A_DATE),
        ({"date": 46328}, "order_date", "46328", words.NOT_A_DATE),
        ({"date": 1793577600}, "order_date", "1793577600", words.NOT_A_DATE),
        ({"currency": "Dollar"}, "currency", "DOLLAR", words.NOT_A_CURRENCY),
        ({"total": None}, "total", "", words.EMPTY),
        ({"total": "=1+1"}, "total", "", words.EMPTY),
        ({"order": "P?"}, "number", "P?", words.NOT_AN_ORDER_NUMBER),
        ({"order": None}, "number", "", words.EMPTY),
    ],
)
def test_a_bad_cell_is_named_with_row_column_and_remedy(read, changes, path, value, fault):
    """The order goes to a person; the others of the sheet go on."""
    found = read(book(line("PO-1", **changes), *order("PO-2")))
    (problem,) = found.orders[0].problems
    assert (problem.row, problem.path, problem.value) == (2, path, value)
    assert (problem.problem, problem.remedy) == (fault.problem, fault.remedy)
    assert found.orders[1].problems == []


def test_order_cells_that_differ_between_rows_are_doubtful(read):
    """A row that slipped into the wrong order shows by its supplier."""
    (found,) = read(book(line("PO-1", 1), line("PO-1", 2, supplier="Lakeside"))).orders
    assert found.problems == [
        RowProblem(
            row=3,
            column="Supplier",
            path="supplier",
            value="Lakeside",
            problem=words.DIFFERS.problem,
            remedy=words.DIFFERS.remedy,
        )
    ]


def test_the_review_names_the_first_problem_and_marks_all(read):
    """The person sees where to look in the sheet and in the form."""
    found = read(book(line("PO-1", date=None, quantity="twelve")))
    review = review_of(found.orders[0], found.sheet)
    assert (review.step, review.code, review.model) == (
        None,
        "bad_row",
        "clerkwork.model.orders.PurchaseOrder",
    )
    assert review.facts == {
        "sheet": "Orders",
        "row": "2",
        "column": "Order date",
        "value": "",
        "more": "1",
    }
    assert [field.path for field in review.fields if field.doubtful] == [
        "order_date",
        "lines.0.quantity",
    ]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.problem)
def test_every_problem_is_translated(fault):
    """The console looks these sentences up as they stand."""
    said = f"{fault.problem}. {fault.remedy}"
    for sentence in (
        said,
        *(start + said + end for start in (IN_ONE_CELL, IN_EMPTY_CELL) for end in ("", MORE)),
    ):
        assert chinese(sentence) != sentence


@pytest.mark.parametrize(
    ("data", "place", "problem"),
    [
        (book(header=("a", "b")), "", "no sheet has a header row with the titles of an order"),
        (book(), "sheet Orders", "there is no row below the header"),
        (
            book(header=(*ENGLISH[:7], "Menge", *ENGLISH[8:])),
            "sheet Orders, row 1",
            "the header lacks the columns quantity",
        ),
        (
            book(header=(*ENGLISH, "Qty")),
            "sheet Orders, row 1",
            "the column quantity is there twice",
        ),
        (
            book(*order("PO-1"), more={"Old": [list(ENGLISH), *order("PO-2")]}),
            "",
            "the sheets Orders and Old both hold orders",
        ),
    ],
    ids=["no header", "no rows", "missing column", "column twice", "two sheets"],
)
def test_a_sheet_that_is_not_one_of_orders_is_rejected_as_a_whole(read, data, place, problem):
    """Nothing is guessed and nothing half taken; the note says it in both languages."""
    with pytest.raises(InputRejected) as error:
        read(data)
    assert (error.value.place, error.value.problem) == (place, problem)
    english, _, translated = note(error.value).partition("\n\n")
    assert problem in english
    assert problem not in translated
    assert error.value.remedy not in translated


def test_the_sample_workbook_is_what_its_maker_says(read):
    """20 orders: two bad rows, one repetition, and every other sum right to the cent."""
    home = Path(__file__).resolve().parents[2]
    found = read((home / "samples/orders/orders-2026-11.xlsx").read_bytes())
    whole = [
        PurchaseOrder.model_validate(part.payload) for part in found.orders if not part.problems
    ]
    assert (len(found.orders), sum(len(part.rows) for part in found.orders)) == (20, 66)
    assert {part.number: part.problems[0].path for part in found.orders if part.problems} == {
        "PO-2026-1004": "lines.1.quantity",
        "PO-2026-1011": "order_date",
    }
    assert [repeated.number for repeated in found.duplicates] == ["PO-2026-1007"]
    assert [part.number for part in whole if part.gaps()] == []
    assert [part.number for part in whole if part.total > 50_000] == ["PO-2026-1015"]
