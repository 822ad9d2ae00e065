"""How long a file has lain where it lies, by the clock of its file system."""

import os
from datetime import timedelta

from clerkwork.intake.file_ready import Settling, folder_clock
from clerkwork.model.project.workflows import FolderSource
from tests.books import book, order


def test_the_age_of_a_file_is_told_by_the_clock_of_its_file_system(tmp_path):
    """A program that sets the time of change back and writes on does not make a file look old."""
    file = tmp_path / "a.xlsx"
    file.write_bytes(book(*order("PO-1")))
    os.utime(file, (0, 0))
    settling = Settling(timedelta)
    source = FolderSource(folder=".", pattern="*.xlsx", reader="workbook", settle_s=3600)
    assert settling.complete("orders", tmp_path, source) == []
    (left,) = settling.pending("orders", source)
    assert left > timedelta(seconds=3000)
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_to_has_no_clock(tmp_path):
    """Then a file is complete at the second look."""
    assert folder_clock(tmp_path / "none") is None
