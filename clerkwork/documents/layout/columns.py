"""Columns with headings on any form: which row is the heading, and which cells stand under it."""

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from clerkwork.documents.tokens import Token, text_of

FEWEST_COLUMNS, LEAST_COLUMNS, LEAST_ROWS = 2, 3, 2
HEADING_WORDS, ROW_GAP, LINE_GAP, NEAR = 6, 2.6, 0.3, 40.0
LEAST_SHARE, GOES_ON = 0.5, 0.45
LEAST_LABELS, ALL_BUT, COLUMN_GAP, EDGE = 4, 0.75, 2.6, 0.4
PERSON = re.compile(r"(?:[A-Z]\.\s?)+[A-Z][^\W\d_]+$|(?:Mrs?|Ms|Dr)\.\s")


@dataclass(slots=True, kw_only=True)
class Segment:
    """Words that stand together: a label, or text that may be a value.

    Attributes:
        tokens: From the left.
        row: The row's number.
        asks: Whether they are a label.
        taken: Whether they are part of a value already.
    """

    tokens: list[Token]
    row: int
    asks: bool = False
    taken: bool = False

    @property
    def left(self) -> float:
        """Return the left edge."""
        return min(token.left for token in self.tokens)

    @property
    def right(self) -> float:
        """Return the right edge."""
        return max(token.right for token in self.tokens)

    @property
    def top(self) -> float:
        """Return the upper edge."""
        return min(token.top for token in self.tokens)

    @property
    def bottom(self) -> float:
        """Return the lower edge."""
        return max(token.bottom for token in self.tokens)

    @property
    def text(self) -> str:
        """Return the words."""
        return text_of(self.tokens)


Columns = list[Segment]
Cells = dict[int, Segment]


def headed_columns(
    rows: Sequence[Sequence[Segment]], height: float, is_name: Callable[[Segment], bool]
) -> Iterator[tuple[Segment, list[Segment]]]:
    """Yield heading and cell, a line after the other, for every cell of every table on a page.

    Args:
        rows: The words of the page.
        height: That of a line.
        is_name: Whether words name something, as most labels do.
    """
    number = 0
    while number < len(rows):
        columns, first = _headings(rows, number, height)
        named = sum(map(is_name, columns)) >= LEAST_SHARE * len(columns)
        body, end = _body(rows, first, columns, height) if columns else ([], number)
        for place, cells in enumerate(body):
            if sum(map(is_name, cells.values())) > LEAST_SHARE * len(cells):  # the next headings
                body, end = body[:place], first + place
                break
        if not _is_table(columns, body, height, named=named):
            number += 1
            continue
        for lines in _cells(columns, body, height):
            yield from lines
        number = max(end, number + 1)


def _headings(rows: Sequence[Sequence[Segment]], number: int, height: float) -> tuple[Columns, int]:
    """Return the headings that begin in a row, over several lines, and the row after them."""
    if not _is_wordy(rows[number]):
        return [], number
    lines = list(rows[number])
    end = number + 1
    asked = all(one.asks for one in lines)  # a second line of labels is no second line of headings
    while (
        not asked
        and end < len(rows)
        and _is_wordy(rows[end])
        and not any(one.asks for one in rows[end])
        and not _is_told_apart(lines, rows[end])
        and _is_close(lines, rows[end], height)
    ):
        lines += rows[end]
        end += 1
    columns: Columns = []
    for one in sorted(lines, key=lambda one: one.left):
        if columns and one.left < columns[-1].right:
            tokens = sorted([*columns[-1].tokens, *one.tokens], key=lambda token: token.top)
            columns[-1] = Segment(tokens=tokens, row=number)
        else:
            columns.append(Segment(tokens=list(one.tokens), row=number, asks=one.asks))
    return (columns, end) if len(columns) >= FEWEST_COLUMNS else ([], number)


def _is_wordy(row: Sequence[Segment]) -> bool:
    """Return whether words can be headings: plain ones, or labels with nothing next to them."""
    asked = sum(one.asks for one in row)
    return (
        bool(row)
        and asked in {0, len(row)}
        and not any(
            one.taken
            or len(one.tokens) > HEADING_WORDS
            or re.search(r"\d", one.text)
            or not re.search(r"[^\W\d_]{2}", one.text)
            for one in row
        )
    )


def _is_told_apart(lines: Sequence[Segment], row: Sequence[Segment]) -> bool:
    """Return whether headings are in capitals and the row below them is not."""
    return all(one.text.isupper() for one in lines) and not any(one.text.isupper() for one in row)


def _is_close(lines: Sequence[Segment], row: Sequence[Segment], height: float) -> bool:
    bottom = max(one.bottom for one in lines)
    return min(one.top for one in row) - bottom < LINE_GAP * height


def _body(
    rows: Sequence[Sequence[Segment]], number: int, columns: Columns, height: float
) -> tuple[list[Cells], int]:
    """Return the rows below that fit the columns, and the number of the row after them."""
    body: list[Cells] = []
    bottom = max(one.bottom for one in columns)
    for row in range(number, len(rows)):
        top = min((one.top for one in rows[row]), default=0.0)
        cells = _placed(rows[row], columns)
        if not cells or top - bottom > ROW_GAP * height or any(one.asks for one in rows[row]):
            return body, row
        body.append(cells)
        bottom = max(one.bottom for one in rows[row])
    return body, len(rows)


def _placed(row: Sequence[Segment], columns: Columns) -> Cells:
    """Return the words of a row as cells; empty when a word is under no heading."""
    cells: Cells = {}
    for segment in row:
        place = _column_of(segment.left, segment.right, columns)
        parts = [_column_of(token.left, token.right, columns) for token in segment.tokens]
        if place is None and None in parts:
            return {}
        places = [place] * len(parts) if place is not None else _parted(segment.tokens, parts)
        for token, own in zip(segment.tokens, places, strict=True):
            if own is None:
                return {}
            cells.setdefault(own, Segment(tokens=[], row=segment.row)).tokens.append(token)
    return cells


def _parted(tokens: Sequence[Token], places: Sequence[int | None]) -> list[int | None]:
    """Return the columns of words that go over several ones, parted at the widest blank there."""
    parted = list(places)
    for at, (one, other) in enumerate(itertools.pairwise(places), start=1):
        if one == other:
            continue
        near = range(max(at - 1, 1), min(at + 2, len(tokens)))
        cut = max(near, key=lambda place: tokens[place].left - tokens[place - 1].right)
        parted[min(at, cut) : max(at, cut)] = [other if cut < at else one] * abs(cut - at)
    return parted


def _column_of(left: float, right: float, columns: Columns) -> int | None:
    """Return the one heading over or nearest to an extent, None for several."""
    over = [i for i, one in enumerate(columns) if left < one.right and right > one.left]
    if len(over) == 1:
        return over[0]
    if over:
        return None
    near = [(max(left - one.right, one.left - right), i) for i, one in enumerate(columns)]
    distance, place = min(near)
    return place if distance < NEAR else None


def _is_table(columns: Columns, body: Sequence[Cells], height: float, *, named: bool) -> bool:
    """Return whether rows are cells of columns: one column has figures, which its heading has not.

    Two columns or a single row are a table only when their headings name something, and the cells
    begin where the headings begin or are three.
    """
    full = [cells for cells in body if len(cells) >= FEWEST_COLUMNS]
    if not full or all(one.asks for one in columns):  # colons tell what figures tell elsewhere
        return bool(full) and (len(columns) >= LEAST_COLUMNS or len(full) >= LEAST_ROWS)
    figures = [
        sum(is_figure(cells[i].text) for cells in full if i in cells) for i in range(len(columns))
    ]
    if max(figures) < LEAST_SHARE * len(full):
        return False
    if len(columns) >= LEAST_COLUMNS and len(full) >= LEAST_ROWS:
        return True
    if not named:
        return False
    if len(full[0]) >= LEAST_COLUMNS:
        return True
    return all(abs(one.left - columns[i].left) < height for i, one in full[0].items())


def is_figure(text: str) -> bool:
    """Return whether digits are at least half of the letters and digits of a text."""
    signs = [char for char in text if char.isalnum()]
    return bool(signs) and 2 * sum(map(str.isdigit, signs)) >= len(signs)


def label_column(rows: Sequence[Sequence[Segment]], height: float) -> list[Segment]:
    """Return words that begin at one edge below each other, with other words to their right."""
    labels: list[Segment] = []
    firsts = [(one, row[place + 1 :]) for row in rows for place, one in enumerate(row)]
    for start, (one, _) in enumerate(firsts):
        if one in labels or not _is_plain(one):
            continue
        group = [(one, firsts[start][1])]
        for other, right in firsts[start + 1 :]:
            if other.top - group[-1][0].bottom > COLUMN_GAP * height:
                break
            if abs(other.left - one.left) < EDGE * height and other.row > group[-1][0].row:
                group.append((other, right))
        plain = [pair for pair in group if _is_plain(pair[0])]
        told = any(right and not _is_plain(right[0]) for _, right in plain)
        if told and len(plain) >= max(LEAST_LABELS, ALL_BUT * len(group)):
            labels += [each for each, right in plain if right]
    return labels


def _is_plain(segment: Segment) -> bool:
    """Return whether words can be a label in a column of labels."""
    text = segment.text
    if segment.asks or segment.taken or len(segment.tokens) > HEADING_WORDS:
        return False
    letters = re.search(r"[^\W\d_]{2}", text) and not is_person(text)
    return bool(letters) and text[0].isupper() and not re.search(r"\d", text)


def is_person(text: str) -> bool:
    """Return whether words are a person's name with initials or a title."""
    return bool(PERSON.match(text))


def _cells(
    columns: Columns, body: Sequence[Cells], height: float
) -> Iterator[list[tuple[Segment, list[Segment]]]]:
    """Yield the cells of each row with their headings; a close row of few goes on from above."""
    rows: list[dict[int, list[Segment]]] = []
    bottom = 0.0
    for cells in body:
        close = min(one.top for one in cells.values()) - bottom < GOES_ON * height
        bottom = max(one.bottom for one in cells.values())
        few = len(cells) < LEAST_SHARE * len(columns)
        if rows and close and few and cells.keys() <= rows[-1].keys():
            for place, cell in cells.items():
                rows[-1][place].append(cell)
        else:
            rows.append({place: [cell] for place, cell in cells.items()})
    for lines in rows:
        yield [(columns[place], cell) for place, cell in lines.items()]
