"""The reading of a scanned page that may lie on its side or stand on its head.

Nothing is paid for a page as it should be: only where the words of the first reading are higher
than wide, or the engine has little confidence in any, is the page turned and read again.
"""

from PIL import Image

from clerkwork.documents.ocr.contract import Engines
from clerkwork.documents.ocr.preprocess import straighten
from clerkwork.documents.ocr.recognize import Readings, read_picture
from clerkwork.documents.tokens import PageWords, Token

SURE, LOST = 0.87, 0.6  # mean confidence: upright pages lie above, pages read in vain below
LEAST_LETTERS = 3  # of a word that has to be wider than high
MOST_TALL = 0.5
QUARTER, HALF, BACK = (
    Image.Transpose.ROTATE_90,
    Image.Transpose.ROTATE_180,
    Image.Transpose.ROTATE_270,
)


def read_page(
    picture: Image.Image, number: int, languages: str, engines: Engines
) -> tuple[Image.Image, Readings]:
    """Return a scanned page upright with its lines level, and the readings of it."""
    page = straighten(picture)
    first = page, read_picture(page, number, languages, engines)
    best = first
    for turn in _turns(first[1].main):
        turned = page.transpose(turn)
        read = turned, read_picture(turned, number, languages, engines)
        if _quality(read[1].main) > _quality(best[1].main):
            best = read
        if not _turns(best[1].main):
            break
    return best


def _turns(words: PageWords) -> tuple[Image.Transpose, ...]:
    """Return how the page may have to be turned, by its reading; nothing for a page as it is."""
    if not words.tokens:
        return ()
    if _tall(words) > MOST_TALL:
        return QUARTER, BACK
    sure = _sure(words)
    if sure < LOST:
        return HALF, QUARTER, BACK
    return (HALF,) if sure < SURE else ()


def _tall(words: PageWords) -> float:
    """Return the share of words that are higher than wide."""
    seen = [token for token in words.tokens if len(token.text) >= LEAST_LETTERS]
    return sum(map(_is_tall, seen)) / len(seen) if seen else 0.0


def _is_tall(token: Token) -> bool:
    return token.bottom - token.top > token.right - token.left


def _sure(words: PageWords) -> float:
    """Return the mean confidence of the letters."""
    letters = sum(len(token.text) for token in words.tokens)
    return sum(len(token.text) * token.confidence for token in words.tokens) / max(letters, 1)


def _quality(words: PageWords) -> float:
    """Return a score: letters read, the engine's confidence, and words wider than high."""
    letters = sum(len(token.text) for token in words.tokens)
    return letters * _sure(words) ** 4 * (1 - _tall(words))
