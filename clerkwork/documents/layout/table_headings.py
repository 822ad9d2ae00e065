"""The headings of the table of lines, in one row or over several, and the columns they make."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from clerkwork.documents.draft import PageLayout
from clerkwork.documents.layout.labels import Labels, match_columns
from clerkwork.documents.tokens import UNITS, Token

NUMERIC = ("quantity", "unit_price", "amount")
OUTSIDE = 15.0
LEAST_HEADINGS = 2  # in a row that others may stand above and below
STACKED = 2.3  # line heights between the middles of rows of one heading
WINDOWS = ((0, 2), (-1, 2), (-1, 3), (0, 3), (-2, 3))  # rows from this one, and how many


@dataclass(slots=True, kw_only=True)
class Column:
    """One column: its role and how far it reaches, in units."""

    role: str
    left: float
    right: float


def headings_of(layout: PageLayout, headings: Labels) -> tuple[list[Column] | None, int]:
    """Return the columns of a table by its headings, and the row after them; None without any."""
    for index, row in enumerate(layout.rows):
        stacked = _stacked(layout, index, headings)
        columns, following = stacked or (_columns(row, headings), index + 1)
        if not _good(columns):
            continue
        while following < len(layout.rows) and _good(_columns(layout.rows[following], headings)):
            following += 1  # headings in a second language
        if columns[-1].role in NUMERIC:  # text next to the table is none of its amounts
            left = columns[-1].right + OUTSIDE
            columns.append(Column(role="outside", left=left, right=max(UNITS, left)))
        return columns, following
    return None, 0


def _stacked(layout: PageLayout, index: int, headings: Labels) -> tuple[list[Column], int] | None:
    """Return the headings of a row with the words above and below it, and the row after them.

    None where that makes no more headings of it, or where a word would be left over: a row of the
    table is close to its headings too.
    """
    alone = match_columns(layout.rows[index], headings)
    if len(alone) < LEAST_HEADINGS:
        return None
    most, best = len({match.role for match in alone}), None
    for first, count in WINDOWS:
        rows = layout.rows[max(index + first, 0) : index + first + count]
        if index + first < 0 or len(rows) < count or not _are_close(rows, layout.page.line_height):
            continue
        row = _by_columns(rows)
        matches = match_columns(row, headings)
        used = {id(token) for match in matches for token in match.tokens}
        beside = [token for each in rows if each is not layout.rows[index] for token in each]
        roles = len({match.role for match in matches})
        if roles > most and all(id(token) in used for token in beside):
            most, best = roles, (_columns(row, headings), index + first + count)
    return best


def _are_close(rows: Sequence[Sequence[Token]], height: float) -> bool:
    return all(
        lower[0].middle - upper[0].middle < STACKED * height
        for upper, lower in itertools.pairwise(rows)
    )


def _by_columns(rows: Sequence[Sequence[Token]]) -> list[Token]:
    """Return words from the left by what they stand above, each pile from its top."""
    piles: list[list[tuple[int, Token]]] = []
    every = [(number, token) for number, row in enumerate(rows) for token in row]
    for number, token in sorted(every, key=lambda each: each[1].left):
        if piles and token.left < max(other.right for _, other in piles[-1]):
            piles[-1].append((number, token))
        else:
            piles.append([(number, token)])
    return [token for pile in piles for _, token in sorted(pile, key=lambda each: each[0])]


def _good(columns: list[Column]) -> bool:
    roles = {column.role for column in columns}
    return len(roles) >= 4 and len(roles & set(NUMERIC)) >= 2


def _columns(row: Sequence[Token], headings: Labels) -> list[Column]:
    columns: list[Column] = []
    for match in match_columns(row, headings):
        left = min(token.left for token in match.tokens)
        right = max(token.right for token in match.tokens)
        if match.rest and match.rest[0].left < right:  # the heading ends inside a longer word
            right = match.rest[0].left
        if columns and columns[-1].role == match.role:
            columns[-1].right = right
        else:
            columns.append(Column(role=match.role, left=left, right=right))
    roles = [column.role for column in columns]
    for column in columns:
        if column.role == "item":
            free = "description" if "description" not in roles else "code"
            column.role = free if free not in roles else "index"
    if columns and columns[0].role != "index":  # rows are often numbered without a heading
        columns.insert(0, Column(role="index", left=0.0, right=max(columns[0].left - 5.0, 0.0)))
    return columns
