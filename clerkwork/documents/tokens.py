"""Words on a page and their arrangement: rows, and pieces of rows.

Inside this package a page is 1000 units wide, and its height is measured in the same unit, so that
distances mean the same in both directions. ``Token.box_on`` gives the fractions that people see.
"""

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from clerkwork.model.documents.extraction import Box

UNITS = 1000.0
PIECE_GAP = 1.1
ROW_BAND = 0.45
ODD_HEIGHT = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """One recognised word.

    Attributes:
        text: The word, never empty, without surrounding blanks.
        page: Number of the page, from 0.
        left: In units, as are *top*, *right* and *bottom*; the origin is at the top left.
        confidence: From 0.0 (a guess) to 1.0 (certain).
        glued: Whether there is no blank between the word before it and this one.
        level: The vertical middle of its line, where that is known; else None.
    """

    text: str
    page: int
    left: float
    top: float
    right: float
    bottom: float
    confidence: float
    glued: bool = False
    level: float | None = None

    @property
    def middle(self) -> float:
        """Return the vertical middle, that of its line where it is known."""
        return self.level if self.level is not None else (self.top + self.bottom) / 2

    @property
    def center(self) -> float:
        """Return the horizontal middle."""
        return (self.left + self.right) / 2

    def cut(self, start: int) -> "Token":
        """Return the part from character *start* on, its left edge estimated."""
        share = start / len(self.text)
        left = self.left + share * (self.right - self.left)
        return replace(self, text=self.text[start:], left=left)


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """The words of one page.

    Attributes:
        number: Number of the page, from 0.
        ratio: Height of the page divided by its width.
        tokens: The words in any order.
        exact: Whether the words come from a text layer and need no second reading.
        engine: The engine that read them, empty for a text layer.
    """

    number: int
    ratio: float
    tokens: tuple[Token, ...]
    exact: bool
    engine: str = ""

    @property
    def line_height(self) -> float:
        """Return the median height of a word, in units."""
        heights = [token.bottom - token.top for token in self.tokens if len(token.text) > 1]
        return statistics.median(heights) if heights else 10.0


def is_cjk(char: str) -> bool:
    """Return whether *char* is a Chinese character."""
    return "\u3400" <= char <= "\u9fff" or char == "〇"


def has_cjk(text: str) -> bool:
    """Return whether *text* has a Chinese character."""
    return any(is_cjk(char) for char in text)


def text_of(tokens: Iterable[Token]) -> str:
    """Return the words as text, with blanks only where the page has blanks."""
    text = ""
    for token in tokens:
        text += token.text if token.glued or not text else f" {token.text}"
    return text


def box_of(tokens: Sequence[Token], ratio: float) -> Box | None:
    """Return the box around *tokens* in fractions of a page of that *ratio*, None without any."""
    if not tokens:
        return None
    first = tokens[0].page
    here = [token for token in tokens if token.page == first]
    left, top, right, bottom = extent(here)
    return Box(
        page=first,
        left=_share(left / UNITS),
        top=_share(top / (UNITS * ratio)),
        right=_share(right / UNITS),
        bottom=_share(bottom / (UNITS * ratio)),
    )


def boxes_of(tokens: Sequence[Token], ratios: Sequence[float]) -> list[Box]:
    """Return a box for each line of words in reading order; *ratios* are those of the pages."""
    lines: list[list[Token]] = []
    for token in tokens:
        if lines and _beside(lines[-1][-1], token):
            lines[-1].append(token)
        else:
            lines.append([token])
    boxes = (box_of(line, ratios[line[0].page]) for line in lines)
    return [box for box in boxes if box is not None]


def _beside(before: Token, token: Token) -> bool:
    """Return whether a word is in the line of the one before it."""
    lower = min(before.bottom - before.top, token.bottom - token.top)
    shared = min(before.bottom, token.bottom) - max(before.top, token.top)
    return before.page == token.page and shared > lower / 2


def _share(value: float) -> float:
    return round(min(max(value, 0.0), 1.0), 5)


def rows_of(page: PageWords) -> list[list[Token]]:
    """Return the words row by row from the top, each row from the left."""
    band = ROW_BAND * page.line_height
    rows: list[list[Token]] = []
    middle = 0.0
    for token in sorted(page.tokens, key=lambda token: token.middle):
        if rows and token.middle - middle < band:
            rows[-1].append(token)
            middle += (token.middle - middle) / len(rows[-1])
        else:
            rows.append([token])
            middle = token.middle
    return [sorted(row, key=lambda token: token.left) for row in rows]


def pieces_of(row: Sequence[Token], gap: float) -> list[list[Token]]:
    """Return the words of a row in pieces that are more than *gap* units apart."""
    pieces: list[list[Token]] = []
    for token in row:
        if pieces and token.left - pieces[-1][-1].right < gap:
            pieces[-1].append(token)
        else:
            pieces.append([token])
    return pieces


def extent(tokens: Sequence[Token]) -> tuple[float, float, float, float]:
    """Return left, top, right, bottom of words in a row, without those of odd height.

    Engines now and then draw a word's box into the next line; the others in the row tell.
    """
    usual = statistics.median(token.bottom - token.top for token in tokens)
    even = [token for token in tokens if token.bottom - token.top < ODD_HEIGHT * usual] or tokens
    return (
        min(token.left for token in tokens),
        min(token.top for token in even),
        max(token.right for token in tokens),
        max(token.bottom for token in even),
    )
