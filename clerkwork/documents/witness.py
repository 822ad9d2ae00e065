"""Second opinions: what the other readings of a page, and a reading of one box alone, say."""

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from clerkwork.documents.ocr import Readings, read_places
from clerkwork.documents.words import Token, has_cjk, text_of

MAX_PLACES = 400
EDGES = " |,.;:'\"”“’‘`、。_~"


class Witness(Protocol):
    """Says what else was read where a value stands."""

    def exact(self, tokens: Sequence[Token]) -> bool:
        """Return whether the words come from a text layer, which needs no second opinion."""

    def others(self, tokens: Sequence[Token]) -> list[str]:
        """Return what the other readings of the page have in the same place."""

    def again(self, tokens: Sequence[Token], *, numeric: bool = False) -> str:
        """Return what a reading of the place alone gives."""


    def prepare(self, places: Iterable[Sequence[Token]], *, numeric: bool = False) -> None:
        """Say which places will be asked about, so that they can be read together."""


class PageWitness:
    """The witness of a document: pages without readings are exact."""

    def __init__(self, readings: Mapping[int, Readings], languages: str) -> None:
        self._readings = readings
        self._languages = languages.split("+")
        self._places: dict[tuple[object, ...], str] = {}

    def prepare(self, places: Iterable[Sequence[Token]], *, numeric: bool = False) -> None:
        """Read many places at once, so that :meth:`again` has them at hand."""
        sheets: dict[tuple[int, str], list[Sequence[Token]]] = {}
        for tokens in places:
            known = not tokens or self.exact(tokens) or _key(tokens, numeric) in self._places
            if not known and len(self._places) < MAX_PLACES:
                sheet = (tokens[0].page, self._language(tokens, numeric))
                sheets.setdefault(sheet, []).append(tokens)
        for (page, languages), group in sheets.items():
            texts = read_places(self._readings[page].picture, group, languages)
            for tokens, text in zip(group, texts, strict=True):
                self._places[_key(tokens, numeric)] = text

    def _language(self, tokens: Sequence[Token], numeric: bool) -> str:
        chinese = has_cjk(text_of(tokens)) and not numeric
        wanted = [part for part in self._languages if part.startswith("chi") == chinese]
        return "+".join(wanted or self._languages)

    def exact(self, tokens: Sequence[Token]) -> bool:
        """Return whether all the words stand on pages with a text layer."""
        return all(token.page not in self._readings for token in tokens)

    def others(self, tokens: Sequence[Token]) -> list[str]:
        """Return the text that stands in the place in each other reading, where there is any."""
        if not tokens or self.exact(tokens):
            return []
        texts = [
            text_of(_inside(reading.tokens, tokens))
            for reading in self._readings[tokens[0].page].others
        ]
        return [text for text in texts if text]

    def again(self, tokens: Sequence[Token], *, numeric: bool = False) -> str:
        """Return what a reading of the place alone gives; empty when too many were asked for."""
        self.prepare([tokens], numeric=numeric)
        return self._places.get(_key(tokens, numeric), "") if tokens else ""


def _key(tokens: Sequence[Token], numeric: bool) -> tuple[object, ...]:
    first, last = tokens[0], tokens[-1]
    return (first.page, first.left, first.top, last.right, last.bottom, numeric)


def _inside(tokens: Sequence[Token], place: Sequence[Token]) -> list[Token]:
    height = max(token.bottom - token.top for token in place)
    left, right = min(token.left for token in place), max(token.right for token in place)
    top, bottom = min(token.top for token in place), max(token.bottom for token in place)
    here = [
        token
        for token in tokens
        if left - 0.2 * height <= token.center <= right + 0.2 * height
        and top - 0.2 * height <= token.middle <= bottom + 0.2 * height
    ]
    if bottom - top > 2 * height:  # several rows of a wrapped text
        return sorted(here, key=lambda token: (round(token.middle / height), token.left))
    return sorted(here, key=lambda token: token.left)


def folded(text: str) -> str:
    """Return *text* as readings are compared: without blanks, edge marks and width of characters."""
    plain = unicodedata.normalize("NFKC", text).replace("×", "x")
    return "".join(plain.split()).strip(EDGES)
