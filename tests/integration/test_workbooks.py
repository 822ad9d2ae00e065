"""Broken and hostile workbooks: one clear error each, within the limits of the child process."""

import io
import random
import zipfile
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from clerkwork import clock
from clerkwork.children import Child
from clerkwork.errors import ApplicationException, InputRejected
from clerkwork.intake.readers.workbook import read_workbook, workbook_child
from clerkwork.intake.rejection_note import chinese
from clerkwork.intake.spreadsheet.parse import parse_workbook
from clerkwork.intake.spreadsheet.rows import OrderWorkbook
from tests.books import book, order

GOOD = book(*order("PO-1"), *order("PO-2"))
SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="module")
def child() -> Iterator[Child]:
    child = workbook_child()
    yield child
    child.close()


def rezipped(change: Callable[[dict[str, bytes]], None], data: bytes = GOOD) -> bytes:
    """Return the workbook *data* with its parts changed."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    change(parts)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, part in parts.items():
            archive.writestr(name, part)
    return stream.getvalue()


def with_sheet(old: bytes, new: bytes) -> bytes:
    def change(parts: dict[str, bytes]) -> None:
        assert old in parts[SHEET]
        parts[SHEET] = parts[SHEET].replace(old, new, 1)

    return rezipped(change)


def lying_bomb() -> bytes:
    """Return a zip whose 30 MB part claims to be empty."""
    data = bytearray(rezipped(lambda parts: parts.update({"xl/bomb.xml": bytes(30 * 2**20)})))
    place = data.rindex(b"xl/bomb.xml") - 46  # the entry in the list at the end of the file
    data[place + 24 : place + 28] = (0).to_bytes(4, "little")
    return bytes(data)


def encrypted_entry() -> bytes:
    data = bytearray(GOOD)
    place = data.index(b"PK\x01\x02")
    data[place + 8] |= 1
    return bytes(data)


ENTITY_BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "' + b"&a;" * 1000 + b'">'
    b'<!ENTITY c "' + b"&b;" * 1000 + b'">]><worksheet'
)
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><worksheet'
UNREADABLE = "the file cannot be read as a workbook"
FAR_TOO_MUCH = "the workbook unfolds to far more data than orders need"
LOCKED = "the file is protected by a password or is in the old .xls format"
MISNAMED = "the workbook names its parts wrongly"


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda: b"", "the file is empty"),
        (lambda: b"order;quantity\n1;2\n", "the file is not an xlsx workbook"),
        (lambda: b"PK\x03\x04", UNREADABLE),
        (lambda: GOOD[: len(GOOD) // 2], UNREADABLE),
        (lambda: GOOD[:-30], UNREADABLE),
        (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096), LOCKED),
        (encrypted_entry, LOCKED),
        (lambda: rezipped(lambda parts: parts.update({"x": bytes(30 * 2**20)})), FAR_TOO_MUCH),
        (lying_bomb, UNREADABLE),
        (
            lambda: rezipped(lambda parts: parts.update({f"x{n}": b"" for n in range(2001)})),
            "the workbook has too many parts",
        ),
        (lambda: rezipped(lambda parts: parts.update({"../../evil": b"x"})), MISNAMED),
        (lambda: with_sheet(b"<worksheet", ENTITY_BOMB), UNREADABLE),
        (lambda: with_sheet(b"<worksheet", OUTSIDE), UNREADABLE),
        (lambda: with_sheet(b"</sheetData>", b""), UNREADABLE),
        (lambda: with_sheet(b'<row r="5"', b'<row r="99999999"'), "there are more than 20000 rows"),
        (lambda: with_sheet(b'<row r="4"', b'<row r="2"'), "the rows of a sheet are out of order"),
        (lambda: rezipped(lambda parts: parts.pop(SHEET)), "no sheet has a header row"),
        (lambda: rezipped(lambda parts: parts.pop("xl/workbook.xml")), UNREADABLE),
        (lambda: book(header=("Menge", "Preis")), "no sheet has a header row with the titles of"),
    ],
    ids=[
        *("empty", "text", "only a signature", "half", "cut tail", "ole", "encrypted entry"),
        *("bomb", "lying bomb", "2001 parts", "path outside", "entity bomb", "outside entity"),
        *(
            "broken xml",
            "row far away",
            "rows out of order",
            "no sheet",
            "no workbook",
            "wrong header",
        ),
    ],
)
def test_a_malformed_workbook_is_one_clear_error(child, tmp_path, make, problem):
    """The sender reads what is wrong, and the next file is read as if nothing had been."""
    file = tmp_path / "orders.xlsx"
    file.write_bytes(make())
    with pytest.raises(InputRejected) as error:
        read_workbook(file, "orders.xlsx", child)
    assert problem in str(error.value)
    for sentence in (error.value.problem, error.value.remedy):
        assert chinese(sentence) != sentence
    file.write_bytes(GOOD)
    assert len(read_workbook(file, "orders.xlsx", child).orders) == 2


def test_a_cell_far_to_the_right_costs_nothing(child, tmp_path):
    """Of a sheet that claims 16 384 columns by a million rows, only filled cells are read."""
    file = tmp_path / "orders.xlsx"
    file.write_bytes(
        with_sheet(
            b"</row></sheetData>",
            b'</row><row r="1048576"><c r="XFD1048576" t="n"><v>1</v></c></row></sheetData>',
        )
    )
    assert len(read_workbook(file, "orders.xlsx", child).orders) == 2


def test_300_damaged_workbooks_give_orders_or_the_one_error(tmp_path):
    """A dozen foreign exceptions hide in zip and XML; none of them comes through."""
    chance = random.Random(7)  # noqa: S311 - repeatable damage, no secret
    file = tmp_path / "orders.xlsx"
    other = 0
    for _ in range(300):
        data = bytearray(GOOD)
        for _ in range(chance.choice((1, 2, 8, 40))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        file.write_bytes(data)
        try:
            assert isinstance(parse_workbook(None, file, "orders.xlsx"), OrderWorkbook)
        except InputRejected:
            other += 1
    assert 100 < other < 300


def test_150_workbooks_with_damaged_xml_give_orders_or_the_one_error(tmp_path):
    """Damage inside of a sound zip reaches deeper than damage to the zip."""
    chance = random.Random(11)  # noqa: S311 - repeatable damage, no secret
    file = tmp_path / "orders.xlsx"

    def change(parts: dict[str, bytes]) -> None:
        name = chance.choice(sorted(parts))
        part = bytearray(parts[name])
        for _ in range(chance.choice((1, 3))):
            place = chance.randrange(len(part))
            part[place : place + chance.choice((0, 1, 20))] = bytes([chance.randrange(32, 127)])
        parts[name] = bytes(part)

    other = 0
    for _ in range(150):
        file.write_bytes(rezipped(change))
        try:
            assert isinstance(parse_workbook(None, file, "orders.xlsx"), OrderWorkbook)
        except InputRejected:
            other += 1
    assert 20 < other < 150


def test_a_workbook_that_takes_too_long_is_rejected(tmp_path, monkeypatch):
    """The child is killed, the worker lives on."""
    child = workbook_child()
    monkeypatch.setattr("clerkwork.intake.readers.workbook.TIMEOUT", timedelta(seconds=0))
    start = clock.monotonic()
    with pytest.raises(InputRejected, match="takes more time or memory"):
        read_workbook(tmp_path / "none.xlsx", "orders.xlsx", child)
    child.close()
    assert clock.monotonic() - start < timedelta(seconds=20)


def test_a_file_that_cannot_be_opened_is_not_its_senders_fault(child, tmp_path):
    """The file stays in the inbox and is tried again."""
    with pytest.raises(ApplicationException, match="FileNotFoundError"):
        read_workbook(tmp_path / "none.xlsx", "orders.xlsx", child)


def test_more_rows_than_the_limit_are_rejected(tmp_path, monkeypatch):
    """A workbook of that size is a mistake, or should come in parts."""
    monkeypatch.setattr("clerkwork.intake.spreadsheet.parse.MOST_ROWS", 2)
    file = tmp_path / "orders.xlsx"
    file.write_bytes(GOOD)
    with pytest.raises(InputRejected, match="there are more than 2 rows"):
        parse_workbook(None, file, "orders.xlsx")


def test_a_wrong_statement_of_size_loses_no_row(child, tmp_path):
    """Some programs write a dimension of one cell, and the library believes it."""
    file = tmp_path / "orders.xlsx"
    file.write_bytes(with_sheet(b'<dimension ref="A1:L5"', b'<dimension ref="A1:B2"'))
    assert [len(part.rows) for part in read_workbook(file, "orders.xlsx", child).orders] == [2, 2]
