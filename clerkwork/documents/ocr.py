"""Reading the words of a picture with tesseract, straightened and without ruled lines.

A page is read three times in ways that fail differently (other languages, another idea of where
text stands, another size), because a word that two such readings agree on is right far more often
than one that tesseract is merely sure of.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, replace

import pytesseract
from PIL import Image, ImageChops, ImageFilter, ImageOps

from clerkwork.documents.words import UNITS, PageWords, Token, has_cjk, is_cjk
from clerkwork.errors import ApplicationException

LARGE_WIDTH_PX = 2000
SMALL_WIDTH_PX = 1600
SKEW_LIMIT_DEG = 6.0
CROP_HEIGHT_PX = 56
GLUE = 0.35
DARK = 140


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """What was read on one page.

    Attributes:
        main: The reading that fields are looked for in.
        others: The readings that confirm or deny them.
        picture: The picture they were taken from, straightened.
    """

    main: PageWords
    others: tuple[PageWords, ...]
    picture: Image.Image


def read_picture(picture: Image.Image, number: int, languages: str) -> Readings:
    """Return readings of a page that was straightened by :func:`straighten`."""
    large = without_rules(_sized(ImageOps.grayscale(picture), LARGE_WIDTH_PX))
    small = _sized(large, SMALL_WIDTH_PX)
    parts = languages.split("+")
    latin = [part for part in parts if not part.startswith("chi")] or parts
    chinese = [part for part in parts if part.startswith("chi")]
    main = _page(small, number, languages, psm=6)
    others = [_page(large, number, "+".join(latin), psm=11)]
    if chinese and any(has_cjk(token.text) for token in main.tokens):
        native = _page(large, number, "+".join(chinese), psm=6)
        main = _with_chinese(main, native)
        others.append(native)
    return Readings(main=main, others=tuple(others), picture=large)


def _with_chinese(main: PageWords, native: PageWords) -> PageWords:
    """Return *main* with Chinese words where it made Latin letters of them.

    With several languages at once tesseract now and then takes a whole Chinese word for letters;
    the reading in Chinese alone is surer of itself there.
    """
    chosen = list(main.tokens)
    for token in main.tokens:
        if any(char.isdigit() or is_cjk(char) for char in token.text):
            continue
        over = [other for other in native.tokens if _covers(token, other)]
        good = [other for other in over if has_cjk(other.text)]
        if not good or len(good) < len(over) / 2:
            continue
        if sum(other.confidence for other in good) / len(good) > token.confidence:
            at = chosen.index(token)
            chosen[at : at + 1] = [other for other in over if other not in chosen]
    return replace(main, tokens=tuple(chosen))


def _covers(token: Token, other: Token) -> bool:
    return token.left <= other.center <= token.right and token.top <= other.middle <= token.bottom


def read_crop(picture: Image.Image, tokens: Iterable[Token], languages: str) -> str:
    """Return what stands in the box around *tokens*, read by itself as one line."""
    boxes = list(tokens)
    scale = picture.width / UNITS
    height = max(token.bottom for token in boxes) - min(token.top for token in boxes)
    area = (
        (min(token.left for token in boxes) - height * 0.4) * scale,
        (min(token.top for token in boxes) - height * 0.3) * scale,
        (max(token.right for token in boxes) + height * 0.4) * scale,
        (max(token.bottom for token in boxes) + height * 0.3) * scale,
    )
    crop = picture.crop(tuple(round(edge) for edge in area))  # type: ignore[arg-type] # four
    factor = CROP_HEIGHT_PX / max(crop.height, 1)
    crop = crop.resize(
        (max(round(crop.width * factor), 8), CROP_HEIGHT_PX), Image.Resampling.LANCZOS
    )
    crop = ImageOps.expand(crop, border=16, fill=255)
    return " ".join(_call(pytesseract.image_to_string, crop, languages, psm=7).split())


def straighten(picture: Image.Image) -> Image.Image:
    """Return the page turned so that its lines of text are level."""
    angle = _skew(picture)
    if abs(angle) < 0.05:
        return picture
    edge = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    fill = edge if isinstance(edge, tuple) else "white"
    return picture.rotate(angle, Image.Resampling.BICUBIC, fillcolor=fill)


def _skew(picture: Image.Image) -> float:
    small = ImageOps.grayscale(picture)
    small.thumbnail((900, 1300), Image.Resampling.BOX)
    flat = ImageChops.subtract(small.filter(ImageFilter.BoxBlur(12)), small, offset=0)
    ink = flat.point(lambda value: 255 if value > 24 else 0)
    best = _best_angle(ink, [step * 0.5 for step in range(-12, 13)])
    return _best_angle(ink, [best + step * 0.1 for step in range(-5, 6)])


def _best_angle(ink: Image.Image, angles: list[float]) -> float:
    def sharpness(angle: float) -> tuple[float, float]:
        turned = ink.rotate(angle, Image.Resampling.BILINEAR)
        sums = turned.resize((1, turned.height), Image.Resampling.BOX).tobytes()
        steps = itertools.pairwise(sums)
        return float(sum((a - b) ** 2 for a, b in steps)), -abs(angle)

    return max(angles, key=sharpness)


def without_rules(page: Image.Image) -> Image.Image:
    """Return a grey picture without the long ruled lines of tables, which tesseract stumbles on."""
    shade = page.filter(ImageFilter.BoxBlur(page.width // 60))
    ink = ImageChops.subtract(shade, page).point(lambda value: 255 if value > 28 else 0)
    length = page.width // 22
    rules = ImageChops.lighter(_runs(ink, length, 1, 0), _runs(ink, length, 0, 1))
    rules = rules.filter(ImageFilter.MaxFilter(3))
    return Image.composite(shade, page, rules)


def _runs(ink: Image.Image, length: int, right: int, down: int) -> Image.Image:
    """Return the ink that is part of a straight run of at least *length* pixels."""
    eroded, grown, step = ink, 1, 1
    while grown < length:
        step = min(grown, length - grown)
        eroded = ImageChops.darker(eroded, _moved(eroded, -right * step, -down * step))
        grown += step
    grown = 1
    while grown < length:
        step = min(grown, length - grown)
        eroded = ImageChops.lighter(eroded, _moved(eroded, right * step, down * step))
        grown += step
    return eroded


def _moved(picture: Image.Image, right: int, down: int) -> Image.Image:
    moved = Image.new("L", picture.size, 0)
    moved.paste(picture, (right, down))
    return moved


def _sized(picture: Image.Image, width: int) -> Image.Image:
    if abs(picture.width - width) < width * 0.1:
        return picture
    size = (width, round(picture.height * width / picture.width))
    return picture.resize(size, Image.Resampling.LANCZOS)


def _page(picture: Image.Image, number: int, languages: str, *, psm: int) -> PageWords:
    data = _call(
        pytesseract.image_to_data,
        picture,
        languages,
        psm=psm,
        output_type=pytesseract.Output.DICT,
    )
    scale = UNITS / picture.width
    tokens: list[Token] = []
    line: tuple[int, ...] = ()
    for index, text in enumerate(data["text"]):
        if not text.strip():
            continue
        place = tuple(data[key][index] for key in ("block_num", "par_num", "line_num"))
        left, top = data["left"][index] * scale, data["top"][index] * scale
        height = data["height"][index] * scale
        before = tokens[-1] if tokens and place == line else None
        tokens.append(
            Token(
                text=text.strip(),
                page=number,
                left=left,
                top=top,
                right=left + data["width"][index] * scale,
                bottom=top + height,
                confidence=max(float(data["conf"][index]), 0.0) / 100,
                glued=_glued(before, text.strip(), left, height),
            )
        )
        line = place
    ratio = picture.height / picture.width
    return PageWords(number=number, ratio=ratio, tokens=tuple(tokens), exact=False)


def _glued(before: Token | None, text: str, left: float, height: float) -> bool:
    if before is None:
        return False
    if is_cjk(before.text[-1]) and is_cjk(text[0]):
        return True
    if is_cjk(before.text[-1]) or is_cjk(text[0]):
        return left - before.right < GLUE * max(height, before.bottom - before.top)
    return False


def _call(function, picture, languages, *, psm, **options):  # type: ignore[no-untyped-def]
    try:
        return function(picture, lang=languages, config=f"--psm {psm}", **options)
    except pytesseract.TesseractNotFoundError as error:
        raise ApplicationException(
            "ocr_missing", "Tesseract is not installed; run `clerkwork doctor`."
        ) from error
    except pytesseract.TesseractError as error:
        raise ApplicationException(
            "ocr_failed", "Tesseract failed: {error}.", error=str(error.message)[:200]
        ) from error
