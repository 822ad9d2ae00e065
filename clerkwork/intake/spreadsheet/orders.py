"""Puts the rows of a sheet together to orders, merges repetitions and names every problem."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from clerkwork.intake.spreadsheet import rows as words
from clerkwork.intake.spreadsheet.cells import OF_A_LINE, OF_THE_ORDER, Cell
from clerkwork.intake.spreadsheet.rows import CellProblem, OrderRows, Repeated, RowProblem
from clerkwork.model.orders import PurchaseOrder

FAULT_OF: dict[str, CellProblem] = {
    "missing": words.EMPTY,
    "string_too_short": words.EMPTY,
    "decimal_parsing": words.NOT_A_NUMBER,
    "decimal_type": words.NOT_A_NUMBER,
    "greater_than": words.NOT_POSITIVE,
    "greater_than_equal": words.NEGATIVE,
    "decimal_max_places": words.TOO_FINE,
    "decimal_max_digits": words.TOO_LARGE,
    "decimal_whole_digits": words.TOO_LARGE,
    "string_too_long": words.TOO_LONG,
    "too_long": words.TOO_MANY_LINES,
}
PATTERNS = {"number": words.NOT_AN_ORDER_NUMBER, "currency": words.NOT_A_CURRENCY}


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """One row below the header.

    Attributes:
        row: Its number in the sheet, from 1.
        number: The order's number, taken from the row above where the cell is empty.
        line: Names a line within its order: the line number, or the position in the order.
        cells: The other cells by field; empty ones too.
    """

    row: int
    number: str
    line: str
    cells: dict[str, Cell]


def orders_of(
    rows: Iterable[SheetRow], titles: Mapping[str, str]
) -> tuple[list[OrderRows], list[Repeated]]:
    """Return the orders that *rows* make, and the rows that only repeat earlier ones.

    Args:
        rows: The rows in the order of the sheet.
        titles: The title of each field's column, as in the sheet.
    """
    versions: dict[str, list[list[SheetRow]]] = {}
    for row in rows:
        _place(versions.setdefault(row.number, []), row)
    orders: list[OrderRows] = []
    duplicates: list[Repeated] = []
    for number, variants in versions.items():
        kept: list[list[SheetRow]] = []
        for variant in variants:
            if any(_repeats(variant, other) for other in kept):
                duplicates.append(Repeated(number=number, rows=[row.row for row in variant]))
                continue
            orders.append(_order(number, variant, titles, conflict=bool(kept)))
            kept.append(variant)
    return sorted(orders, key=lambda order: order.rows[0]), duplicates


def _place(versions: list[list[SheetRow]], row: SheetRow) -> None:
    """Add *row* to the first version of its order that lacks this line, or begin a new version."""
    for version in versions:
        if all(other.line != row.line for other in version):
            version.append(row)
            return
    versions.append([row])


def _repeats(part: list[SheetRow], whole: list[SheetRow]) -> bool:
    """Return whether each row of *part* is in *whole* with the same content."""
    lines = {row.line: row for row in whole}
    return all(row.line in lines and _equal(row, lines[row.line], whole) for row in part)


def _equal(row: SheetRow, other: SheetRow, whole: list[SheetRow]) -> bool:
    same_line = all(row.cells.get(field) == other.cells.get(field) for field in OF_A_LINE)
    return same_line and all(
        cell.text in ("", _first(whole, field)[1].text)
        for field in OF_THE_ORDER
        if (cell := row.cells.get(field)) is not None
    )


def _first(rows: list[SheetRow], field: str) -> tuple[SheetRow, Cell]:
    """Return the first cell of *field* that is not empty, or the first row's empty one."""
    for row in rows:
        if (cell := row.cells.get(field)) is not None and cell.text:
            return row, cell
    return rows[0], Cell("")


def _order(
    number: str, rows: list[SheetRow], titles: Mapping[str, str], *, conflict: bool
) -> OrderRows:
    payload: dict[str, Any] = {"number": number}
    found: dict[str, RowProblem] = {}

    def doubt(row: SheetRow, path: str, text: str, fault: CellProblem) -> None:
        column = titles.get(path.rpartition(".")[2], path)
        found.setdefault(path, _problem(row.row, column, path, text, fault))

    for field in OF_THE_ORDER:
        place, cell = _first(rows, field)
        if cell.text or field != "tax":
            payload[field] = cell.text
        if cell.fault:
            doubt(place, field, cell.text, cell.fault)
        for row in rows:
            other = row.cells.get(field, Cell(""))
            if other.text and other.text != cell.text:
                doubt(row, field, other.text, words.DIFFERS)
    payload["lines"] = [{field: row.cells[field].text for field in OF_A_LINE} for row in rows]
    for index, row in enumerate(rows):
        for field in OF_A_LINE:
            if (fault := row.cells[field].fault) is not None:
                doubt(row, f"lines.{index}.{field}", row.cells[field].text, fault)
    payload = _checked(payload, rows, doubt)
    order = list(titles)
    ordered = sorted(
        found.values(),
        key=lambda problem: (problem.row, order.index(problem.path.rpartition(".")[2])),
    )
    return OrderRows(
        number=number,
        rows=[row.row for row in rows],
        payload=payload,
        problems=ordered,
        conflict=conflict,
    )


def _checked(payload: dict[str, Any], rows: list[SheetRow], doubt: Any) -> dict[str, Any]:
    """Return the valid order's JSON data, or *payload* after naming each problem to *doubt*."""
    try:
        return PurchaseOrder.model_validate(payload).model_dump(mode="json")
    except ValidationError as error:
        details = error.errors(include_url=False)
    for detail in details:
        place = detail["loc"]
        path = ".".join(str(part) for part in place)
        in_line = len(place) > 1 and isinstance(place[1], int)
        row = rows[int(place[1])] if in_line else _first(rows, str(place[0]))[0]
        text = "" if isinstance(detail["input"], dict | list) else str(detail["input"] or "")
        doubt(row, path, text, _fault(detail, text))
    return payload


def _fault(detail: ErrorDetails, text: str) -> CellProblem:
    if not text and detail["type"] != "too_long":
        return words.EMPTY
    if detail["type"] == "string_pattern_mismatch":
        return PATTERNS.get(str(detail["loc"][-1]), words.OTHER)
    if detail["type"].startswith("date"):
        return words.NOT_A_DATE
    return FAULT_OF.get(detail["type"], words.OTHER)


def _problem(row: int, column: str, path: str, text: str, fault: CellProblem) -> RowProblem:
    return RowProblem(
        row=row,
        column=column,
        path=path,
        value=text[:80],
        problem=fault.problem,
        remedy=fault.remedy,
    )
