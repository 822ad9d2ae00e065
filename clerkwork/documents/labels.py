"""The labels that stand beside values on orders and invoices, and how they are recognised.

The words themselves are data, in ``labels.yaml`` beside this module.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import yaml

from clerkwork.documents.numerals import normal
from clerkwork.documents.words import Token, is_cjk

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


def _table(words: dict[str, list[list[str]]]) -> list[tuple[str, str, str]]:
    """Return compact word, word and role of every label, the longest first."""
    rows = [
        (compact(label), label, role)
        for role, groups in words.items()
        for group in groups
        for label in group
    ]
    return sorted(rows, key=lambda row: -len(row[0]))


def compact(text: str) -> str:
    """Return *text* as labels are compared: half-width, lower case, without blanks."""
    return normal(text).lower().replace(" ", "")


_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_FIELDS, _COLUMNS, _TITLES = (_table(_WORDS[name]) for name in ("fields", "columns", "titles"))


def match_field(tokens: Sequence[Token]) -> Match | None:
    """Return the label of a field that *tokens* start with, the longest one, or None."""
    return _match(tokens, _FIELDS)


def match_title(text: str) -> str | None:
    """Return the kind of document that *text*, as a whole, is the title of, or None."""
    plain = compact(text).strip(AFTER)
    return next((role for label, _, role in _TITLES if label == plain), None)


def match_columns(row: Sequence[Token]) -> list[Match]:
    """Return the column headings in a row from the left; words that are none are passed over."""
    found: list[Match] = []
    rest = tuple(row)
    while rest:
        match = _match(rest, _COLUMNS)
        if match is None:
            head = rest[0]
            skip = 1 if not is_cjk(head.text[0]) and head.text[0].isalnum() else 0
            inner = (head.cut(1),) if not skip and len(head.text) > 1 else ()
            rest = (*inner, *rest[1:])
        else:
            found.append(match)
            rest = match.rest
    return found


def _match(tokens: Sequence[Token], table: list[tuple[str, str, str]]) -> Match | None:
    text, places = _flat(tokens)
    for fuzzy in (False, True):
        for plain, label, role in table:
            if not _same(text[: len(plain)], plain, fuzzy=fuzzy):
                continue
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
    half = len(label) // 2
    if text[:half] != label[:half] and text[half:] != label[half:]:  # cheaper than to count
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
