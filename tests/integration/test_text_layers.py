"""Text layers that differ from the visible page, and pages that are rotated by 90 degrees."""

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2 as pdfium
import pytest
from PIL import Image

from clerkwork.documents import DocumentReader
from clerkwork.documents.sources.text_layer import words_of
from clerkwork.model.documents.extraction import Extraction
from clerkwork.model.work.reviews import flatten
from tools.scramble_pdf import scrambled

SAMPLES = Path(__file__).parent.parent.parent / "samples" / "documents"
DIGITAL = ["po-3001-northgate.pdf", "po-3002-qiantang.pdf"]
SCAN = "scan-3004-kestrel.jpg"
PICTURE_POINTS = 250
HEAD = ("number", "order_date", "supplier", "total")


@pytest.mark.parametrize("degrees", [90, 180, 270])
@pytest.mark.parametrize("name", DIGITAL)
def test_a_page_that_is_shown_turned_is_read_upright_from_its_text_layer(
    name: str, degrees: int, reader: DocumentReader, sample_orders: dict[str, Any], tmp_path: Path
) -> None:
    """The letters of a PDF do not turn with their page; English and Chinese."""
    with pdfium.PdfDocument(SAMPLES / name) as document:
        document[0].set_rotation(degrees)
        document.save(tmp_path / name)
    read = reader.read(tmp_path / name, name)
    assert (read.engine, read.values(), read.doubtful()) == (
        "text_layer",
        flatten(sample_orders[name]),
        [],
    )


@pytest.mark.parametrize("name", DIGITAL)
def test_a_text_layer_whose_letters_stand_for_others_is_not_trusted(name: str) -> None:
    """Every letter keeps its shape, so small letters are as tall as capitals."""
    data = (SAMPLES / name).read_bytes()
    found = []
    for each in (data, scrambled(data)):
        with pdfium.PdfDocument(each) as document:
            found.append(words_of(document[0], 0) is None)
    assert found == [False, True]


@pytest.mark.parametrize(("text", "trusted"), [(True, False), (False, True)])
def test_a_text_layer_without_the_lines_that_a_picture_shows_is_not_trusted(
    *, text: bool, trusted: bool
) -> None:
    """A letterhead printed as a picture is to be read too; a picture without text does no harm."""
    with pdfium.PdfDocument(SAMPLES / DIGITAL[0]) as document:
        page = document[0]
        width, _ = page.get_size()
        shown = page.render(scale=3).to_pil().crop((0, 0, round(3 * width), 3 * PICTURE_POINTS))
        _put(document, page, shown if text else Image.new("RGB", shown.size, "#dddddd"))
        saved = io.BytesIO()
        document.save(saved)
    with pdfium.PdfDocument(saved.getvalue()) as document:
        assert (words_of(document[0], 0) is not None) == trusted


def _put(document: pdfium.PdfDocument, page: pdfium.PdfPage, shown: Image.Image) -> None:
    """Put a picture at the foot of a page."""
    jpeg = io.BytesIO()
    shown.convert("RGB").save(jpeg, "JPEG", quality=90)
    image = pdfium.PdfImage.new(document)
    image.load_jpeg(jpeg, inline=True)
    width, _ = page.get_size()
    image.set_matrix(pdfium.PdfMatrix().scale(width, PICTURE_POINTS))
    page.insert_obj(image)
    page.gen_content()


@pytest.mark.parametrize("degrees", [10, 90, 180])
def test_a_scan_that_is_askew_or_turned_is_read_as_if_it_were_upright(
    degrees: int,
    reader: DocumentReader,
    read_sample: Callable[[str], Extraction],
    tmp_path: Path,
) -> None:
    """Who scans does not look; the page that a person sees is upright too.

    A page far askew loses sharpness when it is turned, so cells of its table may be doubted.
    """
    with Image.open(SAMPLES / SCAN) as picture:
        turned = picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=245)
        turned.save(tmp_path / "turned.png")
    read, upright = reader.read(tmp_path / "turned.png", "turned.png"), read_sample(SCAN)
    truth = upright.values()
    assert {path: read.values()[path] for path in HEAD} == {path: truth[path] for path in HEAD}
    trusted = {field.path: field.value for field in read.fields if not field.doubtful}
    assert {path: value for path, value in trusted.items() if truth.get(path) != value} == {}
    assert read.pages[0].height > read.pages[0].width
