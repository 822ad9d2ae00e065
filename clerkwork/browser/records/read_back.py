"""Reads the values of an item from a page: from a saved record, or from a form before saving."""

from collections.abc import Callable, Sequence
from typing import Any

from pydantic import BaseModel

from clerkwork.browser.page.item_values import line_model, read_as
from clerkwork.browser.records.login import PageState, column_number
from clerkwork.model.project.target_form import Grid, TargetField, TargetForm

Words = Callable[[TargetField], Sequence[str]]


def record_words(field: TargetField) -> Sequence[str]:
    """Return the label of *field* on the page of a saved record."""
    return [field.on_record]


def form_words(field: TargetField) -> Sequence[str]:
    """Return the labels of *field* on a form, in order of precedence."""
    return [field.words, field.on_record]


def shown_parts(
    seen: PageState,
    form: TargetForm,
    item: BaseModel,
    *,
    words: Words = record_words,
    stored: bool = True,
) -> dict[str, str]:
    """Return the item's values that a page shows, by path.

    Args:
        seen: The state of the page.
        form: The description of the form.
        item: The item; its model says how to read each value.
        words: Returns the labels of a field on this page.
        stored: Whether to read only the fields that a saved record shows.
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
    """Return the values of each line in the table of lines; empty rows are skipped."""
    columns, rows = _grid(seen, grid, words, stored=stored)
    lines = [
        {name: row["cells"][at] if at < len(row["cells"]) else "" for name, at in columns.items()}
        for row in rows
    ]
    return [line for line in lines if any(line.values())]


def _grid(
    seen: PageState, grid: Grid, words: Words, *, stored: bool
) -> tuple[dict[str, int], list[dict[str, Any]]]:
    """Return the columns (by value name) and the rows of the table that shows the lines."""
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
