"""What a workbook gives: orders made of rows, each with the problems a person must put right.

The problems and remedies are a fixed list, so that every one of them can be translated.
"""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class CellProblem:
    """What can be wrong with one cell.

    Attributes:
        problem: Follows the cell's value in a sentence: "is empty".
        remedy: What the person can do about it, a sentence.
    """

    problem: str
    remedy: str


EMPTY = CellProblem(
    problem="is empty",
    remedy="Fill it in; if it holds a formula, save the file in a spreadsheet program first.",
)
NOT_A_NUMBER = CellProblem(problem="is not a number", remedy="Write digits only, such as 1250.50.")
NOT_A_DATE = CellProblem(
    problem="is not a date", remedy="Write it as year-month-day, such as 2026-11-30."
)
NOT_POSITIVE = CellProblem(problem="is not greater than 0", remedy="Correct the number.")
NEGATIVE = CellProblem(problem="is less than 0", remedy="Correct the number.")
TOO_FINE = CellProblem(problem="has too many decimal places", remedy="Round it to the cent.")
TOO_LARGE = CellProblem(problem="is too large", remedy="Correct the number.")
TOO_LONG = CellProblem(problem="is too long", remedy="Write at most 200 characters.")
NOT_AN_ORDER_NUMBER = CellProblem(
    problem="is not an order number",
    remedy="Write 3 to 40 letters, digits and / _ . - only.",
)
NOT_A_CURRENCY = CellProblem(
    problem="is not a currency", remedy="Write three letters, such as CNY, USD or EUR."
)
DIFFERS = CellProblem(
    problem="differs from another row of the same order",
    remedy="Make it the same in every row of the order.",
)
TOO_MANY_LINES = CellProblem(problem="has more than 500 lines", remedy="Split the order.")
OTHER = CellProblem(problem="does not fit its column", remedy="Correct it.")

FAULTS = (
    *(EMPTY, NOT_A_NUMBER, NOT_A_DATE, NOT_POSITIVE, NEGATIVE, TOO_FINE, TOO_LARGE, TOO_LONG),
    *(NOT_AN_ORDER_NUMBER, NOT_A_CURRENCY, DIFFERS, TOO_MANY_LINES, OTHER),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class RowProblem:
    """One cell that a person must put right.

    Attributes:
        row: Number of the row in the sheet, from 1.
        column: The column's title, as in the sheet.
        path: Path of the field in the order, such as ``lines.0.quantity``.
        value: Content of the cell.
        problem: See ``CellProblem``.
        remedy: See ``CellProblem``.
    """

    row: int
    column: str
    path: str
    value: str
    problem: str
    remedy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRows:
    """One order of a workbook.

    Attributes:
        number: The order's number, as in the sheet; empty when it is missing.
        rows: Numbers of its rows in the sheet, from 1.
        payload: The order as JSON data; a cell with a problem holds its text.
        problems: What a person must put right; empty when the payload is a valid order.
        conflict: Whether an earlier row has the same number with other content.
    """

    number: str
    rows: list[int]
    payload: dict[str, Any]
    problems: list[RowProblem] = field(default_factory=list)
    conflict: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeated:
    """Rows that say the same as earlier rows of the same order, and were merged with them."""

    number: str
    rows: list[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderWorkbook:
    """What was read from a workbook.

    Attributes:
        sheet: Title of the sheet that was read.
        orders: Its orders, in the order of the sheet.
        duplicates: Rows that were merged.
    """

    sheet: str
    orders: list[OrderRows]
    duplicates: list[Repeated]
