"""Documents read with this engine or that, with two, by several processes, and from the cache."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.model.work.reviews import flatten
from tests.fixtures_documents import SAMPLES

SCAN = "scan-3004-kestrel.jpg"
SLIP = [
    "GOLDEN KEY MAKER SDN BHD",
    "NO 5, JALAN KENARI 2,",
    "47100 PUCHONG, SELANGOR",
    "TEL: 03-8074 1234",
    "Date: 24/03/2018 11:25",
    "Key cutting          21.00",
    "TOTAL                21.00",
    "CASH                 50.00",
    "CHANGE               29.00",
]
Made = Callable[..., DocumentReader]


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Made]:
    """Make readers that are closed after the test."""
    readers: list[DocumentReader] = []

    def make(**settings: object) -> DocumentReader:
        chosen = DocumentSettings(**{"engine": "tesseract", "verify": "none", **settings})
        readers.append(DocumentReader(chosen, tmp_path / "evidence", tmp_path / "cache"))
        return readers[-1]

    yield make
    for reader in readers:
        reader.close()


def draw_slip(lines: list[str], file: Path, pages: int = 1) -> Path:
    sheet = Image.new("RGB", (900, 80 * len(lines) + 120), "white")
    font = ImageFont.load_default(size=38)
    for index, line in enumerate(lines):
        ImageDraw.Draw(sheet).text((50, 60 + 80 * index), line, "black", font)
    sheet.save(file, save_all=pages > 1, append_images=[sheet] * (pages - 1))
    return file


def test_without_an_engine_a_scan_is_all_doubt(made: Made) -> None:
    """A project without any engine still files its scans, and a person types them in."""
    extraction = made(engine="none").read(SAMPLES / SCAN, SCAN)
    assert (extraction.engine, extraction.values()) == ("none", {})
    assert extraction.doubtful() == [field.path for field in extraction.fields]


def test_two_engines_confirm_each_other(made: Made, sample_orders: dict[str, object]) -> None:
    """What both read the same is believed, and the reason says so."""
    pytest.importorskip("rapidocr", reason="needs the extra `ocr`")
    name = "scan-3005-huaxin.png"
    extraction = made(engine="auto", verify="auto").read(SAMPLES / name, name)
    assert (extraction.engine, extraction.values()) == ("rapidocr", flatten(sample_orders[name]))
    assert extraction.doubtful() == []
    reasons = {field.path: field.reason for field in extraction.fields}
    assert reasons["number"] == "Two different engines read the same."


def test_pages_read_at_once_say_what_they_say_one_by_one(made: Made, tmp_path: Path) -> None:
    """Two processes meet in the cache; the reading after them finds all its pages there."""
    file = draw_slip(SLIP[3:7], tmp_path / "two.tiff", pages=2)
    together = made(processes=2).read(file, file.name)
    readings = sorted((tmp_path / "cache").glob("*/*.json"))
    alone = made().read(file, file.name)
    assert alone == together
    assert sorted((tmp_path / "cache").glob("*/*.json")) == readings != []


def test_the_words_of_a_page_are_kept_with_its_picture(made: Made, tmp_path: Path) -> None:
    """In reading order, with boxes in fractions of the page, for a person to click on."""
    extraction = made().read(SAMPLES / SCAN, SCAN)
    sha256 = extraction.pages[0].sha256
    folder = tmp_path / "evidence" / sha256[:2]
    assert (folder / f"{sha256}.jpg").exists()
    words = json.loads((folder / f"{sha256}.words.json").read_text("utf-8"))
    number = next(word for word in words if word["text"] == extraction.values()["number"])
    edges = number["box"]
    assert 0 <= edges["left"] < edges["right"] <= 1
    assert 0 <= edges["top"] < edges["bottom"] <= 1


def test_the_total_of_a_receipt_is_what_was_paid(made: Made, tmp_path: Path) -> None:
    """Who, where, when and how much, and why the amount is believed."""
    file = draw_slip(SLIP, tmp_path / "slip.png")
    extraction = made(date_order="dmy").read(file, file.name)
    assert (extraction.kind, extraction.values()) == (
        "receipt",
        {
            "supplier": "GOLDEN KEY MAKER SDN BHD",
            "address": "NO 5, JALAN KENARI 2, 47100 PUCHONG, SELANGOR",
            "date": "2018-03-24",
            "total": "21.00",
        },
    )
    total = next(field for field in extraction.fields if field.path == "total")
    assert (total.doubtful, total.reason) == (False, "The payment less the change is the total.")


def test_a_total_that_was_not_paid_is_doubted(made: Made, tmp_path: Path) -> None:
    """Cash less change differs from the amount next to the word total."""
    slip = [line.replace("29.00", "19.00") for line in SLIP]
    extraction = made(date_order="dmy").read(draw_slip(slip, tmp_path / "a.png"), "a.png")
    total = next(field for field in extraction.fields if field.path == "total")
    assert (total.value, total.doubtful, total.facts) == ("21.00", True, {"options": "31.00"})


@pytest.mark.parametrize(("total", "passes"), [("21.00", True), ("1.40", False)])
def test_the_greatest_amount_printed_three_times_is_the_total(
    made: Made, tmp_path: Path, total: str, passes: bool
) -> None:
    """A repeated tax is not the total, with any word next to it."""
    amounts = [f"TOTAL                {total}", f"SUM {total}", f"SLIP {total}"]
    slip = [*SLIP[:6], *amounts, "CASHIER: ANN", "THANK YOU"]
    extraction = made(date_order="dmy").read(draw_slip(slip, tmp_path / "a.png"), "a.png")
    found = next(field for field in extraction.fields if field.path == "total")
    assert (found.value, found.doubtful) == (total, not passes)
