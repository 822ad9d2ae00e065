"""Reads the master data of a project: lists from files and databases, as evidence for documents."""

import csv
import itertools
import zipfile
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl
from openpyxl.utils.exceptions import InvalidFileException

from clerkwork import clock
from clerkwork.config.files.master_data import FILE, read_master_file, sources_in
from clerkwork.config.secrets import secret
from clerkwork.errors import ConfigError
from clerkwork.model.documents.master_data import Master, MasterSource
from clerkwork.store.external_query import QueryFailed, rows_of

FRESH = timedelta(minutes=1)


def load_master(root: Path) -> Master:
    """Return the master data of the project in *root* as it is now.

    Raises:
        ConfigError: The file is wrong, or a list cannot be read; names what and where.
    """
    found, file, problems = read_master_file(root)
    if problems or file is None:
        if problems:
            raise problems[0]
        return Master()
    lists: dict[str, list[dict[str, str]]] = {}
    for kind, source in sources_in(found):
        try:
            lists[kind] = [_named(row, source) for row in _rows(source, root)]
        except ConfigError:
            raise
        except Exception as error:  # noqa: BLE001 - a damaged file fails in a dozen ways
            said = " ".join(_said(error, source).split())[:200]
            raise file.problem([kind], f"`{kind}` cannot be read: {said}; correct it") from None
    return Master.model_validate(lists)


class FreshMaster:
    """The master data of a project, read again when it is older than a minute."""

    def __init__(self, root: Path, load: Callable[[Path], Master] = load_master) -> None:
        """Read nothing yet."""
        self._root = root
        self._load = load
        self._known: tuple[timedelta, Master] | None = None

    def __call__(self) -> Master:
        """Return the master data; raises as ``load_master`` does."""
        now = clock.monotonic()
        if self._known is None or now - self._known[0] > FRESH:
            self._known = now, self._load(self._root)
        return self._known[1]


def _named(row: Mapping[str, Any], source: MasterSource) -> dict[str, str]:
    named: dict[str, str] = {}
    for name, column in source.columns.items():
        if column not in row:
            known = ", ".join(repr(key) for key in row if key)
            raise ValueError(f"there is no column {column!r}; there are {known or 'none'}")
        named[name] = "" if row[column] is None else str(row[column]).strip()
    return named


def _said(error: Exception, source: MasterSource) -> str:
    """Return what is wrong with a list, with its file."""
    if isinstance(error, QueryFailed | FileNotFoundError):
        return str(error)
    if isinstance(error, zipfile.BadZipFile | InvalidFileException):
        return f"{source.file} is no workbook (.xlsx); save it as one, or as .csv"
    if isinstance(error, UnicodeDecodeError):
        return f"{source.file} is not UTF-8; save it as CSV UTF-8"
    if source.file:
        return f"{source.file}: {error or type(error).__name__}"
    return str(error)


def _rows(source: MasterSource, root: Path) -> Iterator[Mapping[str, Any]]:
    if source.query:
        return iter(rows_of(secret(source.url_variable, str(FILE)), source.query))
    path = root / source.file
    return _of_csv(path) if path.suffix.lower() == ".csv" else _of_workbook(path, source.sheet)


def _of_csv(path: Path) -> Iterator[Mapping[str, Any]]:
    with path.open(encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def _of_workbook(path: Path, sheet: str) -> Iterator[Mapping[str, Any]]:
    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        if sheet and sheet not in book.sheetnames:
            known = ", ".join(repr(name) for name in book.sheetnames)
            raise ValueError(f"there is no sheet {sheet!r}; there are {known}")
        rows = (book[sheet] if sheet else book.worksheets[0]).values
        head = ["" if cell is None else str(cell).strip() for cell in next(rows, ())]
        for row in rows:  # a short row lacks its last cells; cells beyond the header are ignored
            yield dict(itertools.zip_longest(head, row[: len(head)]))
    finally:
        book.close()
