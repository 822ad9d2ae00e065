"""What was found on the pages, before it is believed: values with the words they stand in."""

from dataclasses import dataclass, field

from clerkwork.documents.tokens import PIECE_GAP, PageWords, Token, pieces_of, rows_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One value as it stands on a page.

    Attributes:
        value: Normalised; empty when the text could not be understood.
        raw: The text on the page.
        tokens: The words.
        label: The label it stands with, or an empty string.
        options: Other values the same text can mean.
        steady: Whether nothing but its reading is in doubt; false for a value that is a guess.
    """

    value: str
    raw: str
    tokens: tuple[Token, ...]
    label: str = ""
    options: tuple[str, ...] = ()
    steady: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLine:
    """One line of the table; a cell that was not found is missing in *cells*.

    Attributes:
        cells: By the name of the field.
        clean: Whether every word of the row found its place in one column.
    """

    cells: dict[str, Found]
    clean: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything found in a document.

    Attributes:
        kind: ``purchase_order``, ``invoice`` or ``unknown``.
        number: As are *order_date*, *supplier*, *currency*: the best first.
        lines: The rows of the table.
        subtotal: Amounts labelled so, the best first, as are *tax*, *total* and *words*.
        loose: Amounts below the table that no label explains.
        mark: The decimal mark of the document.
    """

    kind: str
    number: list[Found]
    order_date: list[Found]
    supplier: list[Found]
    currency: list[Found]
    lines: list[FoundLine]
    subtotal: list[Found]
    tax: list[Found]
    total: list[Found]
    words: list[Found]
    loose: list[str] = field(default_factory=list)
    mark: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """A page as rows of words and rows of pieces.

    Attributes:
        page: The words.
        rows: From the top, each from the left.
        pieces: For each row its words in pieces that stand apart.
    """

    page: PageWords
    rows: list[list[Token]]
    pieces: list[list[list[Token]]]


def layout_of(page: PageWords) -> Layout:
    """Return the page in rows and pieces."""
    rows = rows_of(page)
    gap = PIECE_GAP * page.line_height
    return Layout(page=page, rows=rows, pieces=[pieces_of(row, gap) for row in rows])


def found(value: str, tokens: list[Token] | tuple[Token, ...], label: str = "") -> Found:
    """Return *value* as found in *tokens*."""
    return Found(value=value, raw=text_of(tokens), tokens=tuple(tokens), label=label)
