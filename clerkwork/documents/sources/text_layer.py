"""The words of a PDF's own text layer, when it has one that can be trusted."""

import math
import statistics
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import pypdfium2 as pdfium
from pypdfium2 import raw

from clerkwork.documents.sources.embedded_images import pictures_on
from clerkwork.documents.sources.text_layer_checks import Letter, is_partial, is_scrambled
from clerkwork.documents.tokens import UNITS, PageWords, Token

MIN_LETTERS = 20
MAX_LETTERS = 50_000  # a densely printed page has 10,000
MAX_ODD_SHARE = 0.05
SCAN_COVER = 0.6
WORD_GAP_EM = 0.6
LINE_GAP_HEIGHTS = 1.5
ANGLE_STEP = 7  # letters; it takes no more to know how a page's text runs


class TooMuchText(Exception):
    """A page has more letters than anybody can read."""


def words_of(page: pdfium.PdfPage, number: int) -> PageWords | None:
    """Return the words of the page's text layer, or None when it has none that can be trusted.

    A page that a picture covers is a scan: its hidden text layer is some other program's reading.
    A page whose text runs another way is turned, so that it is upright when it is drawn next.

    Raises:
        TooMuchText: It has more letters than anybody can read.
    """
    if _is_scan(page):
        return None
    text = page.get_textpage()
    if text.count_chars() > MAX_LETTERS:
        raise TooMuchText
    letters = _letters(text)
    angle = _angle(text, letters)
    if angle != page.get_rotation():
        page.set_rotation(angle)
        text = page.get_textpage()  # a page that is shown upside down has its letters reversed
        letters = _letters(text)
    odd = sum(1 for char, *_ in letters if _is_odd(char))
    plain = sum(1 for char, *_ in letters if char.isalnum())
    if plain < MIN_LETTERS or odd > MAX_ODD_SHARE * len(letters):
        return None
    letters = _upright(page, letters)
    if is_scrambled(text, letters) or is_partial(page, letters):
        return None
    width, height = page.get_size()
    scale = UNITS / width
    tokens = [
        Token(
            text="".join(char for char, *_ in word),
            page=number,
            left=min(box[0] for _, box in word) * scale,
            top=(height - max(box[3] for _, box in word)) * scale,
            right=max(box[2] for _, box in word) * scale,
            bottom=(height - min(box[1] for _, box in word)) * scale,
            confidence=1.0,
        )
        for word in _words(letters)
    ]
    return PageWords(
        number=number, ratio=height / width, tokens=tuple(_levelled(tokens)), exact=True
    )


def _is_scan(page: pdfium.PdfPage) -> bool:
    width, height = page.get_size()
    for item in pictures_on(page):
        left, bottom, right, top = item.get_bounds()
        if (right - left) * (top - bottom) > SCAN_COVER * width * height:
            return True
    return False


def _is_odd(char: str) -> bool:
    return char == "\ufffd" or (
        not char.isspace() and unicodedata.category(char) in {"Cc", "Cn", "Co", "Cs"}
    )


def _angle(text: pdfium.PdfTextPage, letters: list[Letter]) -> int:
    """Return by how many degrees, clockwise, the page has to be turned for most of its text."""
    angles = Counter(
        round(math.degrees(raw.FPDFText_GetCharAngle(text.raw, index)) / 90) % 4 * 90
        for index in range(0, len(letters), ANGLE_STEP)
        if letters[index][0].isalnum()
    )
    return -max(angles, key=angles.__getitem__, default=0) % 360  # pdfium counts them clockwise


def _upright(page: pdfium.PdfPage, letters: list[Letter]) -> list[Letter]:
    """Return the letters with their boxes as the page is shown, from its lower left corner."""
    left, bottom, right, top = page.get_bbox()
    turns = page.get_rotation() // 90
    placed = []
    for char, box in letters:
        x0, y0, x1, y1 = box[0] - left, box[1] - bottom, box[2] - left, box[3] - bottom
        width, height = right - left, top - bottom
        for _ in range(turns):  # a quarter clockwise
            x0, y0, x1, y1 = y0, width - x1, y1, width - x0
            width, height = height, width
        placed.append((char, (x0, y0, x1, y1)))
    return placed


def _letters(text: pdfium.PdfTextPage) -> list[Letter]:
    found: list[Letter] = []
    for index in range(text.count_chars()):
        char = _char(raw.FPDFText_GetUnicode(text.raw, index))
        found.append((char, text.get_charbox(index)))
    return found


def _char(code: int) -> str:
    """Return a character; halves of one, which cannot be stored, become the sign for unknown."""
    return chr(code) if code <= sys.maxunicode and not 0xD800 <= code < 0xE000 else "\ufffd"


def _levelled(tokens: list[Token]) -> Iterator[Token]:
    """Yield the words with the middle of their line, as those without tall letters lie lower.

    Words of one line follow each other in a text layer, however the lines next to them lie.
    """
    lines: list[list[Token]] = []
    for token in tokens:
        if lines and _goes_on(lines[-1][-1], token):
            lines[-1].append(token)
        else:
            lines.append([token])
    for line in lines:
        level = statistics.median(token.middle for token in line)
        yield from (replace(token, level=level) for token in line)


def _goes_on(before: Token, token: Token) -> bool:
    heights = before.bottom - before.top, token.bottom - token.top
    shared = min(before.bottom, token.bottom) - max(before.top, token.top)
    apart = token.left - before.right
    return shared > min(heights) / 2 and 0 <= apart < LINE_GAP_HEIGHTS * max(heights)


def _words(letters: list[Letter]) -> list[list[Letter]]:
    words: list[list[Letter]] = [[]]
    for char, box in letters:
        if char.isspace() or char in "\x00\ufffe":
            words.append([])
            continue
        if words[-1] and _apart(words[-1][-1][1], box):
            words.append([])
        words[-1].append((char, box))
    return [word for word in words if word]


def _apart(
    before: tuple[float, float, float, float], after: tuple[float, float, float, float]
) -> bool:
    size = max(before[3] - before[1], after[3] - after[1], 4.0)
    beside = after[0] - before[2]
    lower = abs((after[1] + after[3]) - (before[1] + before[3])) / 2
    return beside > WORD_GAP_EM * size or beside < -2 * size or lower > size
