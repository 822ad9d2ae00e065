"""Whether a text layer has the text of its page: scrambled and partial ones do not.

Some programs give letters other codes than those that they show, so that copied text is nonsense;
others print a letterhead as a picture and the rest as text. Nothing is read here: the shapes of the
letters and the look of the pictures tell.
"""

import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterator, Sequence

import pypdfium2 as pdfium
from PIL import Image, ImageDraw
from pypdfium2 import raw

from clerkwork.documents.layout.labels import compact, every_label
from clerkwork.documents.sources.embedded_images import pictures_on
from clerkwork.documents.tokens import is_cjk

LOW, TALL = frozenset("acemnorsuvwxz"), frozenset("bdhklABCDEFGHKLMNOPRSTUVWXYZ0123456789")
SMALL = frozenset(".,:;-'·_")
LEAST_KINDS, LEAST_CHINESE = 6, 40
MAX_ODD_SHAPES = 0.1
FLAT, EVEN = 0.87, (0.75, 1.35)
PICTURE_COVER = 0.03  # of the page; a smaller picture holds no more than a sign
WHITE, INK = 200, 150
MIN_INK, MAX_INK = 0.01, 0.3
TEXT_ROW_PX, ROW_EXTENT, LEAST_TEXT_ROWS = range(4, 18), 0.2, 2
Box = tuple[float, float, float, float]
Letter = tuple[str, Box]


def is_scrambled(text: pdfium.PdfTextPage, letters: Sequence[Letter]) -> bool:
    """Return whether letters stand for others than those that their shapes show.

    In no font is a small *a* as tall as a capital, nor a comma. Chinese characters are all of one
    size: there, a page without a single one of the words that documents name things with tells.

    Args:
        text: The text layer.
        letters: Its letters with their boxes, one for each of its positions.
    """
    chinese = sum(is_cjk(char) for char, _ in letters)
    if chinese > LEAST_CHINESE:
        plain = compact("".join(char for char, _ in letters))
        if not any(label in plain for label in every_label() if is_cjk(label[0])):
            return True
    odd = seen = 0
    for kinds in _heights(text, letters).values():
        wrong, count = _odd_shapes(kinds)
        odd, seen = odd + wrong, seen + count
        if count >= LEAST_KINDS and wrong > MAX_ODD_SHAPES * count:
            return True
    return seen >= LEAST_KINDS and odd > MAX_ODD_SHAPES * seen


def _heights(
    text: pdfium.PdfTextPage, letters: Sequence[Letter]
) -> dict[tuple[float, int], dict[str, float]]:
    """Return the height of each letter by the font's size and weight."""
    found: dict[tuple[float, int], dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for index, (char, box) in enumerate(letters):
        if char in LOW or char in TALL or char in SMALL:
            size = round(raw.FPDFText_GetFontSize(text.raw, index), 1)
            weight = raw.FPDFText_GetFontWeight(text.raw, index)
            found[size, weight][char].append(box[3] - box[1])
    return {
        font: {char: statistics.median(heights) for char, heights in kinds.items()}
        for font, kinds in found.items()
    }


def _odd_shapes(kinds: dict[str, float]) -> tuple[int, int]:
    """Return how many kinds of letters have an odd height, and how many were looked at."""
    tall = [height for char, height in kinds.items() if char in TALL]
    low = [height for char, height in kinds.items() if char in LOW]
    if len(tall) + len(low) < LEAST_KINDS or not tall or len(set(kinds.values())) == 1:
        return 0, 0
    usual = statistics.median(tall)
    odd = sum(height > FLAT * usual for height in low)
    odd += sum(not EVEN[0] * usual < height < EVEN[1] * usual for height in tall)
    odd += sum(height > FLAT * usual for char, height in kinds.items() if char in SMALL)
    return odd, len(kinds)


def is_partial(page: pdfium.PdfPage, letters: Sequence[Letter]) -> bool:
    """Return whether a picture on the page shows lines of text that the text layer lacks."""
    width, height = page.get_size()
    pictures = [
        box
        for box in _pictures(page)
        if (box[2] - box[0]) * (box[3] - box[1]) > PICTURE_COVER * width * height
    ]
    if not pictures:
        return False
    left, bottom, *_ = page.get_bbox()
    shown = page.render(scale=1, grayscale=True, may_draw_forms=False).to_pil().convert("L")
    draw = ImageDraw.Draw(shown)
    for char, box in letters:
        if not char.isspace():
            draw.rectangle(_on(box, left, bottom, height), fill=255)
    return any(_has_text(shown.crop(_on(box, left, bottom, height))) for box in pictures)


def _on(box: Box, left: float, bottom: float, height: float) -> tuple[int, int, int, int]:
    """Return a box of the page in pixels of its picture, one pixel a point."""
    x0, y0, x1, y1 = box[0] - left, box[1] - bottom, box[2] - left, box[3] - bottom
    return round(x0), round(height - y1), max(round(x1), round(x0)), round(height - y0)


def _pictures(page: pdfium.PdfPage) -> Iterator[Box]:
    for item in pictures_on(page):
        yield item.get_bounds()


def _has_text(picture: Image.Image) -> bool:
    """Return whether a picture is dark on white, and its ink forms rows as high as text."""
    if not picture.width or not picture.height:
        return False
    shades = picture.histogram()
    count = sum(shades)
    white, ink = sum(shades[WHITE:]) / count, sum(shades[:INK]) / count
    if not MIN_INK < ink < MAX_INK or white < 1 - 2 * MAX_INK:
        return False
    dark = picture.point(lambda value: 255 if value < WHITE else 0)
    rows = dark.resize((1, dark.height), Image.Resampling.BOX).tobytes()
    text_rows = 0
    top = 0
    for inked, group in itertools.groupby(rows, key=bool):
        size = len(list(group))
        if inked and size in TEXT_ROW_PX:
            extent = dark.crop((0, top, dark.width, top + size)).getbbox()
            text_rows += bool(extent and extent[2] - extent[0] > ROW_EXTENT * dark.width)
        top += size
    return text_rows >= LEAST_TEXT_ROWS
