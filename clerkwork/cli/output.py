"""Output of commands: a table on a terminal, tab-separated in a pipe, JSON with ``--json``."""

import dataclasses
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON with stable keys.")]
LimitOption = Annotated[
    int, typer.Option("--limit", min=1, max=10_000, help="At most this many rows.")
]


def print_rows(
    rows: Iterable[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool, empty: str
) -> None:
    """Print a listing.

    Args:
        rows: One mapping per row; JSON contains all its keys.
        columns: The keys that a table shows, in order.
        as_json: Whether to print a JSON array.
        empty: The sentence that a terminal shows when there are no rows.
    """
    found = list(rows)
    if as_json:
        print_json(found)
    elif not sys.stdout.isatty():
        for line in [columns, *([text_of(row.get(key)) for key in columns] for row in found)]:
            typer.echo("\t".join(line))
    elif not found:
        typer.echo(empty)
    else:
        _print_table(found, columns)


def print_fields(fields: Mapping[str, Any], *, as_json: bool) -> None:
    """Print one object, one line per field."""
    if as_json:
        print_json(fields)
        return
    width = max((len(key) for key in fields), default=0)
    for key, value in fields.items():
        typer.echo(f"{key:<{width}}  {text_of(value)}")


def print_json(data: Any) -> None:
    """Print *data* as JSON; instants in ISO 8601."""
    typer.echo(json.dumps(data, default=_plain, ensure_ascii=False, indent=2))


def print_json_line(data: Any) -> None:
    """Print *data* as one line of JSON."""
    typer.echo(json.dumps(data, default=_plain, ensure_ascii=False))


def text_of(value: Any) -> str:
    """Return *value* as one line of text, without control characters for the terminal."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    if isinstance(value, dict | list | tuple):
        value = json.dumps(value, default=_plain, ensure_ascii=False)
    text = "".join(char if char.isprintable() else " " for char in str(value))
    return " ".join(text.split())


def _print_table(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="bold", pad_edge=False)
    for key in columns:
        numeric = all(isinstance(row.get(key), int | float | None) for row in rows)
        table.add_column(key.replace("_", " "), justify="right" if numeric else "left")
    for row in rows:
        table.add_row(*(Text(text_of(row.get(key))) for key in columns))
    Console().print(table)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds")
    if isinstance(value, date | Path):
        return str(value)
    if isinstance(value, Enum):
        return value.value
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if hasattr(value, "model_dump"):
        return value.model_dump(mode="json")
    raise TypeError(f"{type(value).__name__} cannot be shown as JSON")
