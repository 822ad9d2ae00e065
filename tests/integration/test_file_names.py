"""Files with names of any bytes and of any length are taken once and moved away."""

import os
from pathlib import Path

import pytest

from clerkwork.intake.printable_names import printable_name
from clerkwork.intake.requeue_files import put_back
from clerkwork.model.work.events import Kind
from clerkwork.store.schema import item
from tests.fixtures_cli import Shell
from tests.fixtures_intake import NOW, STAMP, TWO, Desk
from tests.integration.test_long_commands import ORDERS_BOT, SCHEDULED

GBK = b"\xb6\xa9\xb5\xa5.xlsx"
NAMES = {
    "not UTF-8": (GBK, "%B6%A9%B5%A5.xlsx"),
    "255 bytes": (b"x" * 250 + b".xlsx", "x" * 195 + ".xlsx"),
    "83 Chinese characters": (("单" * 83).encode() + b".xlsx", "单" * 65 + ".xlsx"),
    "a line break": (b"a\nb.xlsx", "a_b.xlsx"),
    "a wide space": ("订\u3000单.xlsx".encode(), "订\u3000单.xlsx"),
}
each_name = pytest.mark.parametrize(("raw", "shown"), NAMES.values(), ids=NAMES)


def drop(desk: Desk, raw: bytes, data: bytes) -> None:
    desk.drop(os.fsdecode(raw), data)


@each_name
def test_a_file_of_any_name_is_taken_once(desk: Desk, raw: bytes, shown: str) -> None:
    """It goes to accepted/ under the name that log and store show; other files go on."""
    drop(desk, raw, TWO)
    found = [desk.scan(), desk.scan()]
    with desk.engine.core.store.read() as db:
        sources = {row.source["file"] for row in db.execute(item.select())}
    logged = [data["file"] for data in desk.events(Kind.FILE_TAKEN)]
    assert (found, desk.files(), sources, logged) == (
        [2, 0],
        [f"accepted/{STAMP}-{shown}"],
        {shown},
        [shown],
    )


@each_name
def test_a_bad_file_of_any_name_is_rejected_with_a_note(desk: Desk, raw: bytes, shown: str) -> None:
    """The second one does not take the place of the first."""
    for data in (b"no workbook", b"none either"):
        drop(desk, raw, data)
        desk.scan()
    wanted = [f"rejected/{STAMP}-{shown}", f"rejected/{shown}"]
    assert desk.files() == sorted([*wanted, *(f"{name}.txt" for name in wanted)])
    assert [data["file"] for data in desk.events(Kind.FILE_REJECTED)] == [shown, shown]


def test_a_file_of_any_name_that_is_still_written_is_named(desk: Desk) -> None:
    """The planned run says it in its reason."""
    drop(desk, GBK, TWO)
    desk.scan_once("orders")
    assert desk.left("orders") == (
        "1 files, the first %B6%A9%B5%A5.xlsx, are still being written to and are left for the "
        "next run"
    )


def test_a_document_of_any_name_is_taken(desk: Desk) -> None:
    """Its item names it as everything else does."""
    drop(desk, b"\xb6\xa9.pdf", b"no document")
    desk.scan("scans")
    with desk.engine.core.store.read() as db:
        found = [row.payload["name"] for row in db.execute(item.select())]
    assert found == ["%B6%A9.pdf"]


def test_an_accepted_file_of_any_name_is_put_back(desk: Desk) -> None:
    """After a restore it is taken again."""
    drop(desk, NAMES["255 bytes"][0], TWO)
    desk.scan()
    workflows = desk.engine.core.workflows.values()
    moved = put_back(desk.root / "inbox", workflows, since=NOW)
    assert [file.name for file in moved] == [NAMES["255 bytes"][1]]


def test_a_file_of_any_name_is_put(worked: Shell, tmp_path: Path) -> None:
    """A bad one is refused with a sentence and no traceback."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    good, bad = (tmp_path / os.fsdecode(raw) for raw in (GBK, b"bad-" + GBK))
    good.write_bytes(TWO)
    bad.write_bytes(b"no workbook")
    taken, refused = worked("submit", "orders", good, "--json"), worked("submit", "orders", bad)
    assert (taken.status, [row["became"] for row in taken.data]) == (0, ["new", "new"])
    assert (refused.status, refused.err) == (
        1,
        "bad-%B6%A9%B5%A5.xlsx: the file is not an xlsx workbook. Open it in a spreadsheet "
        "program, save it as .xlsx and send it again.\n",
    )


def test_a_name_that_ends_in_no_plain_suffix_is_cut_as_a_whole() -> None:
    """The part after the last dot may exceed the longest allowed name."""
    assert printable_name("a." + "x" * 300) == "a." + "x" * 198
