"""Reading the words of a picture, straightened, in ways that fail differently.

A word that two different engines agree on is right far more often than one that an engine is merely
sure of. Where there is only tesseract, a page is read three times (other languages, another idea of
where text stands, another size); where there are two engines, the second one reads a page only
when the reading of the chosen places alone did not settle them.
"""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache, cached_property

from PIL import Image, ImageChops, ImageFilter, ImageOps

from clerkwork.documents.engine import Engines, Layout, OcrEngine, Seen
from clerkwork.documents.words import UNITS, PageWords, Token, extent, has_cjk, is_cjk

LARGE_WIDTH_PX = 2000
SMALL_WIDTH_PX = 1600
STRIP_HEIGHT_PX = 60
STRIP_SPACE_PX = 40
GLUE = 0.35
MIN_CHINESE = 0.05
INK = 150
FAR_ASKEW = 5.0
CUT_FREE = 3.0  # degrees up to which a turn cuts nothing but margins
CHARACTER_HEIGHT = 0.93
CHARACTER_GAP = 0.06


class Readings:
    """What was read on one page.

    Attributes:
        main: The reading that fields are looked for in.
    """

    def __init__(
        self,
        main: PageWords,
        picture: Callable[[], Image.Image],
        more: Callable[[], tuple[PageWords, ...]],
    ) -> None:
        """Keep the reading, and what draws the page and reads it in other ways when asked."""
        self.main = main
        self._picture = picture
        self._more = more

    @cached_property
    def picture(self) -> Image.Image:
        """Return the page with an even white ground, for the reading of single places."""
        return self._picture()

    @cached_property
    def others(self) -> tuple[PageWords, ...]:
        """Return the readings that confirm or deny the first, made when first asked for."""
        return self._more()


def read_picture(picture: Image.Image, number: int, languages: str, engines: Engines) -> Readings:
    """Return readings of a page that was straightened by :func:`straighten`."""

    @cache
    def large() -> Image.Image:
        return without_rules(_sized(ImageOps.grayscale(picture), LARGE_WIDTH_PX))

    def small() -> Image.Image:
        return _sized(large(), SMALL_WIDTH_PX)

    confirming = engines.second
    if confirming is not None:
        return Readings(
            _page(picture, number, languages, engines.first, Layout.PAGE),
            lambda: _evened(large()),
            lambda: (_page(small(), number, languages, confirming, Layout.PAGE),),
        )
    return _of_one_engine(large(), small(), number, languages, engines.first)


def _of_one_engine(
    large: Image.Image, small: Image.Image, number: int, languages: str, engine: OcrEngine
) -> Readings:
    parts = languages.split("+")
    latin = [part for part in parts if not part.startswith("chi")] or parts
    chinese = [part for part in parts if part.startswith("chi")]
    main = _page(small, number, languages, engine, Layout.PAGE)
    others = [_page(large, number, "+".join(latin), engine, Layout.SPARSE)]
    if chinese and _is_chinese(main):
        native = _page(large, number, "+".join(chinese), engine, Layout.PAGE)
        main = _with_chinese(main, native)
        others.append(native)
    return Readings(main, lambda: _evened(large), lambda: tuple(others))


def _evened(page: Image.Image) -> Image.Image:
    """Return the page with its ground white everywhere and its ink black."""
    ink = ImageChops.subtract(page.filter(ImageFilter.BoxBlur(page.width // 60)), page)
    darkest = max([value for value, count in enumerate(ink.histogram()) if count and value] or [1])
    curve = [
        255 - round(min(max(value / darkest * 1.5 - 0.15, 0.0), 1.0) * 255) for value in range(256)
    ]
    return ink.point(curve)


def _is_chinese(page: PageWords) -> bool:
    letters = [char for token in page.tokens for char in token.text if char.isalpha()]
    return sum(map(is_cjk, letters)) > MIN_CHINESE * len(letters)


def _with_chinese(main: PageWords, native: PageWords) -> PageWords:
    """Return *main* with Chinese words where it made Latin letters of them.

    With several languages at once tesseract now and then takes a whole Chinese word for letters;
    the reading in Chinese alone is surer of itself there.
    """
    chosen = list(main.tokens)
    for token in main.tokens:
        if token not in chosen or any(char.isdigit() or is_cjk(char) for char in token.text):
            continue
        over = [other for other in native.tokens if _covers(token, other)]
        good = [other for other in over if has_cjk(other.text)]
        if not good or len(good) < len(over) / 2:
            continue
        if sum(other.confidence for other in good) / len(good) > token.confidence:
            new = [other for other in over if other not in chosen]
            chosen = [
                old for old in chosen if old is not token and not any(_covers(x, old) for x in new)
            ]
            chosen += new
    return replace(main, tokens=tuple(chosen))


def _covers(token: Token, other: Token) -> bool:
    return token.left <= other.center <= token.right and token.top <= other.middle <= token.bottom


def read_places(
    picture: Image.Image,
    places: Sequence[Sequence[Token]],
    languages: str,
    engine: OcrEngine,
    *,
    height_px: int = STRIP_HEIGHT_PX,
) -> list[list[Token]]:
    """Return what stands in the box around each group of words, read apart from all around it.

    The boxes are pasted below each other on one sheet, because starting tesseract costs more than
    the reading of a line.
    """
    strips = [_strip(picture, tokens, height_px) for tokens in places]
    if not strips:
        return []
    step = height_px + STRIP_SPACE_PX
    size = (max(strip.width for strip in strips) + 2 * STRIP_SPACE_PX, step * len(strips) + step)
    sheet = Image.new("L", size, 255)
    for index, strip in enumerate(strips):
        sheet.paste(strip, (STRIP_SPACE_PX, STRIP_SPACE_PX + step * index))
    layout = Layout.PAGE if len(strips) > 1 else Layout.LINE
    page = _page(sheet, 0, languages, engine, layout)
    rows: list[list[Token]] = [[] for _ in strips]
    for token in page.tokens:
        row = int((token.middle * size[0] / UNITS - STRIP_SPACE_PX / 2) // step)
        rows[min(max(row, 0), len(rows) - 1)].append(token)
    return [sorted(row, key=lambda token: token.left) for row in rows]


def _strip(
    picture: Image.Image, tokens: Sequence[Token], height_px: int = STRIP_HEIGHT_PX
) -> Image.Image:
    scale = picture.width / UNITS
    left, top, right, bottom = extent(tokens)
    spare = 0.25 * (bottom - top)
    area = (
        round((left - 1.5 * spare) * scale),
        round((top - spare) * scale),
        round((right + 1.5 * spare) * scale),
        round((bottom + spare) * scale),
    )
    strip = picture.crop(area)
    width = round(strip.width * height_px / max(strip.height, 1))
    return strip.resize((min(max(width, 8), 4000), height_px), Image.Resampling.LANCZOS)


def characters_in(picture: Image.Image, tokens: Sequence[Token]) -> float:
    """Return how many Chinese characters the ink of a text has room for.

    They are as wide as they are high, and stand close together.
    """
    strip = _strip(picture, tokens).point(lambda value: 255 if value < INK else 0)
    ink = strip.getbbox()
    if ink is None:
        return 0.0
    return (ink[2] - ink[0]) / (ink[3] - ink[1]) * CHARACTER_HEIGHT + CHARACTER_GAP


def straighten(picture: Image.Image) -> Image.Image:
    """Return the page turned so that its lines of text are level; the canvas grows if need be."""
    angle = _skew(picture)
    if abs(angle) < 0.05:
        return picture
    edge = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    fill = edge if isinstance(edge, tuple) else "white"
    grow = abs(angle) > CUT_FREE
    return picture.rotate(angle, Image.Resampling.BICUBIC, expand=grow, fillcolor=fill)


def _skew(picture: Image.Image) -> float:
    """Return by how many degrees against the clock the page has to be turned, 12 at most."""
    small = ImageOps.grayscale(picture)
    small.thumbnail((900, 1300), Image.Resampling.BOX)
    flat = ImageChops.subtract(small.filter(ImageFilter.BoxBlur(12)), small, offset=0)
    ink = flat.point(lambda value: 255 if value > 24 else 0)
    rough = _best_angle(ink.reduce(2), [float(step) for step in range(-12, 13)])
    reach = range(-12, 13) if abs(rough) < FAR_ASKEW else range(-24, 25)
    best = _best_angle(ink, [step * 0.5 for step in reach])
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
    for right, down in ((1, 0), (0, 1)):  # wider by a pixel on each side
        both = ImageChops.lighter(_moved(rules, right, down), _moved(rules, -right, -down))
        rules = ImageChops.lighter(rules, both)
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


def _page(
    picture: Image.Image, number: int, languages: str, engine: OcrEngine, layout: Layout
) -> PageWords:
    scale = UNITS / picture.width
    tokens: list[Token] = []
    before: Seen | None = None
    for seen in engine.read(picture, languages=languages, layout=layout):
        left, top, right, bottom = (edge * scale for edge in seen.box)
        same = before is not None and seen.line == before.line
        token = Token(
            text=seen.text,
            page=number,
            left=left,
            top=top,
            right=right,
            bottom=bottom,
            confidence=seen.confidence,
        )
        tokens.append(replace(token, glued=same and _is_glued(seen, tokens[-1], token)))
        before = seen
    ratio = picture.height / picture.width
    return PageWords(
        number=number, ratio=ratio, tokens=tuple(tokens), exact=False, engine=engine.name
    )


def _is_glued(seen: Seen, before: Token, token: Token) -> bool:
    """Return whether no blank stands between two words of a line."""
    if seen.spaced is not None:
        return not seen.spaced
    return _glued(before, token.text, token.left, token.bottom - token.top)


def _glued(before: Token, text: str, left: float, height: float) -> bool:
    if is_cjk(before.text[-1]) and is_cjk(text[0]):
        return True
    if is_cjk(before.text[-1]) or is_cjk(text[0]):
        return left - before.right < GLUE * max(height, before.bottom - before.top)
    return False
