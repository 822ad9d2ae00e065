"""Opening a file from outside: what it really is, how many pages it has, its pages as pictures.

Nothing here trusts the file: the type comes from its first bytes, sizes are checked before
anything is decoded, and every failure of a decoder is raised as ``DocumentRejected``.
"""

import math
import resource
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pypdfium2 as pdfium
from PIL import Image, ImageOps

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.sources.embedded_images import pictures_on
from clerkwork.errors import DocumentRejected

MAX_PIXELS = 50_000_000
LARGE_PIXELS = 20_000_000  # more helps no engine: a picture is halved, a page drawn coarser
MIN_SIDE_PX = 200
POINTS_PER_INCH = 72
FORMATS = ("PNG", "JPEG", "TIFF", "WEBP")
PNG_BITS = {"L": 8, "LA": 16, "RGB": 24, "RGBA": 32, "I;16": 16}  # at least, of a pixel
MOST_PACKED = 1100  # deflate makes data 1032 times smaller at best
MAGIC = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\x00", b"MM\x00*")
TOO_MANY_PIXELS = f"unpacks to more than {MAX_PIXELS // 10**6} million pixels"
LESS_DPI = "Scan it with 200 to 300 dots per inch."
EXPORT_AGAIN = "Export or scan it again."
SIMPLER = "Export or scan it again, with fewer pages or a lower resolution."
SEND_AGAIN = "Send the document again as a PDF, PNG, JPEG, TIFF or WebP file."

Image.MAX_IMAGE_PIXELS = MAX_PIXELS


def kind_of(file: Path, name: str, settings: DocumentSettings) -> str:
    """Return ``pdf`` or ``image`` from the file's first bytes.

    Raises:
        DocumentRejected: The file is missing, empty, too large, of another type, or of both.
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
    is_pdf, is_picture = b"%PDF-" in head, _is_picture(head)
    if is_pdf and is_picture:  # a person would look at another page than the one that is read
        raise DocumentRejected(name, "", "is a PDF and a picture at once", EXPORT_AGAIN)
    if not is_pdf and not is_picture:
        raise DocumentRejected(name, "", "is neither a PDF nor a picture", SEND_AGAIN)
    return "pdf" if is_pdf else "image"


def _is_picture(head: bytes) -> bool:
    return head.startswith(MAGIC) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP")


@contextmanager
def limited_memory(limit_mb: int) -> Iterator[None]:
    """Let this process grow by *limit_mb* at most; what asks for more gets a ``MemoryError``."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
    wanted = pages * resource.getpagesize() + limit_mb * 2**20
    bounds = [bound for bound in (wanted, soft, hard) if bound != resource.RLIM_INFINITY]
    resource.setrlimit(resource.RLIMIT_AS, (min(bounds), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


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
        problem = "has no pages" if not error.err_code else "is a broken or incomplete PDF"
        raise DocumentRejected(name, "", problem, EXPORT_AGAIN) from error
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
    with page_of(name, index):
        width, height = document.get_page_size(index)
    scale = settings.dpi / POINTS_PER_INCH
    if width < 1 or height < 1 or width * height * scale * scale > MAX_PIXELS:
        problem = f"is {width / 72:.0f} by {height / 72:.0f} inches, which cannot be drawn"
        remedy = "Send it in a common paper size."
        raise DocumentRejected(name, f"page {index + 1}", problem, remedy)


@contextmanager
def page_of(name: str, index: int) -> Iterator[None]:
    """Turn what pdfium says about the page at *index* into one ``DocumentRejected``."""
    try:
        yield
    except (DocumentRejected, MemoryError):
        raise
    except Exception as error:  # decoders of damaged files raise anything
        place = f"page {index + 1}"
        raise DocumentRejected(name, place, "cannot be opened", EXPORT_AGAIN) from error


def check_pictures(page: pdfium.PdfPage, name: str, index: int) -> None:
    """Raise ``DocumentRejected`` when a picture on the page unpacks to too many pixels."""
    for found in pictures_on(page):
        with suppress(pdfium.PdfiumError):  # a picture without a size is not drawn
            width, height = found.get_px_size()
            if width * height > MAX_PIXELS:
                raise DocumentRejected(name, f"page {index + 1}", TOO_MANY_PIXELS, LESS_DPI)


def draw(page: pdfium.PdfPage, dpi: float) -> Image.Image:
    """Return a PDF page as a picture in colour, with fewer *dpi* where it is large."""
    width, height = page.get_size()
    scale = min(dpi / POINTS_PER_INCH, math.sqrt(LARGE_PIXELS / (width * height)))
    picture: Image.Image = page.render(scale=scale, rev_byteorder=True).to_pil()
    return picture if picture.mode == "RGB" else picture.convert("RGB")


def count_pictures(file: Path, name: str, settings: DocumentSettings) -> int:
    """Return how many pages a picture file has, none of them unpacked.

    Raises:
        DocumentRejected: See :func:`pictures_in`.
    """
    with _open_picture(file, name, settings) as source:
        return _count(source)


def pictures_in(
    file: Path, name: str, settings: DocumentSettings, numbers: Sequence[int]
) -> Iterator[tuple[int, Image.Image]]:
    """Yield these pages of a picture file with their number, in colour, upright, unpacked.

    Raises:
        DocumentRejected: It is broken, too large, too small to hold text, or has too many pages.
    """
    with _open_picture(file, name, settings) as source:
        for number in numbers:
            source.seek(number)
            _check_pixels(source, number, name)
            _check_length(source, file)
            yield number, _upright(source)


@contextmanager
def _open_picture(file: Path, name: str, settings: DocumentSettings) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(file, formats=FORMATS) as source:
                check_page_count(_count(source), name, settings)
                yield source
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise DocumentRejected(name, "", TOO_MANY_PIXELS, LESS_DPI) from error
    except (DocumentRejected, MemoryError):
        raise
    except Exception as error:  # decoders of damaged files raise anything
        remedy = "Save or scan it again."
        raise DocumentRejected(name, "", "is a broken or incomplete picture", remedy) from error


def _count(source: Image.Image) -> int:
    return int(getattr(source, "n_frames", 1))


def _check_pixels(source: Image.Image, index: int, name: str) -> None:
    width, height = source.size
    if min(width, height) < MIN_SIDE_PX:
        problem = f"is {width} by {height} pixels, too small to hold a document"
        raise DocumentRejected(name, f"page {index + 1}", problem, LESS_DPI)
    if width * height > MAX_PIXELS:
        raise Image.DecompressionBombError(f"{width} x {height}")


def _check_length(source: Image.Image, file: Path) -> None:
    """Raise ``OSError`` when a PNG is too short for what it claims; it would be read as void."""
    unpacked = source.width * source.height * PNG_BITS.get(source.mode, 1) / 8
    if source.format == "PNG" and unpacked > MOST_PACKED * file.stat().st_size:
        raise OSError("too short")


def _upright(source: Image.Image) -> Image.Image:
    picture = ImageOps.exif_transpose(_smaller(source))
    if picture.mode.startswith("I"):  # 16 and 32 bits of grey do not convert by themselves
        picture = picture.convert("F").point(lambda value: value / 256)
    if "transparency" in picture.info or picture.mode in {"RGBA", "LA", "PA"}:
        clear = picture.convert("RGBA")
        white = Image.new("RGBA", clear.size, "white")
        picture = Image.alpha_composite(white, clear)
    return picture.convert("RGB")


def _smaller(source: Image.Image) -> Image.Image:
    """Return a large picture with half its width and height, never holding it twice in full."""
    width, height = source.size
    if width * height <= LARGE_PIXELS:
        return source
    source.draft(None, (width // 2, height // 2))  # a JPEG is not even unpacked in full
    if source.size != (width, height):
        return source
    plain = {"1": "L", "P": "RGB", "PA": "RGBA"}
    return (source.convert(plain[source.mode]) if source.mode in plain else source).reduce(2)
