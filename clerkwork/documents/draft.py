"""Values found on the pages with their words, before they are assessed."""

from dataclasses import dataclass, field

from clerkwork.documents.tokens import PIECE_GAP, PageWords, Token, pieces_of, rows_of, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundValue:
    """One value on a page.

    Attributes:
        value: Normalised; empty when the text could not be understood.
        raw: The text on the page.
        tokens: The words.
        label: Its label, or an empty string.
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

    cells: dict[str, FoundValue]
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
    number: list[FoundValue]
    order_date: list[FoundValue]
    supplier: list[FoundValue]
    currency: list[FoundValue]
    lines: list[FoundLine]
    subtotal: list[FoundValue]
    tax: list[FoundValue]
    total: list[FoundValue]
    words: list[FoundValue]
    loose: list[str] = field(default_factory=list)
    mark: str = "."


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLayout:
    """A page as rows of words and rows of pieces.

    Attributes:
        page: The words.
        rows: From the top, each from the left.
        pieces: For each row its words in pieces with wide gaps between them.
    """

    page: PageWords
    rows: list[list[Token]]
    pieces: list[list[list[Token]]]


def layout_of(page: PageWords) -> PageLayout:
    """Return the page in rows and pieces."""
    rows = rows_of(page)
    gap = PIECE_GAP * page.line_height
    return PageLayout(page=page, rows=rows, pieces=[pieces_of(row, gap) for row in rows])


def found(value: str, tokens: list[Token] | tuple[Token, ...], label: str = "") -> FoundValue:
    """Return *value* as found in *tokens*."""
    return FoundValue(value=value, raw=text_of(tokens), tokens=tuple(tokens), label=label)
