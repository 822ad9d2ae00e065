"""What a page shows of each part of an item: a stored record, or a form before it is submitted."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from clerkwork.browser.page.item_values import line_model, read_as
from clerkwork.browser.records.login import PageState, column_number
from clerkwork.model.project.target_form import Grid, TargetField, TargetForm

Words = Callable[[TargetField], Sequence[str]]


def record_words(field: TargetField) -> Sequence[str]:
    """Return by which words a record's page shows *field*."""
    return [field.on_record]


def form_words(field: TargetField) -> Sequence[str]:
    """Return by which words a form shows *field*, those that count first."""
    return [field.words, field.on_record]


def shown_parts(
    seen: PageState,
    form: TargetForm,
    item: BaseModel,
    *,
    words: Words = record_words,
    stored: bool = True,
) -> dict[str, str]:
    """Return what a page shows of each part of the item, by the path of the part.

    Args:
        seen: The page.
        form: The form's description.
        item: The item.
        words: By which words the page shows a part.
        stored: Whether only those parts are looked for that a stored record shows.
    """
    shown = {}
    for name, field in form.fields.items():
        values = [seen.value(said) for said in words(field)] if field.viewed or not stored else []
        value = next((one for one in values if one is not None), None)
        if value is not None:
            shown[name] = read_as(type(item), name, field, form, value)
    model = line_model(item, form)
    if form.lines is None or model is None:
        return shown
    for number, cells in enumerate(_lines(seen, form.lines, words, stored=stored)):
        for name, cell in cells.items():
            field = form.lines.fields[name]
            shown[f"{form.lines.item}.{number}.{name}"] = read_as(model, name, field, form, cell)
    return shown


def _lines(seen: PageState, grid: Grid, words: Words, *, stored: bool) -> list[dict[str, str]]:
    """Return what the table of the lines shows of each; a row that shows nothing is none."""
    columns, rows = _grid(seen, grid, words, stored=stored)
    lines = [
        {name: row["cells"][at] if at < len(row["cells"]) else "" for name, at in columns.items()}
        for row in rows
    ]
    return [line for line in lines if any(line.values())]


def _grid(
    seen: PageState, grid: Grid, words: Words, *, stored: bool
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the columns and the rows of the table that shows the lines."""
    best: tuple[dict[str, int], list[dict[str, Any]]] = ({}, [])
    for table in seen.tables:
        columns = {
            name: at
            for name, field in grid.fields.items()
            if (field.viewed or not stored)
            and (at := _column(table["headers"], words(field))) is not None
        }
        if len(columns) > len(best[0]):
            best = (columns, table["rows"])
    return best


def _column(headers: list[str], words: Sequence[str]) -> int | None:
    found = [column_number(headers, said) for said in words]
    return next((at for at in found if at is not None), None)
