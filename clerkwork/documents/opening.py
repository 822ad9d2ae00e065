"""Opening a file from outside: what it really is, how many pages it has, its pages as pictures.

Nothing here trusts the file: the type comes from its first bytes, sizes are checked before
anything is decoded, and every failure of a decoder becomes one ``DocumentRejected``.
"""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from clerkwork.config.settings import DocumentSettings
from clerkwork.errors import DocumentRejected

MAX_PIXELS = 50_000_000
MIN_SIDE_PX = 200
POINTS_PER_INCH = 72
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
MAGIC = {
    b"\x89PNG\r\n\x1a\n": "image",
    b"\xff\xd8\xff": "image",
    b"II*\x00": "image",
    b"MM\x00*": "image",
}
SEND_AGAIN = "Send the document again as a PDF, PNG, JPEG, TIFF or WebP file."

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def kind_of(file: Path, name: str, settings: DocumentSettings) -> str:
    """Return ``pdf`` or ``image`` from the file's first bytes.

    Raises:
        DocumentRejected: The file is missing, empty, too large, or of another type.
    """
    try:
        size = file.stat().st_size
        with file.open("rb") as stream:
            head = stream.read(1024)
    except OSError as error:
        problem = f"cannot be opened ({error.strerror})"
        raise DocumentRejected(name, "", problem, SEND_AGAIN) from error
    if size == 0:
        raise DocumentRejected(name, "", "is empty", SEND_AGAIN)
    if size > settings.max_file_mb * 2**20:
        problem = f"has {size / 2**20:.0f} MB, more than the {settings.max_file_mb} MB allowed"
        raise DocumentRejected(name, "", problem, "Send it in parts or with a lower resolution.")
    if b"%PDF-" in head:
        return "pdf"
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "image"
    for magic, kind in MAGIC.items():
        if head.startswith(magic):
            return kind
    raise DocumentRejected(name, "", "is neither a PDF nor a picture", SEND_AGAIN)


@contextmanager
def open_pdf(file: Path, name: str, settings: DocumentSettings) -> Iterator[pdfium.PdfDocument]:
    """Open a PDF whose page count and page sizes are within the limits, and close it again.

    Raises:
        DocumentRejected: It is encrypted, broken, has no pages, too many or too large ones.
    """
    try:
        document = pdfium.PdfDocument(file)
    except pdfium.PdfiumError as error:
        if "password" in str(error).lower():
            remedy = "Send it without a password."
            raise DocumentRejected(name, "", "is protected by a password", remedy) from error
        remedy = "Export or scan it again."
        raise DocumentRejected(name, "", "is a broken or incomplete PDF", remedy) from error
    try:
        check_page_count(len(document), name, settings)
        for index in range(len(document)):
            _check_size(document, index, name, settings)
        yield document
    finally:
        document.close()


def check_page_count(count: int, name: str, settings: DocumentSettings) -> None:
    """Raise ``DocumentRejected`` for a document without pages or with too many."""
    if count < 1:
        raise DocumentRejected(name, "", "has no pages", SEND_AGAIN)
    if count > settings.max_pages:
        problem = f"has {count} pages, more than the {settings.max_pages} allowed"
        raise DocumentRejected(name, "", problem, "Send each order as its own document.")


def _check_size(
    document: pdfium.PdfDocument, index: int, name: str, settings: DocumentSettings
) -> None:
    place = f"page {index + 1}"
    try:
        width, height = document.get_page_size(index)
    except pdfium.PdfiumError as error:
        remedy = "Export or scan it again."
        raise DocumentRejected(name, place, "cannot be opened", remedy) from error
    scale = settings.dpi / POINTS_PER_INCH
    if width < 1 or height < 1 or width * height * scale * scale > MAX_PIXELS:
        problem = f"is {width / 72:.0f} by {height / 72:.0f} inches, which cannot be drawn"
        raise DocumentRejected(name, place, problem, "Send it in a common paper size.")


def draw(page: pdfium.PdfPage, dpi: int) -> Image.Image:
    """Return a PDF page as a picture in colour."""
    picture: Image.Image = page.render(scale=dpi / POINTS_PER_INCH).to_pil()
    return picture.convert("RGB")


def pictures_in(file: Path, name: str, settings: DocumentSettings) -> Iterator[Image.Image]:
    """Yield each page of a picture file in colour, upright, fully decoded.

    Raises:
        DocumentRejected: It is broken, too large, too small to hold text, or has too many pages.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as source:
                count = getattr(source, "n_frames", 1)
                check_page_count(count, name, settings)
                for index in range(count):
                    source.seek(index)
                    _check_pixels(source, index, name)
                    yield _upright(source)
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        problem = f"unpacks to more than {MAX_PIXELS // 10**6} million pixels"
        remedy = "Scan it with 200 to 300 dots per inch."
        raise DocumentRejected(name, "", problem, remedy) from error
    except (OSError, ValueError, SyntaxError, EOFError, ArithmeticError) as error:
        remedy = "Save or scan it again."
        raise DocumentRejected(name, "", "is a broken or incomplete picture", remedy) from error


def _check_pixels(source: Image.Image, index: int, name: str) -> None:
    width, height = source.size
    if min(width, height) < MIN_SIDE_PX:
        problem = f"is {width} by {height} pixels, too small to hold a document"
        remedy = "Scan it with 200 to 300 dots per inch."
        raise DocumentRejected(name, f"page {index + 1}", problem, remedy)
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError(f"{width} x {height}")


def _upright(source: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(source)
    if picture.mode.startswith("I"):  # 16 and 32 bits of grey do not convert by themselves
        picture = picture.convert("F").point(lambda value: value / 256)
    if "transparency" in picture.info or picture.mode in {"RGBA", "LA", "PA"}:
        clear = picture.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        picture = Image.alpha_composite(white, clear)
    return picture.convert("RGB")
