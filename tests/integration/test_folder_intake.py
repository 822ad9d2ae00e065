"""The inbox: every complete file becomes items exactly once, in spite of crashes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clerkwork.config.settings import Settings
from clerkwork.errors import InputRejected, UsageError
from clerkwork.intake.contract import ReaderContext
from clerkwork.intake.file_to_items import FileTaker
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import Added, ItemState
from clerkwork.store.reviews import reviews
from clerkwork.store.schema import item
from tests.books import book, order
from tests.fixtures_intake import STAMP, TWO, WORKFLOWS


def test_a_workbook_becomes_one_item_per_order_and_is_moved_away(desk):
    """The copy under its content's address is what the items speak of."""
    desk.drop("a.xlsx", TWO)
    assert desk.scan() == 2
    assert desk.references() == ["PO-1", "PO-2"]
    assert desk.files() == [f"accepted/{STAMP}-a.xlsx"]
    with desk.engine.core.store.read() as db:
        row = db.execute(item.select().where(item.c.reference == "PO-2")).one()
    sha256 = row.source["sha256"]
    assert row.group_key == "Meridian Office Supply Ltd"
    assert row.source == {"file": "a.xlsx", "sheet": "Orders", "rows": [4, 5], "sha256": sha256}
    assert (desk.root / f"var/evidence/{sha256[:2]}/{sha256}.xlsx").read_bytes() == TWO
    assert [data["added"] for data in desk.events(Kind.FILE_TAKEN)] == [2]


def test_a_file_is_taken_when_it_has_not_changed_for_long_enough(desk):
    """Somebody may still be copying it."""
    file = desk.drop("a.xlsx", TWO[:100])
    assert desk.scan_once("orders") == 0
    desk.wait(0.9)
    assert desk.scan_once("orders") == 0
    file.write_bytes(TWO)
    desk.wait(0.9)
    assert desk.scan_once("orders") == 0
    desk.wait(0.9)
    assert desk.scan_once("orders") == 0
    desk.wait(0.2)
    assert desk.scan_once("orders") == 2


def test_a_file_that_has_lain_there_is_taken_at_the_first_look_of_a_process(desk):
    """A daily schedule, or a scheduler started for each run, looks only once."""
    desk.lies_there_for(desk.drop("a.xlsx", TWO), 1.0)
    assert desk.scan_once("orders") == 2


def test_a_file_just_written_is_waited_for_within_the_planned_run(desk):
    """It is not left until tomorrow."""
    desk.lies_there_for(desk.drop("a.xlsx", TWO), 0.25)
    assert (desk.look("orders"), desk.elapsed) == (2, timedelta(seconds=0.75))


def test_a_file_that_is_still_written_to_is_left_to_the_next_planned_run(desk):
    """The wait ends after ten times the time that a file needs to settle."""
    file = desk.drop("a.xlsx", TWO[:100])

    def write() -> bool:
        file.write_bytes(file.read_bytes() + b"x")
        return False

    desk.meanwhile = write
    assert (desk.look("orders"), desk.files(), desk.elapsed) == (
        0,
        ["a.xlsx"],
        timedelta(seconds=10),
    )
    assert "the first a.xlsx, are still being" in desk.left("orders")


def test_a_wait_for_a_file_ends_when_the_process_does(desk):
    """The file stays where it is, for the next process."""
    desk.drop("a.xlsx", TWO)
    desk.meanwhile = lambda: True
    assert (desk.look("orders"), desk.files()) == (0, ["a.xlsx"])


def test_a_file_of_the_future_is_taken_at_the_second_look(desk):
    """Its time says nothing of its age: a clock was set back."""
    desk.lies_there_for(desk.drop("a.xlsx", TWO), -3600)
    found = [desk.scan_once("orders")]
    desk.wait(1)
    assert [*found, desk.scan_once("orders")] == [0, 2]


def test_an_empty_file_is_given_more_time(desk):
    """Many programs create a file first and fill it later."""
    desk.drop("a.xlsx", b"")
    desk.scan()
    assert desk.files() == ["a.xlsx"]
    desk.wait(10)
    desk.scan_once("orders")
    assert desk.files() == ["rejected/a.xlsx", "rejected/a.xlsx.txt"]


def test_unfinished_hidden_foreign_and_linked_files_are_left_alone(desk):
    """Lock files of a spreadsheet program, downloads under way, links that point anywhere."""
    names = [".a.xlsx", "a.txt", "a.xlsx.part", "a.xlsx.tmp", "~$a.xlsx"]
    for name in names:
        desk.drop(name, TWO)
    (desk.folder / "link.xlsx").symlink_to(desk.folder / "a.txt")
    assert desk.scan() == 0
    assert desk.files() == sorted([*names, "link.xlsx"])


def test_a_broken_file_is_in_rejected_with_its_note_and_stops_no_other(desk):
    """The sender reads sheet, row, problem and remedy in English and Chinese."""
    desk.drop("1.xlsx", book(header=("Order number", "Line", "Supplier", "Date")))
    desk.drop("2.xlsx", TWO)
    desk.drop("3.xlsx", b"PK not really")
    assert desk.scan() == 2
    assert desk.files() == [
        f"accepted/{STAMP}-2.xlsx",
        *("rejected/1.xlsx", "rejected/1.xlsx.txt", "rejected/3.xlsx", "rejected/3.xlsx.txt"),
    ]
    text = (desk.folder / "rejected/1.xlsx.txt").read_text("utf-8")
    assert "Place: sheet Orders, row 1\nProblem: the header lacks the columns currency" in text
    assert "位置：工作表 Orders 第 1 行\n问题：标题行缺少以下列" in text
    assert [data["file"] for data in desk.events(Kind.FILE_REJECTED)] == ["1.xlsx", "3.xlsx"]


def test_a_second_rejected_file_of_one_name_keeps_the_first(desk):
    """Nothing that was sent is ever overwritten."""
    for data in (b"one", b"two"):
        desk.drop("a.xlsx", data)
        desk.scan()
    assert (desk.folder / "rejected/a.xlsx").read_bytes() == b"one"
    assert (desk.folder / f"rejected/{STAMP}-a.xlsx").read_bytes() == b"two"
    assert (desk.folder / f"rejected/{STAMP}-a.xlsx.txt").exists()


def test_an_order_with_a_bad_row_goes_to_a_person_and_the_others_to_the_bot(desk):
    """The doubtful field is marked; no bot ever sees the order before."""
    desk.drop("a.xlsx", book(*order("PO-1"), *order("PO-2", quantity="twelve")))
    assert desk.scan() == 2
    with desk.engine.core.store.read() as db:
        states = {row.reference: row.state for row in db.execute(item.select())}
        (review,) = reviews.open_reviews(db)
    assert states == {"PO-1": ItemState.WAITING, "PO-2": ItemState.IN_REVIEW}
    assert (review.reference, review.code, review.facts["row"]) == ("PO-2", "bad_row", "4")
    assert [field.path for field in review.fields if field.doubtful] == ["lines.0.quantity"]


def test_the_same_workbook_put_in_twice_adds_nothing(desk):
    """One order number is one item, however often it comes."""
    for name in ("a.xlsx", "b.xlsx"):
        desk.drop(name, TWO)
    assert desk.scan() == 2
    assert desk.references() == ["PO-1", "PO-2"]


def test_a_crash_before_the_move_adds_nothing_on_the_next_scan(desk, monkeypatch):
    """Items are added first and the file is moved then, so the worst case is a second reading."""

    def power_cut(self: Path, _target: Path) -> Path:
        raise KeyboardInterrupt(self.name)

    bad = book(*order("PO-1"), *order("PO-2", quantity="2x"), *order("PO-1", quantity=9))
    desk.drop("a.xlsx", bad)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", power_cut)
        with pytest.raises(KeyboardInterrupt):
            desk.scan()
    before = desk.references()
    assert (len(before), desk.files()) == (3, ["a.xlsx"])
    desk.intake = desk.make()  # a new process remembers nothing
    assert desk.scan() == 0
    assert (desk.references(), desk.files()) == (before, [f"accepted/{STAMP}-a.xlsx"])
    with desk.engine.core.store.read() as db:
        assert len(reviews.open_reviews(db)) == 2


def test_a_failing_store_leaves_the_file_and_is_reported_once(desk, monkeypatch):
    """The next scan tries again; the schedule's row says why this one was blocked."""
    desk.drop("a.xlsx", TWO)
    desk.drop("b.xlsx", book(*order("PO-3")))
    good = desk.engine.submit

    def submit(new: Any, review: Any = None) -> Any:
        if new.reference == "PO-2":
            raise ConnectionError("the store is away")
        return good(new, review)

    monkeypatch.setattr(desk.engine, "submit", submit)
    for _ in range(2):
        with pytest.raises(ConnectionError, match="away"):
            desk.scan()
    assert (desk.references(), desk.files()) == (
        ["PO-1", "PO-3"],
        ["a.xlsx", f"accepted/{STAMP}-b.xlsx"],
    )
    assert [data["file"] for data in desk.events(Kind.EXCEPTION)] == ["a.xlsx"]
    monkeypatch.undo()
    assert desk.scan_once("orders") == 1


def test_two_workflows_may_share_a_folder_with_different_patterns(desk):
    """Each of them remembers its own files."""
    desk.drop("a.xlsx", TWO)
    desk.drop("b.pdf", b"no pdf at all")
    for workflow in ("orders", "scans"):
        desk.scan_once(workflow)
    desk.wait(2)
    assert [desk.scan_once(workflow) for workflow in ("orders", "scans")] == [2, 1]
    assert desk.files() == [f"accepted/{STAMP}-a.xlsx", f"accepted/{STAMP}-b.pdf"]


def test_a_document_put_in_twice_under_two_names_is_one_item(desk):
    """Its content is its reference."""
    picture = desk.root / "scan.pdf"
    Image.new("RGB", (400, 300), "white").save(picture)
    for name in ("x.pdf", "y.PDF"):
        desk.drop(name, picture.read_bytes())
    assert desk.scan("scans") == 1
    with desk.engine.core.store.read() as db:
        row = db.execute(item.select()).one()
    assert row.reference == row.source["sha256"][:16]
    assert row.payload["name"] == row.source["file"] == "x.pdf"
    assert (desk.root / row.payload["file"]).read_bytes() == picture.read_bytes()


def test_a_file_put_in_by_name_stays_where_it_is(desk):
    """The command line uses the same code and moves nothing."""
    file = desk.root / "mine.xlsx"
    file.write_bytes(book(*order("PO-1"), *order("PO-1"), *order("PO-2", quantity="2x")))
    taken = desk.put(file, "orders")
    assert (taken.added, taken.to_person, taken.duplicates, file.exists()) == (
        2,
        ["PO-2"],
        ["PO-1"],
        True,
    )
    again = desk.put(file, "orders")
    assert [answer.added for _, answer in again.submissions] == [Added.MERGED, Added.MERGED]


def test_a_file_larger_than_the_limit_is_refused_and_not_kept(desk):
    """The evidence folder does not fill up with what nobody can use."""
    file = desk.root / "big.xlsx"
    with file.open("wb") as stream:
        stream.truncate(26 * 2**20)
    with pytest.raises(InputRejected, match="the file is larger than 25 MB"):
        desk.put(file, "orders")
    assert list((desk.root / "var/evidence").iterdir()) == []


@pytest.mark.parametrize("workflow", ["later", "none"])
def test_a_workflow_without_a_source_takes_no_files(desk, workflow):
    """The message names those that do."""
    with pytest.raises(UsageError, match="takes no files; these do: orders, scans"):
        desk.put(desk.root / "a.xlsx", workflow)


def test_a_project_whose_workflows_take_no_files_is_told_what_to_do(tmp_path):
    """Where no workflow has a source, the message does not end in an empty list."""
    context = ReaderContext(root=tmp_path, settings=Settings(), engine=None, documents=None)
    taker = FileTaker({"later": WORKFLOWS["later"]}, {}, context)
    with pytest.raises(UsageError, match="give one a `source`, or submit its items as JSON"):
        taker.take(tmp_path / "a.xlsx", "later")
