"""Second opinions: what the other readings of a page, and a reading of one box alone, say."""

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from clerkwork.documents.ocr.contract import Engines
from clerkwork.documents.ocr.recognize import Band, Readings, band_of, characters_in, read_places
from clerkwork.documents.tokens import Token, extent, has_cjk, is_cjk, text_of

HALF_CHARACTER = 0.5
COMMON = frozenset({"公", "司", "公司", "有", "限", "有限", "限公司", "有限公司"})
MAX_PLACES = 400
OWN_HEIGHTS_PX = (40, 80)
EDGES = " =«|,.;:'\"”“’‘`、。_~"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one reading has in a place.

    Attributes:
        text: As it was read.
        weakest: The lowest confidence of its Chinese words, 1.0 where there are none.
        foreign: Whether another engine read it than the one that read the page first.
    """

    text: str
    weakest: float
    foreign: bool = False


NOTHING = Heard(text="", weakest=1.0)


class Witness(Protocol):
    """Other readings of the place of a value."""

    def exact(self, tokens: Sequence[Token]) -> bool:
        """Return whether the words come from a text layer, which needs no second opinion."""

    def others(self, tokens: Sequence[Token]) -> list[Heard]:
        """Return what the other readings of the page have in the same place."""

    def again(self, tokens: Sequence[Token], *, numeric: bool = False) -> Heard:
        """Return what a reading of the place alone gives."""

    def fits(self, tokens: Sequence[Token]) -> bool:
        """Return whether the ink has room for just as many characters as were read."""

    def own(self, tokens: Sequence[Token]) -> list[Heard]:
        """Return what the first engine reads in the place alone, smaller and larger."""

    def prepare(self, places: Iterable[Sequence[Token]], *, numeric: bool = False) -> None:
        """Say which places will be asked about, so that they can be read together."""


class PageWitness:
    """The witness of a document: pages without readings are exact."""

    def __init__(
        self, readings: Mapping[int, Readings], languages: str, engines: Engines | None = None
    ) -> None:
        """Ask the second of *engines*, or the first where there is no other; None reads nothing."""
        self._readings = readings
        self._engine = (engines.second or engines.first) if engines else None
        self._first = engines.first if engines else None
        self._languages = languages.split("+")
        self._places: dict[tuple[object, ...], Heard] = {}
        self._unsettled: dict[int, list[Band]] = defaultdict(list)

    def prepare(self, places: Iterable[Sequence[Token]], *, numeric: bool = False) -> None:
        """Read many places at once, so that :meth:`again` has them at hand."""
        sheets: dict[tuple[int, str], list[Sequence[Token]]] = {}
        for tokens in places:
            known = not tokens or self.exact(tokens) or _key(tokens, numeric) in self._places
            if not known and len(self._places) < MAX_PLACES:
                sheet = (tokens[0].page, self._language(tokens, numeric))
                sheets.setdefault(sheet, []).append(tokens)
        for (page, languages), group in sheets.items():
            if self._engine is None:
                continue
            reading = self._readings[page]
            patch = reading.patch([band_of(tokens) for tokens in group])
            texts = read_places(patch, group, languages, self._engine)
            foreign = self._engine.name != reading.main.engine
            for tokens, text in zip(group, texts, strict=True):
                self._places[_key(tokens, numeric)] = _heard(text, foreign=foreign)
                if folded(text_of(text)) != folded(text_of(tokens)):
                    self._unsettled[page].append(band_of(tokens))

    def own(self, tokens: Sequence[Token]) -> list[Heard]:
        """Return what the first engine reads in the place alone, smaller and larger."""
        if self._first is None or self.exact(tokens):
            return []
        patch = self._readings[tokens[0].page].patch([band_of(tokens)])
        languages = self._language(tokens, False)
        texts = [
            read_places(patch, [tokens], languages, self._first, height_px=height_px)[0]
            for height_px in OWN_HEIGHTS_PX
        ]
        return [_heard(text, foreign=False) for text in texts]

    def fits(self, tokens: Sequence[Token]) -> bool:
        """Return whether the ink has room for as many Chinese characters; other text fits."""
        text = "".join(token.text for token in tokens).strip(EDGES)
        if self.exact(tokens) or not text or not all(map(is_cjk, text)):
            return True
        room = characters_in(self._readings[tokens[0].page].patch([band_of(tokens)]), tokens)
        return abs(room - len(text)) < HALF_CHARACTER

    def _language(self, tokens: Sequence[Token], numeric: bool) -> str:
        chinese = has_cjk(text_of(tokens)) and not numeric
        wanted = [part for part in self._languages if part.startswith("chi") == chinese]
        return "+".join(wanted or self._languages)

    def exact(self, tokens: Sequence[Token]) -> bool:
        """Return whether all the words stand on pages with a text layer."""
        return all(token.page not in self._readings for token in tokens)

    def others(self, tokens: Sequence[Token]) -> list[Heard]:
        """Return the text that each other reading has in the place, where there is any."""
        if not tokens or self.exact(tokens):
            return []
        readings = self._readings[tokens[0].page]
        bands = [band_of(tokens), *self._unsettled.pop(tokens[0].page, [])]
        own = readings.main.engine
        heard = [
            _heard(_inside(reading.tokens, tokens), foreign=reading.engine != own)
            for reading in readings.others(bands)
        ]
        return [each for each in heard if each.text]

    def again(self, tokens: Sequence[Token], *, numeric: bool = False) -> Heard:
        """Return what a reading of the place alone gives; empty when too many were asked for."""
        self.prepare([tokens], numeric=numeric)
        return self._places.get(_key(tokens, numeric), NOTHING) if tokens else NOTHING


def _heard(tokens: Sequence[Token], *, foreign: bool) -> Heard:
    return Heard(text=text_of(tokens), weakest=weakest(tokens), foreign=foreign)


def weakest(tokens: Sequence[Token]) -> float:
    """Return the lowest confidence of the Chinese words, those that end a company's name aside."""
    sure = [
        token.confidence for token in tokens if has_cjk(token.text) and token.text not in COMMON
    ]
    return min(sure, default=1.0)


def _key(tokens: Sequence[Token], numeric: bool) -> tuple[object, ...]:
    first, last = tokens[0], tokens[-1]
    return (first.page, first.left, first.top, last.right, last.bottom, numeric)


def _inside(tokens: Sequence[Token], place: Sequence[Token]) -> list[Token]:
    height = min(token.bottom - token.top for token in place)
    left, top, right, bottom = extent(place)
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
    """Return *text* as readings are compared: without blanks, edge marks and full width."""
    plain = unicodedata.normalize("NFKC", text).replace("×", "x")
    return "".join(plain.split()).strip(EDGES)
