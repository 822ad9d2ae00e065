"""The reader with real pdfium and tesseract, on the samples and on files nobody should send."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from clerkwork import processes
from clerkwork.children import Child
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader, pipeline
from clerkwork.errors import ApplicationException, DocumentRejected
from clerkwork.model.documents.extraction import Extraction, PageImage
from clerkwork.model.documents.master_data import Master
from clerkwork.model.work.reviews import flatten

ROOT = Path(__file__).parent.parent.parent
SAMPLES = ROOT / "samples" / "documents"
DATA = Path(os.environ.get("CLERKWORK_TEST_DATA", ROOT.parent / "shared" / "data")) / "synth"
EASY = [
    "po-3001-northgate.pdf",
    "po-3002-qiantang.pdf",
    "invoice-3003-blueharbour.pdf",
    "scan-3004-kestrel.jpg",
    "scan-3005-huaxin.png",
    "scan-3006-meridian.jpg",
]
Read = Callable[[str], Extraction]


@pytest.mark.parametrize("name", EASY)
def test_an_ordinary_document_is_read_whole_and_without_doubt(
    name: str, read_sample: Read, sample_orders: dict[str, Any]
) -> None:
    """Digital and scanned, English and Chinese, order and invoice: every value as printed."""
    extraction = read_sample(name)
    assert extraction.values() == flatten(sample_orders[name])
    assert extraction.doubtful() == []


@pytest.mark.parametrize("name", ["hard-3007-nanshan.jpg", "hard-3008-lakeside.pdf"])
def test_what_is_wrong_in_a_hard_document_is_doubted(
    name: str, read_sample: Read, sample_orders: dict[str, Any]
) -> None:
    """A person must see every value that is not the true one."""
    truth = flatten(sample_orders[name])
    extraction = read_sample(name)
    trusted = {field.path: field.value for field in extraction.fields if not field.doubtful}
    assert {path: value for path, value in trusted.items() if truth.get(path) != value} == {}
    assert extraction.doubtful() != []


def test_the_words_come_from_the_text_layer_where_there_is_one(read_sample: Read) -> None:
    """OCR is for pages that have none."""
    engines = {name: read_sample(name).engine for name in ("po-3001-northgate.pdf", EASY[3])}
    assert list(engines.values()) == ["text_layer", "tesseract"]


def test_a_pdf_that_is_a_scan_is_read_by_ocr(reader: DocumentReader, tmp_path: Path) -> None:
    """A page that a picture covers has no words of its own."""
    file = tmp_path / "scan.pdf"
    with Image.open(SAMPLES / "scan-3004-kestrel.jpg") as picture:
        picture.save(file, "PDF", resolution=200)
    extraction = reader.read(file, file.name)
    assert extraction.engine == "tesseract"
    assert extraction.values()["number"] == "PO-2026-3004"


def test_each_page_is_kept_once_under_the_digest_of_its_picture(tmp_path: Path) -> None:
    """A page with a text layer is drawn only when asked for; drawing it again adds no file."""
    reader = DocumentReader(DocumentSettings(), tmp_path)
    read = reader.read(SAMPLES / EASY[0], EASY[0]).pages
    assert (read, list(tmp_path.iterdir())) == ([PageImage()], [])
    pages = [reader.draw(SAMPLES / EASY[0], EASY[0], read) for _ in range(2)]
    assert reader.draw(SAMPLES / EASY[0], EASY[0], pages[0]) == pages[0]
    reader.close()
    sha256 = pages[0][0].sha256
    assert pages[0] == pages[1]
    files = sorted(file for file in tmp_path.rglob("*") if file.is_file())
    folder = tmp_path / sha256[:2]
    assert files == [folder / f"{sha256}.jpg", folder / f"{sha256}.words.json"]
    with Image.open(files[0]) as picture:
        assert picture.size == (pages[0][0].width, pages[0][0].height)


def test_a_probe_counts_the_pages(reader: DocumentReader, tmp_path: Path) -> None:
    """Of a PDF and of a picture file with several."""
    file = tmp_path / "three.tif"
    sheet = Image.new("L", (300, 300), "white")
    sheet.save(file, save_all=True, append_images=[sheet, sheet])
    assert reader.probe(file, file.name) == 3
    assert reader.probe(SAMPLES / EASY[0], EASY[0]) == 1


def test_a_missing_file_is_rejected(reader: DocumentReader, tmp_path: Path) -> None:
    """It may have been taken away between its coming and its reading."""
    with pytest.raises(DocumentRejected, match=r"gone.pdf: cannot be opened"):
        reader.probe(tmp_path / "gone.pdf", "gone.pdf")


def test_a_file_above_the_size_limit_is_rejected_unread(tmp_path: Path) -> None:
    """The limit is in the settings, and the message names it."""
    file = tmp_path / "large.pdf"
    with file.open("wb") as stream:
        stream.write(b"%PDF-1.4")
        stream.truncate(2 * 2**20)
    reader = DocumentReader(DocumentSettings(max_file_mb=1), tmp_path)
    with pytest.raises(DocumentRejected, match=r"has 2 MB, more than the 1 MB allowed"):
        reader.probe(file, file.name)
    reader.close()


@pytest.mark.parametrize(
    ("limit", "problem"),
    [({"page_timeout_s": 0.5}, "takes too long"), ({"memory_mb": 10}, "needs too much memory")],
)
def test_a_document_that_needs_too_much_is_rejected_and_the_parent_lives(
    limit: dict[str, float], problem: str, tmp_path: Path
) -> None:
    """Limits hold in the child alone; nothing that it started is left running."""
    before = set(processes.family(os.getpid()))
    settings = DocumentSettings(engine="tesseract", verify="none").model_copy(update=limit)
    reader = DocumentReader(settings, tmp_path)
    with pytest.raises(DocumentRejected, match=f"hard-3007-nanshan.jpg: {problem} to read"):
        reader.read(SAMPLES / "hard-3007-nanshan.jpg", "hard-3007-nanshan.jpg")
    assert set(processes.family(os.getpid())) <= before
    reader.close()


def test_a_document_that_the_child_has_not_opened_is_not_read_as_empty(tmp_path: Path) -> None:
    """The child that had opened it died before it was asked to read it."""
    settings = DocumentSettings(engine="none")
    task = pipeline.Task(
        settings=settings, evidence=tmp_path, cache=None, master=Master(), templates=()
    )
    child = Child("document reader", memory_mb=1000)
    with pytest.raises(ApplicationException, match="ended unexpectedly"):
        child.call(pipeline.read_file, task, timeout=timedelta(seconds=60))
    child.close()


def test_what_ends_a_worn_child_is_tried_once_more_in_a_new_one(tmp_path: Path) -> None:
    """What was read before may be to blame; of what ends a new child the document is."""
    doomed: list[bool] = []
    before = set(processes.family(os.getpid()))

    def master() -> Master:  # asked for between the opening and the reading of a document
        if doomed and doomed.pop():
            for child in set(processes.family(os.getpid())) - before:
                os.kill(child, signal.SIGKILL)
        return Master()

    reader = DocumentReader(DocumentSettings(engine="none"), tmp_path, master=master)
    good = reader.read(SAMPLES / EASY[0], EASY[0])
    doomed[:] = [False, True]
    assert reader.read(SAMPLES / EASY[0], EASY[0]) == good
    doomed[:] = [True, True]
    with pytest.raises(DocumentRejected, match="breaks the program that reads it"):
        reader.read(SAMPLES / EASY[0], EASY[0])
    reader.close()


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the development documents are not in {DATA}")
@pytest.mark.parametrize("stem", ["doc001_en", "doc002_zh", "doc020_zh"])
@pytest.mark.parametrize("suffix", [".pdf", ".jpg"])
def test_no_wrong_value_passes_without_doubt(
    stem: str, suffix: str, reader: DocumentReader
) -> None:
    """In documents of unknown layout, every value without a doubt is right."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import measure_documents  # noqa: PLC0415 - a tool, not a package
    finally:
        sys.path.pop(0)
    report = measure_documents.measure(reader, DATA / f"{stem}{suffix}")
    assert report["silent"] == []
    assert len(report["wrong"]) <= len(report["truth"]) // 4
