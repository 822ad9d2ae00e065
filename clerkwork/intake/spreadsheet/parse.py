"""Reads a workbook of orders; runs in a child process with limits on time and memory.

One sheet, one header row with English or Chinese titles, one row per order line. What belongs to
the whole order may be on each of its rows or only on the first. Every error that a broken file
causes in the libraries leaves this module as ``InputRejected``.
"""

import io
import itertools
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import openpyxl

from clerkwork.children import Channel
from clerkwork.errors import InputRejected
from clerkwork.intake.spreadsheet.archive import AGAIN, check_archive
from clerkwork.intake.spreadsheet.cells import OPTIONAL, TITLES, as_text, cell_of, field_of
from clerkwork.intake.spreadsheet.orders import SheetRow, orders_of
from clerkwork.intake.spreadsheet.rows import OrderWorkbook

HEADER_WITHIN = 30  # rows
MOST_COLUMNS = 64
MOST_ROWS = 20_000
LAST_ROW = 1_048_576


def parse_workbook(_channel: Channel | None, file: Path, name: str) -> OrderWorkbook:
    """Return the orders of *file*; runs in the child."""
    data = file.read_bytes()  # outside the border below: a bad disk is not the sender's fault
    try:
        if not openpyxl.DEFUSEDXML:
            raise ImportError("defusedxml is missing")
        check_archive(data, name)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _parse(data, name)
    except InputRejected:
        raise
    except Exception as error:  # the border: a dozen foreign kinds end here
        problem = "the file cannot be read as a workbook"
        raise InputRejected(name, "", problem, AGAIN) from error


def _parse(data: bytes, name: str) -> OrderWorkbook:
    book = openpyxl.load_workbook(
        io.BytesIO(data), read_only=True, data_only=True, keep_links=False
    )
    found: OrderWorkbook | None = None
    for sheet in book.worksheets:
        sheet.reset_dimensions()  # what the file says of its size may cut rows off in silence
        rows = enumerate(sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS), start=1)
        header = _header(rows, sheet.title, name)
        if header is None:
            continue
        columns, titles = header
        if found is not None:
            problem = f"the sheets {found.sheet} and {sheet.title} both hold orders"
            raise InputRejected(name, "", problem, "Put all orders on one sheet.")
        orders, duplicates = orders_of(_rows(rows, columns, sheet.title, name), titles)
        found = OrderWorkbook(sheet=sheet.title, orders=orders, duplicates=duplicates)
    if found is None:
        problem = "no sheet has a header row with the titles of an order"
        raise InputRejected(name, "", problem, f"Put these titles into one row: {_wanted()}.")
    if not found.orders:
        problem = "there is no row below the header"
        raise InputRejected(name, f"sheet {found.sheet}", problem, "Add the orders.")
    return found


def _wanted() -> str:
    return ", ".join(titles[0] for field, titles in TITLES.items() if field not in OPTIONAL)


def _header(
    rows: Iterator[tuple[int, tuple[Any, ...]]], sheet: str, name: str
) -> tuple[dict[str, int], dict[str, str]] | None:
    """Return the column and the title of each field, or None if the sheet holds no orders."""
    for row, values in itertools.islice(rows, HEADER_WITHIN):
        fields = [field_of(value) for value in values]
        known = [field for field in fields if field]
        if "number" not in known or len(set(known)) < 4:
            continue
        place = f"sheet {sheet}, row {row}"
        for field in known:
            if known.count(field) > 1:
                problem = f"the column {TITLES[field][0]} is there twice"
                raise InputRejected(name, place, problem, "Remove or rename one of them.")
        missing = [TITLES[field][0] for field in TITLES if field not in {*known, *OPTIONAL}]
        if missing:
            problem = f"the header lacks the columns {', '.join(missing)}"
            raise InputRejected(name, place, problem, "Add them.")
        columns = {field: index for index, field in enumerate(fields) if field}
        return columns, {field: as_text(values[index]) for field, index in columns.items()}
    return None


def _rows(
    rows: Iterator[tuple[int, tuple[Any, ...]]], columns: dict[str, int], sheet: str, name: str
) -> Iterator[SheetRow]:
    number, position, count = "", 0, 0
    for row, values in rows:
        if row > LAST_ROW or count > MOST_ROWS:
            problem = f"there are more than {MOST_ROWS} rows"
            raise InputRejected(name, f"sheet {sheet}", problem, "Split the workbook.")
        if values.count(None) == len(values):
            continue  # at once, because a single cell far down means a million such rows
        cells = {
            field: cell_of(field, values[index] if index < len(values) else None)
            for field, index in columns.items()
        }
        if not any(cell.text for cell in cells.values()):
            continue
        count += 1
        own = cells.pop("number").text
        position = position + 1 if own in ("", number) else 1
        number = own or number
        line = cells.pop("line").text if "line" in cells else ""
        yield SheetRow(row=row, number=number, line=line or str(position), cells=cells)
