"""What every reader promises, run over every reader that is found."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from clerkwork.config.settings import Settings
from clerkwork.errors import DocumentRejected, InputRejected
from clerkwork.intake.contract import FileReader, Incoming, OpenReader, ReaderContext
from clerkwork.intake.extensions import shipped
from clerkwork.intake.stored_file import keep
from clerkwork.model.project.workflows import Step, Workflow
from tests.books import book, order

FOLDER = Path(__file__).parent.parent.parent / "clerkwork" / "intake" / "readers"
READERS = shipped().readers
RANDOM = random.Random(13).randbytes(4000)  # noqa: S311 - any bytes will do
GOOD = {"workbook": book(*order("PO-1"), *order("PO-2")), "document": b"%PDF-1.7"}
TEXT = b"number,name\n1,one\n2,two\n"


class _Engine:
    """Stores every item."""

    def require_storable(self, new: object) -> None:
        del new


class _Documents:
    """Takes a file for a document when it starts like a PDF."""

    def probe(self, file: Path, name: str) -> None:
        if not file.read_bytes().startswith(b"%PDF"):
            raise DocumentRejected(name, "", "the file is no document", "Send a PDF.")


@pytest.fixture(params=sorted(READERS))
def reader(request: pytest.FixtureRequest) -> FileReader[Any]:
    return READERS[request.param]


@pytest.fixture
def opened(reader: FileReader[Any], tmp_path: Path) -> Iterator[OpenReader]:
    context: Any = ReaderContext(
        root=tmp_path, settings=Settings(), engine=_Engine(), documents=_Documents()
    )
    made = reader.open(context)
    yield made
    made.close()


def incoming(reader: FileReader[Any], data: bytes, folder: Path) -> Incoming:
    """Return a file with this content, kept as intake keeps it."""
    file = folder / "file.bin"
    file.write_bytes(data)
    source = {"folder": "in", "reader": reader.name}
    steps = [Step(bot="enter")]
    plan: Workflow = shipped().workflow.model_validate(
        {"name": "work", "title": "Work", "source": source, "steps": steps}
    )
    return Incoming(stored=keep(file, folder / "evidence", max_mb=1), plan=plan)


def test_each_file_of_the_folder_is_a_reader_of_its_name() -> None:
    """`reader: workbook` is the file workbook.py."""
    files = [file.stem for file in FOLDER.glob("*.py") if not file.name.startswith("_")]
    assert sorted(files) == sorted(READERS)


def test_reader_can_be_named_in_a_workflow(reader: FileReader[Any]) -> None:
    """The model of workflow files knows it, with what it makes of a file."""
    source = get_args(shipped().workflow.model_fields["source"].annotation)[0]
    field = source.model_fields["reader"]
    said = f"`{reader.name}`: {reader.summary}"
    assert (reader.name in get_args(field.annotation), said in field.description) == (True, True)


def test_own_keys_of_a_reader_are_optional_and_described(reader: FileReader[Any]) -> None:
    """A workflow that names the reader alone is complete."""
    fields = {} if reader.keys is None else reader.keys.model_fields
    wrong = [name for name, info in fields.items() if info.is_required() or not info.description]
    assert wrong == []


def test_model_that_a_reader_gives_is_one(reader: FileReader[Any]) -> None:
    """`clerkwork check` compares it with what the first bot takes."""
    assert reader.gives is None or issubclass(reader.gives, BaseModel)


@pytest.mark.parametrize("data", [RANDOM, b"", b"\0" * 100], ids=["random", "empty", "zeros"])
def test_file_that_cannot_be_read_is_rejected_or_goes_to_a_person(
    reader: FileReader[Any], opened: OpenReader, tmp_path: Path, data: bytes
) -> None:
    """No bot gets an item of it, and no other error leaves the reader."""
    file = incoming(reader, data, tmp_path)
    try:
        to_person = [review is not None for _, review in opened.read(file).arrivals]
    except InputRejected as error:
        to_person = [bool(error.problem and error.remedy)]
    assert to_person == [True]


def test_file_that_is_read_twice_gives_the_same_items(
    reader: FileReader[Any], opened: OpenReader, tmp_path: Path
) -> None:
    """So a file that is taken a second time adds nothing."""
    data = GOOD.get(reader.name, TEXT)
    first, second = (opened.read(incoming(reader, data, tmp_path)) for _ in range(2))
    assert first == second
    references = [item.reference for item, _ in first.arrivals]
    assert (len(set(references)), len(references) > 1) == (len(references), reader.many)
    assert all(item.source["file"] == "file.bin" for item, _ in first.arrivals)
