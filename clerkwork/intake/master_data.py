"""Reads the master data of a project: lists from files and databases, as evidence for documents."""

import csv
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import openpyxl

from clerkwork import clock
from clerkwork.config.master_data import FILE, read_master_file, sources_in
from clerkwork.config.secrets import secret
from clerkwork.model.master import Master, MasterSource
from clerkwork.store.foreign import QueryFailed, rows_of

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
        except (OSError, ValueError, KeyError, QueryFailed) as error:
            said = " ".join(str(error).split())[:200]
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
    return {
        name: "" if row[column] is None else str(row[column]).strip()
        for name, column in source.columns.items()
    }


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
        rows = book[sheet].values if sheet else book.worksheets[0].values
        head = [str(cell) for cell in next(rows, ())]
        for row in rows:
            yield dict(zip(head, row, strict=True))
    finally:
        book.close()
