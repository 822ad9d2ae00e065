"""The labels next to values on orders and invoices, and how they are recognised.

The words themselves are data, in ``labels.yaml`` next to this module.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import yaml

from clerkwork.documents.tokens import Token, is_cjk
from clerkwork.documents.values.numerals import normal

AFTER = " :;,.>*=|-–—。、；：·"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A label at the start of some words.

    Attributes:
        role: What it labels.
        label: The synonym that matched.
        tokens: The words of the label.
        rest: The words after it.
        exact: Whether every letter matched.
    """

    role: str
    label: str
    tokens: tuple[Token, ...]
    rest: tuple[Token, ...]
    exact: bool


Row = tuple[str, str, str]


class Labels:
    """Labels that are found by how a text starts, without a look at all of them.

    Attributes:
        rows: Compact word, word and role of every label, the longest first.
    """

    def __init__(self, words: Mapping[str, Sequence[Sequence[str]]]) -> None:
        rows = [
            (compact(label), label, role)
            for role, groups in words.items()
            for group in groups
            for label in group
        ]
        self.rows: list[Row] = sorted(rows, key=lambda row: -len(row[0]))
        self._sizes = sorted({len(plain) for plain, *_ in rows}, reverse=True)
        self._whole: dict[str, list[int]] = {}
        self._halves: dict[tuple[int, str, str], list[int]] = {}
        for place, (plain, *_) in enumerate(self.rows):
            first, second = _halves(plain)
            self._whole.setdefault(plain, []).append(place)
            self._halves.setdefault((len(plain), first, ""), []).append(place)
            self._halves.setdefault((len(plain), "", second), []).append(place)

    def at_start(self, text: str, *, fuzzy: bool) -> Iterator[Row]:
        """Yield the labels that *text* starts with, the longest first; see :func:`_same`."""
        for size in self._sizes:
            if size > len(text):
                continue
            start = text[:size]
            for place in self._near(start) if fuzzy else self._whole.get(start, ()):
                if _same(start, self.rows[place][0], fuzzy=fuzzy):
                    yield self.rows[place]

    def _near(self, plain: str) -> list[int]:
        """Return the places of the labels that have one half of *plain*."""
        first, second = _halves(plain)
        found = self._halves.get((len(plain), first, ""), [])
        others = self._halves.get((len(plain), "", second))
        return sorted({*found, *others}) if others else found


def _halves(plain: str) -> tuple[str, str]:
    """Return the halves of a word, one of which is right when one letter is wrong."""
    half = len(plain) // 2
    return plain[:half], plain[half:]


@lru_cache(maxsize=20_000)  # mostly single letters
def compact(text: str) -> str:
    """Return *text* as labels are compared: half-width, lower case, without blanks."""
    return normal(text).lower().replace(" ", "")


_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_FIELDS, COLUMNS, _TITLES = (Labels(_WORDS[name]) for name in ("fields", "columns", "titles"))


_CARRIED = [compact(word) for group in _WORDS["carried"] for word in group]


def every_label() -> list[str]:
    """Return the labels of all fields and columns, as :func:`compact` writes them."""
    return [plain for table in (_FIELDS, COLUMNS) for plain, *_ in table.rows]


def is_carried(text: str) -> bool:
    """Return whether a row of a table only carries a sum from page to page."""
    plain = compact(text)
    return any(word in plain for word in _CARRIED)


def match_field(tokens: Sequence[Token]) -> Match | None:
    """Return the label of a field that *tokens* start with, the longest one, or None."""
    return _match(tokens, _FIELDS)


def match_title(text: str) -> str | None:
    """Return the kind of document that *text*, as a whole, is the title of, or None."""
    plain = compact(text).strip(AFTER)
    return next((role for label, _, role in _TITLES.rows if label == plain), None)


def headings_with(more: Mapping[str, Sequence[str]]) -> Labels:
    """Return the headings of columns with further ones by what they head, such as ``code``."""
    if not more:
        return COLUMNS
    further = {
        role: [*_WORDS["columns"].get(role, []), list(words)] for role, words in more.items()
    }
    return Labels(_WORDS["columns"] | further)


def match_columns(row: Sequence[Token], headings: Labels) -> list[Match]:
    """Return the column headings in a row from the left; words that are none are passed over."""
    found: list[Match] = []
    rest = tuple(row)
    while rest:
        match = _match(rest, headings)
        if match is None:
            head = rest[0]
            skip = 1 if not is_cjk(head.text[0]) and head.text[0].isalnum() else 0
            inner = (head.cut(1),) if not skip and len(head.text) > 1 else ()
            rest = (*inner, *rest[1:])
        else:
            found.append(match)
            rest = match.rest
    return found


def _match(tokens: Sequence[Token], table: Labels) -> Match | None:
    text, places = _flat(tokens)
    for fuzzy in (False, True):
        for plain, label, role in table.at_start(text, fuzzy=fuzzy):
            if not _ends(places, len(plain), text):
                continue
            used, rest = _split(tokens, places, len(plain), text)
            return Match(role=role, label=label, tokens=used, rest=rest, exact=not fuzzy)
    return None


def _flat(tokens: Sequence[Token]) -> tuple[str, list[tuple[int, int]]]:
    text, places = "", []
    for index, token in enumerate(tokens):
        for position, char in enumerate(token.text):
            for plain in compact(char):
                text += plain
                places.append((index, position))
        if len(text) > 60:
            break
    return text, places


def _same(text: str, label: str, *, fuzzy: bool) -> bool:
    """Return whether two texts are equal; of long ones one letter may differ when *fuzzy*."""
    if not fuzzy or text == label:
        return text == label
    if len(text) != len(label) or len(label) < (4 if is_cjk(label[0]) else 7):
        return False
    return sum(1 for a, b in zip(text, label, strict=True) if a != b) == 1


def _ends(places: list[tuple[int, int]], size: int, text: str) -> bool:
    """Return whether a word ends after *size* characters."""
    if size >= len(text):
        return True
    before, after = text[size - 1], text[size]
    if places[size - 1][0] != places[size][0]:
        return not (is_cjk(before) and is_cjk(after)) or places[size][0] > places[size - 1][0]
    if is_cjk(before):
        return not is_cjk(after)
    return not (before.isalnum() and after.isalnum())


def _split(
    tokens: Sequence[Token], places: list[tuple[int, int]], size: int, text: str
) -> tuple[tuple[Token, ...], tuple[Token, ...]]:
    end = size
    while end < len(text) and text[end] in AFTER:
        end += 1
    used = tuple(tokens[: places[size - 1][0] + 1])
    if end >= len(text):
        last = places[-1][0]
        return used, tuple(tokens[last + 1 :])
    index, position = places[end]
    head = tokens[index].cut(position) if position else tokens[index]
    return used, (head, *tokens[index + 1 :])
