"""How long a file has lain where it lies, by the clock of its file system."""

import os
from datetime import timedelta

from clerkwork.intake.file_ready import Settling, folder_clock
from tests.books import book, order


def test_the_age_of_a_file_is_by_the_clock_of_its_file_system(tmp_path):
    """A program that sets the time of change back and writes on does not make a file look old."""
    file = tmp_path / "a.xlsx"
    file.write_bytes(book(*order("PO-1")))
    os.utime(file, (0, 0))
    settling = Settling(timedelta)
    assert settling.complete("orders", tmp_path, "*.xlsx", 3600) == []
    (left,) = settling.pending("orders", 3600)
    assert left > timedelta(seconds=3000)
    assert list(tmp_path.iterdir()) == [file]


def test_a_folder_that_cannot_be_written_to_has_no_clock(tmp_path):
    """Then a file is complete at the second look."""
    assert folder_clock(tmp_path / "none") is None
