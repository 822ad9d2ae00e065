"""Reading the words of a picture, straightened, in ways that fail differently.

A word that two different engines agree on is right far more often than one that an engine is merely
sure of. Where there is only tesseract, a page is read three times (other languages, another
arrangement of text, another size); where there are two engines, the second one reads a page only
when the reading of the chosen places alone did not settle them.
"""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from PIL import Image, ImageOps

from clerkwork.documents.ocr.contract import Engines, Layout, OcrEngine, OcrWord
from clerkwork.documents.ocr.preprocess import evened, sized, without_rules
from clerkwork.documents.tokens import UNITS, PageWords, Token, extent, has_cjk, is_cjk

LARGE_WIDTH_PX = 2000
SMALL_WIDTH_PX = 1600
STRIP_HEIGHT_PX = 60
STRIP_SPACE_PX = 40
GLUE = 0.35
MIN_CHINESE = 0.05
INK = 150
SHADE = UNITS / 30  # how far ink above and below may change the cleaning
MOST_OF_PAGE = 0.4  # beyond it the whole page costs little more
CHARACTER_HEIGHT = 0.93
CHARACTER_GAP = 0.06


Band = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A part of a page as wide as the page, its ground white everywhere and its ink black.

    Attributes:
        picture: The part.
        top: Where it begins, in units.
        bottom: Where it ends.
    """

    picture: Image.Image
    top: float
    bottom: float


class Readings(Protocol):
    """What was read on one page.

    A band is all that lies between two heights of the page, in units.

    Attributes:
        main: The reading that fields are looked for in.
    """

    main: PageWords

    def patch(self, bands: Sequence[Band]) -> Patch:
        """Return a part of the page that holds these bands, for the reading of single places."""

    def others(self, bands: Sequence[Band]) -> tuple[PageWords, ...]:
        """Return readings that confirm or deny the first one in these bands at least."""


def read_picture(picture: Image.Image, number: int, languages: str, engines: Engines) -> Readings:
    """Return readings of a page that was straightened."""
    if engines.second is None:
        return ReadingsOfOne(picture, number, languages, engines.first)
    return ReadingsOfTwo(picture, number, languages, engines.first, engines.second)


class ReadingsOfOne:
    """The readings of a page by one engine, made at once.

    Attributes:
        main: The reading that fields are looked for in.
    """

    def __init__(
        self, picture: Image.Image, number: int, languages: str, engine: OcrEngine
    ) -> None:
        """Read the page."""
        self._large = without_rules(sized(ImageOps.grayscale(picture), LARGE_WIDTH_PX))
        small = sized(self._large, SMALL_WIDTH_PX)
        self.main = _page(small, number, languages, engine, Layout.PAGE)
        others = [_page(self._large, number, _latin(languages), engine, Layout.SPARSE)]
        chinese = [part for part in languages.split("+") if part.startswith("chi")]
        if chinese and _is_chinese(self.main.tokens):
            native = _page(self._large, number, "+".join(chinese), engine, Layout.PAGE)
            self.main = _with_chinese(self.main, native)
            others.append(native)
        self._others = tuple(others)

    @cached_property
    def _whole(self) -> Patch:
        return Patch(picture=evened(self._large), top=0.0, bottom=UNITS * self.main.ratio)

    def patch(self, bands: Sequence[Band]) -> Patch:  # noqa: ARG002 - the page holds all of them
        """Return the page."""
        return self._whole

    def others(self, bands: Sequence[Band]) -> tuple[PageWords, ...]:  # noqa: ARG002 - as above
        """Return the other readings of the page."""
        return self._others


class ReadingsOfTwo:
    """The reading of a page by one engine, and of parts of it by another one.

    What another engine is asked for costs as much as what it reads. So the page is cleaned and read
    in the bands that are asked for first, and as a whole only when others are asked for later.

    Attributes:
        main: The reading that fields are looked for in.
    """

    def __init__(
        self,
        picture: Image.Image,
        number: int,
        languages: str,
        first: OcrEngine,
        second: OcrEngine,
    ) -> None:
        """Let the first engine read the page, and keep the picture for the second one."""
        self.main = _page(picture, number, languages, first, Layout.PAGE)
        self._picture = picture
        self._languages = languages
        self._engine = second
        self._height = UNITS * self.main.ratio
        self._patch: Patch | None = None
        self._read: list[Band] = []
        self._others: tuple[PageWords, ...] = ()

    def patch(self, bands: Sequence[Band]) -> Patch:
        """Return a part of the page that holds these bands."""
        top, bottom = self._around(bands)
        known = self._patch
        if known is not None and known.top <= top and bottom <= known.bottom:
            return known
        if known is not None or bottom - top > MOST_OF_PAGE * self._height:
            top, bottom = 0.0, self._height
        self._patch = self._cleaned(top, bottom)
        return self._patch

    def _around(self, bands: Sequence[Band]) -> Band:
        return max(min(top for top, _ in bands), 0.0), min(max(b for _, b in bands), self._height)

    def _cleaned(self, top: float, bottom: float) -> Patch:
        scale = self._picture.width / UNITS
        first = max(round((top - SHADE) * scale), 0)
        last = min(round((bottom + SHADE) * scale), self._picture.height)
        part = ImageOps.grayscale(self._picture.crop((0, first, self._picture.width, last)))
        clean = evened(without_rules(sized(part, LARGE_WIDTH_PX)))
        return Patch(picture=clean, top=first / scale, bottom=max(last / scale, bottom))

    def others(self, bands: Sequence[Band]) -> tuple[PageWords, ...]:
        """Return what the second engine reads in these bands, or on the whole page."""
        if not all(any(a <= top and bottom <= b for a, b in self._read) for top, bottom in bands):
            merged = _merged(bands)
            share = sum(bottom - top for top, bottom in merged) / self._height
            whole = bool(self._read) or share > MOST_OF_PAGE
            self._read = [(-UNITS, self._height + UNITS)] if whole else merged
            self._others = (self._second(self._read),)
        return self._others

    def _second(self, bands: Sequence[Band]) -> PageWords:
        """Return what the second engine reads where all but these bands is white."""
        top, bottom = self._around(bands)
        patch = self.patch(bands)
        scale = patch.picture.width / UNITS
        edges = round((top - patch.top) * scale), round((bottom - patch.top) * scale)
        part = patch.picture.crop((0, edges[0], patch.picture.width, edges[1]))
        for (_, above), (below, _) in itertools.pairwise(bands):
            gap = (0, round((above - top) * scale), part.width, round((below - top) * scale))
            part.paste(255, gap)
        words = [t for t in self.main.tokens if any(a <= t.middle <= b for a, b in bands)]
        languages = self._languages if _is_chinese(words) else _latin(self._languages)
        small = sized(part, SMALL_WIDTH_PX)
        page = _page(small, self.main.number, languages, self._engine, Layout.PAGE)
        return replace(page, tokens=tuple(_lowered(token, top) for token in page.tokens))


def _lowered(token: Token, by: float) -> Token:
    return replace(token, top=token.top + by, bottom=token.bottom + by)


def band_of(tokens: Sequence[Token]) -> Band:
    """Return the band of some words with the lines above and below them, where they may reach."""
    _, top, _, bottom = extent(tokens)
    height = max(token.bottom - token.top for token in tokens)
    return top - height, bottom + height


def _merged(bands: Sequence[Band]) -> list[Band]:
    """Return the bands from the top, those that touch as one."""
    merged: list[Band] = []
    for top, bottom in sorted(bands):
        if merged and top <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(bottom, merged[-1][1]))
        else:
            merged.append((top, bottom))
    return merged


def _latin(languages: str) -> str:
    """Return the languages without Chinese, all of them where there is nothing else."""
    parts = languages.split("+")
    return "+".join([part for part in parts if not part.startswith("chi")] or parts)


def _is_chinese(tokens: Sequence[Token]) -> bool:
    letters = [char for token in tokens for char in token.text if char.isalpha()]
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
    patch: Patch,
    places: Sequence[Sequence[Token]],
    languages: str,
    engine: OcrEngine,
    *,
    height_px: int = STRIP_HEIGHT_PX,
) -> list[list[Token]]:
    """Return the text in the box around each group of words, read without its surroundings.

    The boxes are pasted below each other on one sheet, because starting tesseract costs more than
    the reading of a line.
    """
    strips = [_strip(patch, tokens, height_px) for tokens in places]
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


def _strip(patch: Patch, tokens: Sequence[Token], height_px: int = STRIP_HEIGHT_PX) -> Image.Image:
    scale = patch.picture.width / UNITS
    left, top, right, bottom = extent(tokens)
    spare = 0.25 * (bottom - top)
    area = (
        round((left - 1.5 * spare) * scale),
        round((top - spare - patch.top) * scale),
        round((right + 1.5 * spare) * scale),
        round((bottom + spare - patch.top) * scale),
    )
    strip = patch.picture.crop(area)
    width = round(strip.width * height_px / max(strip.height, 1))
    return strip.resize((min(max(width, 8), 4000), height_px), Image.Resampling.LANCZOS)


def characters_in(patch: Patch, tokens: Sequence[Token]) -> float:
    """Return how many Chinese characters the ink of a text has room for.

    They are as wide as they are high, and stand close together.
    """
    strip = _strip(patch, tokens).point(lambda value: 255 if value < INK else 0)
    ink = strip.getbbox()
    if ink is None:
        return 0.0
    return (ink[2] - ink[0]) / (ink[3] - ink[1]) * CHARACTER_HEIGHT + CHARACTER_GAP


def _page(
    picture: Image.Image, number: int, languages: str, engine: OcrEngine, layout: Layout
) -> PageWords:
    scale = UNITS / picture.width
    tokens: list[Token] = []
    before: OcrWord | None = None
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


def _is_glued(seen: OcrWord, before: Token, token: Token) -> bool:
    """Return whether there is no blank between two words of a line."""
    if seen.spaced is not None:
        return not seen.spaced
    return _glued(before, token.text, token.left, token.bottom - token.top)


def _glued(before: Token, text: str, left: float, height: float) -> bool:
    if is_cjk(before.text[-1]) and is_cjk(text[0]):
        return True
    if is_cjk(before.text[-1]) or is_cjk(text[0]):
        return left - before.right < GLUE * max(height, before.bottom - before.top)
    return False
