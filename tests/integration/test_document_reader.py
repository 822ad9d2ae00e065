"""The reader with real pdfium and tesseract, on the samples and on files nobody should send."""

import os
import struct
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from clerkwork import children
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.errors import ApplicationException, DocumentRejected
from clerkwork.model.extraction import Extraction
from clerkwork.model.reviews import flatten

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
    """Reading the same document again adds no file."""
    reader = DocumentReader(DocumentSettings(), tmp_path)
    pages = [reader.read(SAMPLES / EASY[0], EASY[0]).pages for _ in range(2)]
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


def png(width: int, height: int) -> bytes:
    """Return a grey PNG of any size that is small as a file."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1 + (width + 7) // 8) * height, 9)
    head = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return head + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def blank_pdf(width: float, height: float, tmp_path: Path, pages: int = 1) -> bytes:
    """Return a PDF of empty pages."""
    document = pdfium.PdfDocument.new()
    for _ in range(pages):
        document.new_page(width, height)
    file = tmp_path / "made.pdf"
    document.save(file)
    document.close()
    return file.read_bytes()


ENCRYPTED = b"""%%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]>>endobj
4 0 obj<</Filter/Standard/V 1/R 2/P -44/O<%s>/U<%s>>>endobj
trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]/Size 5>>
%%%%EOF""" % (b"5a" * 32, b"a5" * 32)

BAD = {
    "empty.pdf": (lambda _: b"", "is empty"),
    "text.pdf": (lambda _: b"Dear Sirs, please find the order attached.", "neither a PDF nor"),
    "page.html": (lambda _: b"<html>order</html>", "neither a PDF nor"),
    "cut.pdf": (lambda _: (SAMPLES / EASY[0]).read_bytes()[:9000], "broken or incomplete PDF"),
    "cut.jpg": (lambda _: (SAMPLES / EASY[3]).read_bytes()[:9000], "broken or incomplete picture"),
    "tiny.png": (lambda _: png(8, 8), "8 by 8 pixels, too small"),
    "bomb.png": (lambda _: png(12000, 12000), "more than 50 million pixels"),
    "huge.pdf": (lambda tmp: blank_pdf(14400, 14400, tmp), "200 by 200 inches"),
    "long.pdf": (lambda tmp: blank_pdf(300, 300, tmp, 21), "has 21 pages, more than the 20"),
    "secret.pdf": (lambda _: ENCRYPTED, "protected by a password"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_rejected_with_its_problem_and_a_remedy(
    name: str, reader: DocumentReader, tmp_path: Path
) -> None:
    """One sentence with the file's name; the type comes from its bytes, not from its name."""
    make, problem = BAD[name]
    file = tmp_path / "stored"
    file.write_bytes(make(tmp_path))
    with pytest.raises(DocumentRejected) as caught:
        reader.probe(file, name)
    assert str(caught.value).startswith(name)
    assert problem in str(caught.value)
    assert caught.value.remedy.endswith(".")


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


def test_a_reading_that_takes_too_long_is_ended_with_all_it_started(tmp_path: Path) -> None:
    """The file is good, so this is the system's failure; nothing is left running."""
    before = set(children.family(os.getpid()))
    reader = DocumentReader(DocumentSettings(page_timeout_s=0.8), tmp_path)
    with pytest.raises(ApplicationException) as caught:
        reader.read(SAMPLES / "hard-3007-nanshan.jpg", "hard-3007-nanshan.jpg")
    assert caught.value.code == "child_timeout"
    assert set(children.family(os.getpid())) <= before


def test_a_reading_above_the_memory_limit_fails_and_the_parent_lives(tmp_path: Path) -> None:
    """Limits hold in the child alone; a probe turns them into a rejected document."""
    before = set(children.family(os.getpid()))
    settings = DocumentSettings().model_copy(update={"memory_mb": 10})
    reader = DocumentReader(settings, tmp_path)
    with pytest.raises((ApplicationException, DocumentRejected)) as caught:
        reader.read(SAMPLES / EASY[3], EASY[3])
    reader.close()
    assert "memory" in str(caught.value).lower() or "MB" in str(caught.value)
    assert set(children.family(os.getpid())) <= before


@pytest.mark.skipif(not DATA.is_dir(), reason=f"the development documents are not in {DATA}")
@pytest.mark.parametrize("stem", ["doc001_en", "doc002_zh", "doc020_zh"])
@pytest.mark.parametrize("suffix", [".pdf", ".jpg"])
def test_no_wrong_value_passes_without_doubt(
    stem: str, suffix: str, reader: DocumentReader
) -> None:
    """Documents of unknown layout: whatever is not doubted is right."""
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import measure_documents  # noqa: PLC0415 - a tool, not a package
    finally:
        sys.path.pop(0)
    report = measure_documents.measure(reader, DATA / f"{stem}{suffix}")
    assert report["silent"] == []
    assert len(report["wrong"]) <= len(report["truth"]) // 4
