"""The table of lines: a row of column headings, then rows until the totals."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from clerkwork.documents.draft import FoundLine, FoundValue, PageLayout, found
from clerkwork.documents.layout.labels import COLUMNS, Labels, is_carried, match_field
from clerkwork.documents.layout.table_headings import NUMERIC, Column, headings_of
from clerkwork.documents.tokens import Token, has_cjk, pieces_of, text_of
from clerkwork.documents.values.amounts import (
    parse_amount,
    parse_code,
    parse_number,
    parse_quantity,
)

TOTAL_ROLES = {"subtotal", "tax", "total", "words"}
CHUNK_GAP = 0.6
NOT_A_NUMBER = 400.0
FAR = 60.0
CLOSER = 0.75  # a row goes on in the next when the blank between is so much less than elsewhere
NEAR_ROW, NEAR_ROW_MIDDLE = 2.5, 4.0  # in line heights
MISREAD = 25.0


@dataclass(slots=True, kw_only=True)
class LineTable:
    """The table on one page.

    Attributes:
        columns: From the left.
        first: Index of the first row below the headings.
        end: Index of the first row below the table.
        complete: Whether the end was found on this page.
    """

    columns: list[Column]
    first: int
    end: int
    complete: bool


@dataclass(slots=True, kw_only=True)
class _Row:
    cells: dict[int, list[Token]] = field(default_factory=dict)
    middle: float = 0.0
    top: float = 0.0
    bottom: float = 0.0
    clean: bool = True


def find_table(
    layout: PageLayout, carried: list[Column] | None, headings: Labels = COLUMNS
) -> LineTable | None:
    """Return the table on a page; *carried* are the columns of a table that goes on from before."""
    columns, first = headings_of(layout, headings)
    if columns is None:
        if carried is None:
            return None
        columns, first = carried, 0
    for index in range(first, len(layout.rows)):
        if _is_total(layout.pieces[index]):
            return LineTable(columns=columns, first=first, end=index, complete=True)
    return LineTable(columns=columns, first=first, end=len(layout.rows), complete=False)


def _is_total(pieces: list[list[Token]]) -> bool:
    if any(is_carried(text_of(piece)) for piece in pieces):
        return False
    matches = [match_field(piece) for piece in pieces[:2]]
    return any(match is not None and match.role in TOTAL_ROLES for match in matches)


def lines_in(pages: Sequence[tuple[PageLayout, LineTable]], mark: str) -> list[FoundLine]:
    """Return the lines of a table, given with the layout of each page that it goes over."""
    lines: list[tuple[_Row, list[Column]]] = []
    hanging = False
    for layout, table in pages:
        rows = _rows_on(layout, table, mark)
        numeric = {i for i, column in enumerate(table.columns) if column.role in NUMERIC}
        whole = [row for row in rows if len(numeric & set(row.cells)) >= 2]
        if not lines:  # rows are aligned at their first line, unless one begins above its figures
            hanging = bool(whole) and rows[0] is whole[0]
        before = lines[-1][0] if lines and hanging else None
        lines += [(row, table.columns) for row in whole]
        _join_rests(rows, whole, before, table.columns, layout, hanging=hanging)
    return [_line(row, columns, mark) for row, columns in lines]


def _rows_on(layout: PageLayout, table: LineTable, mark: str) -> list[_Row]:
    """Return the rows of a page's part of the table, those without a word of it left out."""
    gap = CHUNK_GAP * layout.page.line_height
    chunks = [pieces_of(row, gap) for row in layout.rows[table.first : table.end]]
    chunks = [pieces for pieces in chunks if not any(is_carried(text_of(each)) for each in pieces)]
    table.columns[:] = _refined(_placed(chunks, table.columns, mark), table.columns)
    return [row for row in _placed(chunks, table.columns, mark) if row.cells]


def _join_rests(
    rows: list[_Row],
    whole: list[_Row],
    before: _Row | None,
    columns: list[Column],
    layout: PageLayout,
    *,
    hanging: bool,
) -> None:
    """Add the rests of wrapped descriptions to the rows they belong to.

    Args:
        rows: All rows of the page's part of the table.
        whole: Those with figures.
        before: The last row of the page before, which may go on here; None without one.
        columns: The columns.
        layout: The page.
        hanging: Whether rows are aligned at their first line.
    """
    height = layout.page.line_height
    for place, row in enumerate(rows):
        if any(row is one for one in whole):
            continue
        home = _home(rows, whole, place, height, hanging=hanging)
        if home is None and before and hanging and not any(one in whole for one in rows[:place]):
            before.clean = before.clean and layout.page.exact
            _add(row, before, columns, above=False)
        elif home is not None:
            _add(row, home, columns, above=row.middle < home.middle)
        elif whole:
            _join(row, whole, columns, height)


def _home(
    rows: list[_Row], whole: list[_Row], place: int, height: float, *, hanging: bool
) -> _Row | None:
    """Return the row that a rest goes on from or leads to, by the blanks between the rows.

    None where the blanks do not tell.
    """
    step = 0
    while 0 <= place < len(rows) and not any(rows[place] is one for one in whole):
        up = rows[place].top - rows[place - 1].bottom if place else None
        down = rows[place + 1].top - rows[place].bottom if place + 1 < len(rows) else None
        way = _way(up, down, height, hanging=hanging)
        if not way or way == -step:
            return None
        step = way
        place += way
    return rows[place] if 0 <= place < len(rows) else None


def _way(up: float | None, down: float | None, height: float, *, hanging: bool) -> int:
    """Return -1 where a row belongs to the one above, 1 to the one below, 0 to neither."""
    near = NEAR_ROW * height
    if up is not None and up < near and (down is None or up < CLOSER * down - 1):
        return -1
    if up is None and hanging:
        return 0
    if down is not None and down < near and (up is None or down < CLOSER * up - 1):
        return 1
    return -1 if hanging and up is not None and up < near else 0


def _placed(chunks: list[list[list[Token]]], columns: list[Column], mark: str) -> list[_Row]:
    rows = []
    for pieces in chunks:
        first = [piece[0] for piece in pieces]
        row = _Row(
            middle=sum(token.middle for token in first) / max(len(first), 1),
            top=min((token.top for token in first), default=0.0),
            bottom=max((token.bottom for token in first), default=0.0),
        )
        for piece, index in zip(pieces, _assign(pieces, columns, mark), strict=True):
            if index in row.cells and columns[index].role in NUMERIC:
                row.clean = False
            if columns[index].role != "outside":
                row.cells.setdefault(index, []).extend(piece)
        rows.append(row)
    return rows


def _assign(pieces: list[list[Token]], columns: list[Column], mark: str) -> list[int]:
    """Return the column of each piece, never going back to the left, at the least distance."""
    best: list[tuple[float, list[int]]] = [(0.0, []) for _ in columns]
    for piece in pieces:
        new: list[tuple[float, list[int]]] = []
        for index, column in enumerate(columns):
            cost, path = min(best[: index + 1], key=lambda entry: entry[0])
            new.append((cost + _cost(piece, column, mark), [*path, index]))
        best = new
    return min(best, key=lambda entry: entry[0])[1]


def _cost(piece: list[Token], column: Column, mark: str) -> float:
    left, right = piece[0].left, piece[-1].right
    apart = max(column.left - right, left - column.right, 0.0)
    overlap = min(right, column.right) - max(left, column.left)
    cost = apart - 0.01 * max(overlap, 0.0)
    if column.role in NUMERIC and PARSERS[column.role](text_of(piece), mark) is None:
        cost += MISREAD if _may_be_number(piece) else NOT_A_NUMBER
    if column.role == "outside" and parse_amount(text_of(piece), mark) is not None:
        cost += NOT_A_NUMBER
    if column.role == "index" and not text_of(piece).strip(".|").isdigit():
        cost += FAR
    return cost


def _may_be_number(piece: list[Token]) -> bool:
    """Return whether a piece can be a misread number: mostly digits, or just a stroke or two."""
    text = text_of(piece)
    return len(piece) == 1 and (sum(map(str.isdigit, text)) > len(text) / 2 or len(text) <= 2)


def _refined(rows: list[_Row], columns: list[Column]) -> list[Column]:
    """Return the columns widened by the cells that found their place in them."""
    refined = []
    for index, column in enumerate(columns):
        cells = [row.cells[index] for row in rows if index in row.cells]
        left, right = column.left, column.right
        if cells and column.role in NUMERIC:
            left = min(left, *(cell[0].left for cell in cells))
            right = max(right, *(cell[-1].right for cell in cells))
        refined.append(Column(role=column.role, left=left, right=right))
    return refined


def _join(fragment: _Row, whole: list[_Row], columns: list[Column], height: float) -> None:
    """Add the rest of a wrapped description to the nearest row."""
    near = sorted(whole, key=lambda row: abs(row.middle - fragment.middle))
    home = near[0]
    distance = abs(home.middle - fragment.middle)
    if distance > NEAR_ROW_MIDDLE * height:
        return
    if len(near) > 1 and distance > 0.75 * abs(near[1].middle - fragment.middle):
        home.clean = near[1].clean = False
    _add(fragment, home, columns, above=fragment.middle < home.middle)


def _add(fragment: _Row, home: _Row, columns: list[Column], *, above: bool) -> None:
    """Add the words of a row without figures to the one it belongs to."""
    if any(columns[index].role in NUMERIC for index in fragment.cells):
        home.clean = False
    for index, tokens in fragment.cells.items():
        own = home.cells.get(index, [])
        home.cells[index] = [*tokens, *own] if above else [*own, *tokens]


def _line(row: _Row, columns: list[Column], mark: str) -> FoundLine:
    cells: dict[str, FoundValue] = {}
    texts: dict[str, list[Token]] = {"code": [], "description": []}
    order = [column.role for column in columns if column.role in texts]
    for index in sorted(row.cells):
        role, tokens = columns[index].role, row.cells[index]
        if role in NUMERIC:
            number = PARSERS[role](text_of(tokens), mark)
            cells[role] = found("" if number is None else WRITERS[role](number), tokens)
        elif role in texts:
            texts[role] += tokens
    _split_code(texts, code_first=order[:1] == ["code"], has_code="code" in order)
    if texts["code"]:
        cells["code"] = found(parse_code(text_of(texts["code"])) or "", texts["code"])
    if texts["description"]:
        words = texts["description"]
        cells["description"] = found(text_of(words).strip(" |,;:=«"), words)
    return FoundLine(cells=cells, clean=row.clean)


def _split_code(texts: dict[str, list[Token]], *, code_first: bool, has_code: bool) -> None:
    """Move words between code and description where the columns alone put them wrongly."""
    code, description = texts["code"], texts["description"]
    if not has_code:
        return
    if code and len(code) > 1 and parse_code(text_of(code)) is None and code_first:
        texts["code"], texts["description"] = code[:1], [*code[1:], *description]
    elif not code and len(description) > 1 and code_first and _looks_like_code(description[0]):
        texts["code"], texts["description"] = description[:1], description[1:]


def _looks_like_code(token: Token) -> bool:
    return parse_code(token.text) is not None and not has_cjk(token.text) and len(token.text) > 3


def plain(number: Decimal) -> str:
    """Return *number* without an exponent and without a fraction that is nought."""
    return f"{number:f}" if number != int(number) else str(int(number))


def money(number: Decimal) -> str:
    """Return *number* with at least two decimals."""
    return f"{number:.2f}" if number == round(number, 2) else f"{number:f}"


Parser = Callable[[str, str], Decimal | None]


def _price(text: str, mark: str) -> Decimal | None:
    amount = parse_amount(text, mark)
    return amount if amount is not None else parse_number(text, mark)


PARSERS: dict[str, Parser] = {
    "quantity": parse_quantity,
    "unit_price": _price,
    "amount": parse_amount,
}
WRITERS: dict[str, Callable[[Decimal], str]] = {
    "quantity": plain,
    "unit_price": money,
    "amount": money,
}
