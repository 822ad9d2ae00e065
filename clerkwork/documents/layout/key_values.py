"""Labels and values on any form: no field is known beforehand, the page alone says what they are.

A label ends with a colon, is a word that forms label things with, or heads a column. Its value
is in the same piece of text, to the right, or below, and may go on over several lines.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import yaml

from clerkwork.documents.draft import FoundValue, PageLayout, found, layout_of
from clerkwork.documents.layout.columns import Segment, headed_columns, is_person, label_column
from clerkwork.documents.layout.labels import compact, match_field
from clerkwork.documents.tokens import PageWords, Token, text_of
from clerkwork.documents.values.dates import parse_dates
from clerkwork.documents.values.numerals import normal

_WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
NOUNS = frozenset(map(compact, _WORDS["nouns"]))
MARKS, EMPTY = frozenset(_WORDS["marks"]), frozenset(_WORDS["empty"])
LABEL_WORDS, LABEL_LETTERS = 9, 60
FAR_RIGHT, FAR_BELOW, NEXT_LINE = 420.0, 2.6, 1.6
ALIGNED, WIDE, LONGER = 2.0, 0.9, 6.0
SHORT, FULL_LINE = 4, 800.0
ENDS = ":："
NUMBER = re.compile(r"\(?\d{1,2}[.)]\s*|\([A-Za-z]\)\s*|[a-z][.)]\s+")  # of a question
AMOUNT = re.compile(r"[$€£¥]?\d{1,3}(?:[,.]?\d{3})*[.,]\d\d|\d+(?:\.\d+)?%|\d{2,}")
COUNTED = re.compile(r"#\s?[^\W\d_]{3}")  # such as "# stores", which asks for a number itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A label with one value of it.

    Attributes:
        label: The words of the label, without the colon in its value.
        value: The words of the value.
        how: ``inside``, ``right``, ``below``, ``above``, ``column`` or ``mark``.
    """

    label: FoundValue
    value: FoundValue
    how: str


def pairs_in(pages: Sequence[PageWords]) -> list[Pair]:
    """Return the labels with their values on all pages, from the top."""
    return [pair for page in pages for pair in _pairs_on(page)]


@lru_cache(maxsize=32)  # a document is asked for them more than once
def _pairs_on(page: PageWords) -> tuple[Pair, ...]:
    return tuple(_pairs(layout_of(page)))


def _pairs(layout: PageLayout) -> Iterator[Pair]:
    height = layout.page.line_height
    rows = [
        [segment for piece in pieces for segment in _segments(piece, number)]
        for number, pieces in enumerate(layout.pieces)
    ]
    every = [segment for row in rows for segment in row]
    for heading, cells in headed_columns(rows, height, _names_something):
        inside = {token for one in (heading, *cells) for token in one.tokens}
        for segment in every:
            segment.taken = segment.taken or bool(inside & set(segment.tokens))
        yield _pair(heading, cells, "column")
    yield from _ticked(rows, height)
    every = list(_unstuck(every))
    for one in label_column(rows, height):
        one.asks = True
    labels = [_with_line_above(one, every, height) for one in every if one.asks]
    for label in labels:
        yield from _valued(label, every, height)
    for weak in [one for one in every if _names_something(one) or _is_numbered(one)]:
        if not weak.taken:
            yield from _valued(weak, every, height)
    yield from _figured(every, height)
    for one in every:
        yield from _within(one)
    yield from _captioned(every, height)


def _pair(label: Segment, values: Sequence[Segment], how: str) -> Pair:
    tokens = [token for value in values for token in value.tokens]
    words = text_of(label.tokens)
    return Pair(
        label=found(words.rstrip(ENDS + " "), label.tokens),
        value=found(text_of(tokens), tokens),
        how=how,
    )


def _segments(piece: Sequence[Token], row: int) -> Iterator[Segment]:
    """Yield the words of a piece, parted before and after each label that a colon ends."""
    start: list[Token] = []
    labelled = False
    words = list(itertools.chain.from_iterable(map(_parted, piece)))
    for token, after in itertools.zip_longest(words, words[1:]):
        start.append(token)
        if token.text[-1] not in ENDS or _is_hour(token, after):
            continue
        size = _label_size(start) if labelled else len(start)
        if start[:-size]:
            yield Segment(tokens=start[:-size], row=row)
        label = start[-size:]
        yield Segment(tokens=label, row=row, asks=_is_label(label))
        start, labelled = [], True
    if start:
        yield Segment(tokens=start, row=row)


def _unstuck(every: Sequence[Segment]) -> Iterator[Segment]:
    """Yield all words, parted where a label found alone elsewhere ends another one."""
    alone = {compact(one.text) for one in every if one.asks}
    for one in every:
        ends = [
            place
            for place in range(1, len(one.tokens))
            if one.asks and compact(text_of(one.tokens[place:])) in alone
        ]
        if ends and not one.taken:
            yield Segment(tokens=one.tokens[: ends[0]], row=one.row)
            yield Segment(tokens=one.tokens[ends[0] :], row=one.row, asks=True)
        else:
            yield one


def _is_hour(token: Token, after: Token | None) -> bool:
    return token.text[:-1].isdigit() and after is not None and after.text[:2].isdigit()


def _parted(token: Token) -> Iterator[Token]:
    """Yield a word in two at a colon that is not part of a time of day."""
    match = re.search(r"(?<!\d)[:：](?=[^/:：])|(?<=\d)[:：](?=[^\d/:：])", token.text)
    if match is None or "@" in token.text:
        yield token
        return
    after = token.cut(match.end())
    yield replace(token, text=token.text[: match.end()], right=after.left)
    yield from _parted(after)


def _label_size(tokens: Sequence[Token]) -> int:
    """Return how many of the words after a label are the next label, by the widest blank."""
    if len(tokens) == 1:
        return 1
    gaps = [after.left - before.right for before, after in itertools.pairwise(tokens)]
    widest = max(range(len(gaps)), key=gaps.__getitem__)
    height = tokens[-1].bottom - tokens[-1].top
    if gaps[widest] > WIDE * height:
        return len(tokens) - 1 - widest
    plain = [not any(map(str.isdigit, token.text)) for token in reversed(tokens)]
    return max(min(plain.index(False) if False in plain else 1, 3), 1)


def _is_label(tokens: Sequence[Token]) -> bool:
    text = text_of(tokens)
    letters = sum(map(str.isalpha, text))
    return bool(letters) and len(tokens) <= LABEL_WORDS and len(text) <= LABEL_LETTERS


def _names_something(segment: Segment) -> bool:
    """Return whether words without a colon are a label: a known one, or a noun at their end."""
    text = segment.text.rstrip(" .")
    known = segment.asks or segment.taken or len(segment.tokens) > SHORT
    if known or not text or re.search(r"\d", text):
        return False
    match = match_field(segment.tokens)
    return (match is not None and not match.rest) or compact(text.split()[-1]) in NOUNS


def _is_numbered(segment: Segment) -> bool:
    """Return whether words are a numbered question of a form, such as ``3. Address of firm``."""
    match = NUMBER.match(segment.text)
    words = len(segment.tokens)
    if not match or segment.asks or segment.taken or words > LABEL_WORDS:
        return False
    rest = segment.text[match.end() :]
    return bool(rest) and not re.search(r"\d", rest) and rest[0].isupper()


def _figured(every: Sequence[Segment], height: float) -> Iterator[Pair]:
    """Yield words with the figures directly next to them, such as an amount or a date."""
    for one in every:
        if one.asks or one.taken or re.search(r"\d", one.text) or not _is_label(one.tokens):
            continue
        if not one.text[0].isupper() or is_person(one.text):
            continue
        value = _beside(one, every, height)
        if value is not None and _is_amount(value.text):
            value.taken = one.taken = True
            yield _pair(one, [value], "right")


def _captioned(every: Sequence[Segment], height: float) -> Iterator[Pair]:
    """Yield a caption with the words right above it, as under the line that one writes on."""
    for caption in every:
        if not _names_something(caption):
            continue
        above = [
            one
            for one in every
            if not (one.asks or one.taken or _names_something(one))
            and 0 < caption.top - one.bottom + 0.6 * height < NEXT_LINE * height
            and one.left < caption.right
            and one.right > caption.left
        ]
        if (
            above
            and re.search(r"[^\W_]{3}", above[-1].text)
            and len(above[-1].tokens) <= LABEL_WORDS
        ):
            above[-1].taken = caption.taken = True
            yield _pair(caption, [above[-1]], "above")


def _within(segment: Segment) -> Iterator[Pair]:
    """Yield a label that a figure follows in the same words, such as ``Batch Size 47.5 lbs``."""
    digits = [place for place, one in enumerate(segment.tokens) if re.search(r"\d", one.text)]
    if segment.asks or segment.taken or not digits or not segment.text[0].isupper():
        return
    label = replace(segment, tokens=segment.tokens[: digits[0]])
    value = replace(segment, tokens=segment.tokens[digits[0] :])
    if label.tokens and _names_something(label) and len(value.tokens) <= SHORT:
        segment.taken = True
        yield _pair(label, [value], "inside")


def _is_amount(text: str) -> bool:
    """Return whether a text is an amount, a share, a date, or a plain number of several digits."""
    plain = "".join(normal(text).split())
    return bool(AMOUNT.fullmatch(plain) or parse_dates(text))


def _ticked(rows: Sequence[Sequence[Segment]], height: float) -> Iterator[Pair]:
    """Yield each mark in a box with the words next to it."""
    for row in rows:
        tokens = [(token, segment) for segment in row for token in segment.tokens]
        for place, (token, segment) in enumerate(tokens):
            if token.text not in MARKS or len(tokens) < 2:
                continue
            if place and any(map(str.isdigit, tokens[place - 1][0].text)):  # 17 x 23
                continue
            before = _option([one for one, _ in tokens[:place]][::-1], height)[::-1]
            after = _option([one for one, _ in tokens[place + 1 :]], height)
            words = before or after
            if words and words[0].text not in MARKS:
                option = Segment(tokens=words, row=segment.row)
                mark = Segment(tokens=[token], row=segment.row)
                segment.taken = len(segment.tokens) == 1
                yield _pair(option, [mark], "mark")


def _option(tokens: Sequence[Token], height: float) -> list[Token]:
    """Return the words nearest to a box, up to a wide blank or a sign."""
    words: list[Token] = []
    for token in tokens:
        gap = abs(token.left - words[-1].right) if words else 0.0
        gap = min(gap, abs(words[-1].left - token.right)) if words else 0.0
        if (
            token.text in MARKS
            or token.text[-1] in ENDS
            or not re.search(r"\w", token.text)
            or gap > WIDE * height
        ):
            break
        words.append(token)
    return words[:3]


def _with_line_above(label: Segment, every: Sequence[Segment], height: float) -> Segment:
    """Return a label with the line above that it begins with."""
    above = [
        one
        for one in every
        if not (one.asks or one.taken)
        and abs(one.left - label.left) < height
        and 0 < label.tokens[0].middle - one.tokens[0].middle < NEXT_LINE * height
        and len(one.tokens) <= SHORT
        and not re.search(r"[\d.;,?!]$", one.text)
        and one.right < label.right + LONGER * height
    ]
    if not above:
        return label
    above[-1].taken = True
    return Segment(tokens=[*above[-1].tokens, *label.tokens], row=label.row, asks=True)


def _valued(label: Segment, every: Sequence[Segment], height: float) -> Iterator[Pair]:
    """Yield a label with its value, when there is one next to it or below it."""
    first = _beside(label, every, height)
    how = "right"
    if first is None and (label.text[-1] in ENDS or _names_something(replace(label, asks=False))):
        first, how = _below(label, every, height), "below"
    if first is None or not re.search(r"\w", first.text):
        return
    if _is_option(first, every) or (how == "below" and first.text.startswith("(")):
        return
    first.taken = label.taken = True
    values = [first, *_continued(first, label, every, height)]
    yield _pair(label, values, how)


def _is_option(segment: Segment, every: Sequence[Segment]) -> bool:
    """Return whether words have a box to tick, and so are a label themselves."""
    boxes = MARKS | EMPTY
    after = next((b for a, b in itertools.pairwise(every) if a is segment), None)
    ticked = after is not None and after.row == segment.row and after.tokens[0].text in boxes
    only = len(segment.tokens) == 1
    return not only and (
        ticked or segment.tokens[0].text in boxes or segment.tokens[-1].text in boxes
    )


def _beside(label: Segment, every: Sequence[Segment], height: float) -> Segment | None:
    """Return the nearest text to the right, unless another label comes before it."""
    right = [
        one
        for one in every
        if one is not label
        and one.left >= label.right - 0.5 * height
        and one.tokens[0].middle > label.top - 0.2 * height
        and one.tokens[0].middle < label.bottom + 0.2 * height
    ]
    nearest = min(right, key=lambda one: one.left, default=None)
    if nearest is None or nearest.asks or nearest.taken or COUNTED.match(nearest.text):
        return None
    if not label.asks and _names_something(nearest):
        return None
    return nearest if nearest.left - label.right < FAR_RIGHT else None


def _below(label: Segment, every: Sequence[Segment], height: float) -> Segment | None:
    """Return the nearest text below the label."""
    under = [
        one
        for one in every
        if one.top > label.bottom - 0.5 * height
        and one.top - label.bottom < FAR_BELOW * height
        and _over(label, one, height)
    ]
    nearest = min(under, key=lambda one: (one.row, abs(one.left - label.left)), default=None)
    if nearest is None or nearest.asks or nearest.taken or _names_something(nearest):
        return None
    return nearest


def _over(label: Segment, other: Segment, height: float) -> bool:
    return label.left - ALIGNED * height < other.left < max(label.right, label.left + height)


def _continued(
    first: Segment, label: Segment, every: Sequence[Segment], height: float
) -> Iterator[Segment]:
    """Yield the lines that go on below the first line of a value."""
    last = first
    edges = (first.left, label.left)
    for before, one in itertools.pairwise(every):
        if one.row <= last.row or one.taken or one.asks:
            continue
        if before.asks and before.row == one.row:
            continue
        apart = one.tokens[0].middle - last.tokens[0].middle
        if apart > NEXT_LINE * height:
            break
        if min(abs(one.left - edge) for edge in edges) > height or _names_something(one):
            continue
        if abs(one.left - first.left) > height and last.right < FULL_LINE:
            continue
        one.taken = True
        last = one
        yield one
