"""What a page shows of each part of an item: a stored record, or a form before it is submitted."""

from typing import Any

from pydantic import BaseModel

from clerkwork.browser.access import Seen, column
from clerkwork.browser.values import line_model, read_as
from clerkwork.model.forms import Form, Grid


def view(seen: Seen, form: Form, item: BaseModel, *, stored: bool = True) -> dict[str, str]:
    """Return what a page shows of each part of the item, by the path of the part.

    Args:
        seen: The page.
        form: The form's description.
        item: The item.
        stored: Whether it is a record's page, which need not show every part.
    """
    shown = {}
    for name, field in form.fields.items():
        value = seen.value(field.words) if field.viewed or not stored else None
        if value is not None:
            shown[name] = read_as(type(item), name, field, form, value)
    model = line_model(item, form)
    if form.lines is None or model is None:
        return shown
    for number, cells in enumerate(_lines(seen, form.lines, stored=stored)):
        for name, cell in cells.items():
            field = form.lines.fields[name]
            shown[f"{form.lines.item}.{number}.{name}"] = read_as(model, name, field, form, cell)
    return shown


def _lines(seen: Seen, grid: Grid, *, stored: bool) -> list[dict[str, str]]:
    """Return what the table of the lines shows of each; a row that shows nothing is none."""
    columns, rows = _grid(seen, grid, stored=stored)
    lines = [
        {name: row["cells"][at] if at < len(row["cells"]) else "" for name, at in columns.items()}
        for row in rows
    ]
    return [line for line in lines if any(line.values())]


def _grid(seen: Seen, grid: Grid, *, stored: bool) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the columns and the rows of the table that shows the lines."""
    best: tuple[dict[str, int], list[dict[str, Any]]] = ({}, [])
    for table in seen.tables:
        columns = {
            name: at
            for name, field in grid.fields.items()
            if (field.viewed or not stored)
            and (at := column(table["headers"], field.words)) is not None
        }
        if len(columns) > len(best[0]):
            best = (columns, table["rows"])
    return best
