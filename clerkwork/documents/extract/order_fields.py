"""The fields with labels: number, date, supplier, currency, tax and total."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain

from clerkwork.documents.draft import Draft, FoundLine, FoundValue, PageLayout, found, layout_of
from clerkwork.documents.layout.key_values import pairs_in
from clerkwork.documents.layout.labels import COLUMNS, Labels, Match, match_field, match_title
from clerkwork.documents.layout.line_items import LineTable, find_table, lines_in, money
from clerkwork.documents.layout.table_headings import Column
from clerkwork.documents.tokens import PageWords, Token, has_cjk, is_cjk, text_of
from clerkwork.documents.values.amounts import (
    currencies_in,
    decimal_mark,
    parse_amount,
    parse_reference,
)
from clerkwork.documents.values.dates import order_shown, parse_dates
from clerkwork.documents.values.numerals import parse_chinese_amount

SUFFIXES = [
    "ltd",
    "limited",
    "llc",
    "inc",
    "corp",
    "corporation",
    "co",
    "company",
    "gmbh",
    "ag",
    "plc",
    "pte",
    "pty",
    "sarl",
    "bv",
    "nv",
    "oy",
    "ab",
    "kg",
    "srl",
    "spa",
    "llp",
    "group",
    "holdings",
]
CHINESE_SUFFIXES = ("公司", "集团", "厂", "商行", "经营部", "中心", "事务所")
NEAR_BELOW, NEXT_LINE = 3.2, 2.2
PLAIN_DATE = {"date", "datum", "fecha", "data", "日期"}
STRONG_TOTALS = (
    "order total",
    "grand total",
    "total due",
    "amount due",
    "价税合计",
    "应付",
    "含税",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """A label with the words that may be its value: next to it, or below it."""

    match: Match
    values: tuple[tuple[Token, ...], ...]


def draft_of(pages: Sequence[PageWords], headings: Labels = COLUMNS) -> Draft:
    """Return everything that the words of a document's pages say about an order.

    Args:
        pages: The words.
        headings: The headings of the columns of its table of lines.
    """
    layouts = [layout_of(page) for page in pages]
    mark = decimal_mark(token.text for page in pages for token in page.tokens)
    lines, outside = _lines(layouts, mark, headings)
    labelled = [entry for layout, rows in outside for entry in _labelled(layout, rows)]
    labelled += _of_pairs(pages, {entry.match.tokens[0] for entry in labelled if entry.values})
    by_role: dict[str, list[Labelled]] = {}
    for entry in labelled:
        by_role.setdefault(entry.match.role, []).append(entry)
    kind = _kind(layouts, by_role)
    roles = ["invoice_number", "order_number"]
    ordered = roles if kind == "invoice" else roles[::-1]

    def amounts(role: str) -> list[FoundValue]:
        return [a for entry in by_role.get(role, []) for a in _amount(entry, mark)]

    totals = sorted(amounts("total"), key=lambda item: not item.label.startswith(STRONG_TOTALS))
    priced = [*amounts("subtotal"), *amounts("tax"), *totals]
    return Draft(
        kind=kind,
        number=_numbers(by_role, ordered),
        order_date=_dates(by_role.get("order_date", []), layouts),
        supplier=_suppliers(layouts, by_role),
        currency=_currencies(layouts, by_role),
        lines=lines,
        subtotal=amounts("subtotal"),
        tax=amounts("tax"),
        total=totals,
        words=[item for entry in by_role.get("words", []) for item in _words(entry)],
        loose=_loose(outside, priced, mark),
        mark=mark,
    )


Outside = list[tuple[PageLayout, list[int]]]


def _lines(
    layouts: list[PageLayout], mark: str, headings: Labels
) -> tuple[list[FoundLine], Outside]:
    tables: list[tuple[PageLayout, LineTable]] = []
    outside: Outside = []
    ended = False
    for layout in layouts:
        carried = tables[-1][1].columns if tables else None
        table = find_table(layout, None if ended else carried, headings)
        if table and carried and ended and not _same_columns(table.columns, carried):
            table = None  # another table below the first one's end
        rows = range(len(layout.rows))
        if table is None:
            outside.append((layout, list(rows)))
            continue
        tables.append((layout, table))
        inside = range(max(table.first - 1, 0), table.end)
        outside.append((layout, [row for row in rows if row not in inside]))
        ended = table.complete
    return lines_in(tables, mark), outside


def _same_columns(columns: Sequence[Column], others: Sequence[Column]) -> bool:
    """Return whether headings come again: below a page's own sums the table may go on."""
    return [each.role for each in columns] == [each.role for each in others]


def _labelled(layout: PageLayout, rows: list[int]) -> Iterator[Labelled]:
    for index in rows:
        pieces = layout.pieces[index]
        matches = [match_field(piece) for piece in pieces]
        for place, match in enumerate(matches):
            if match is None:
                continue
            beside = [match.rest] if match.rest else []
            for piece, other in zip(pieces[place + 1 :], matches[place + 1 :], strict=True):
                if other is not None:
                    break
                beside.append(tuple(piece))
            below = _below(layout, index, match) if not beside and index + 1 in rows else []
            yield Labelled(match=match, values=(*beside, *below))


def _below(layout: PageLayout, index: int, match: Match) -> list[tuple[Token, ...]]:
    head = match.tokens[0]
    for row in layout.pieces[index + 1 : index + 3]:
        for piece in row:
            if piece[0].top - head.bottom > NEAR_BELOW * layout.page.line_height:
                return []
            aligned = abs(piece[0].left - head.left) < 3 * layout.page.line_height
            over = piece[0].left < match.tokens[-1].right and piece[-1].right > head.left
            if (aligned or over) and match_field(piece) is None:
                return [tuple(piece)]
    return []


def _kind(layouts: list[PageLayout], by_role: dict[str, list[Labelled]]) -> str:
    for layout in layouts:
        for row in layout.pieces:
            for piece in row:
                if title := match_title(text_of(piece)):
                    return title
    if by_role.get("order_number"):
        return "purchase_order"
    return "invoice" if by_role.get("invoice_number") else "unknown"


def _of_pairs(pages: Sequence[PageWords], known: set[Token]) -> Iterator[Labelled]:
    """Yield labels that only the generic pass found a value for, such as headings of one row."""
    for pair in pairs_in(pages):
        match = match_field(pair.label.tokens)
        if match is not None and not match.rest and match.tokens[0] not in known:
            yield Labelled(match=match, values=(pair.value.tokens,))


def _typed(
    entries: list[Labelled], read: Callable[[Sequence[Token]], FoundValue | None]
) -> list[FoundValue]:
    values = []
    for entry in entries:
        for place, tokens in enumerate(entry.values):
            value = read(tokens)
            if value is not None:
                steady = value.steady and not place
                values.append(replace(value, label=entry.match.label, steady=steady))
                break
    return values


def _numbers(by_role: dict[str, list[Labelled]], roles: list[str]) -> list[FoundValue]:
    """Return the numbers of the first role, then those of the others, which are guesses."""
    own, *foreign = [_typed(by_role.get(role, []), _number) for role in roles]
    return own + [replace(item, steady=False) for items in foreign for item in items]


def _number(tokens: Sequence[Token]) -> FoundValue | None:
    value = parse_reference(text_of(tokens).replace(" ", ""))
    if value is None:
        value, tokens = parse_reference(tokens[0].text), tokens[:1]
    return found(value, tuple(tokens)) if value else None


def _dates(entries: list[Labelled], layouts: Sequence[PageLayout]) -> list[FoundValue]:
    """Return the dates, those with a more telling label than ``date`` first.

    Day or month comes first as another date of the document shows; a date in pieces is joined.
    Where no label has a date, all of the document are guesses.
    """
    texts = [text_of(row) for layout in layouts for row in layout.rows]
    read = partial(_date, order=order_shown(texts))
    joined = [
        Labelled(match=entry.match, values=(*entry.values, tuple(chain(*entry.values[:3]))))
        for entry in sorted(entries, key=lambda entry: entry.match.label in PLAIN_DATE)
    ]
    if dates := _typed(joined, read):
        return dates
    pieces = [piece for layout in layouts for row in layout.pieces for piece in row]
    return [replace(item, steady=False) for piece in pieces if (item := read(piece))]


def _date(tokens: Sequence[Token], order: str) -> FoundValue | None:
    for size in range(len(tokens), 0, -1):
        options = [day.isoformat() for day in parse_dates(text_of(tokens[:size]), order)]
        if options:
            value = found(options[0], tuple(tokens[:size]))
            steady = len(options) == 1 and size == len(tokens)
            return replace(value, options=tuple(options), steady=steady)
    return None


def _amount(entry: Labelled, mark: str) -> Iterator[FoundValue]:
    """Yield the amount at the end of the row, without a value where it was not understood."""
    pieces = entry.values[::-1]
    exact = [each for each in pieces if any(mark in token.text for token in each)]
    for tokens in exact or pieces:  # a number without cents next to it may be other text
        for token in reversed(tokens):
            digits = sum(char.isdigit() for char in token.text)
            if "%" in token.text or digits == 0 or digits < len(token.text) / 2:
                continue
            amount = parse_amount(token.text, mark)
            yield found("" if amount is None else money(amount), (token,), entry.match.label)
            return


def _words(entry: Labelled) -> Iterator[FoundValue]:
    for tokens in entry.values[:1]:
        amount = parse_chinese_amount(text_of(tokens))
        if amount is not None:
            yield found(money(amount), tokens, entry.match.label)


def _loose(outside: Outside, priced: list[FoundValue], mark: str) -> list[str]:
    """Return the amounts with cents below the first labelled one that no label explains."""
    if not priced:
        return []
    known = {item.value for item in priced}
    page = priced[0].tokens[0].page
    top = min(item.tokens[0].top for item in priced if item.tokens[0].page == page)
    loose = []
    for layout, rows in outside:
        for token in (token for row in rows for token in layout.rows[row]):
            amount = (
                parse_amount(token.text, mark) if "." in token.text or "," in token.text else None
            )
            below = (token.page, token.bottom) > (page, top)
            if amount is not None and below and money(amount) not in known:
                loose.append(token.text)
    return loose


def is_company(text: str) -> bool:
    """Return whether *text* ends like the name of a company."""
    clean = text.strip(" .,、。;:|")
    last = clean.lower().replace(".", "").split()
    if clean[:1].isdigit() and len(last) == 2:  # a weight in kg
        return False
    return clean.endswith(CHINESE_SUFFIXES) or (len(last) > 1 and last[-1] in SUFFIXES)


def _name(tokens: Sequence[Token]) -> FoundValue | None:
    text = text_of(tokens).strip(" ,、。;:|")
    letters = sum(1 for char in text if char.isalpha())
    return found(text, tuple(tokens)) if letters >= 2 else None


def _suppliers(layouts: list[PageLayout], by_role: dict[str, list[Labelled]]) -> list[FoundValue]:
    entries = [_with_next_line(entry, layouts) for entry in by_role.get("supplier", [])]
    labelled = _typed(entries, _name)
    if labelled:
        return sorted(labelled, key=lambda item: not is_company(item.value))
    buyers = {item.value for item in _typed(by_role.get("buyer", []), _name)}
    companies: dict[str, FoundValue] = {}
    for layout in layouts:
        for row in layout.pieces:
            for piece in row:
                name = _name(piece)
                if name and is_company(name.value) and match_field(piece) is None:
                    companies.setdefault(name.value, name)
    free = [item for name, item in companies.items() if name not in buyers]
    only = len(free) == 1 and bool(buyers)
    return [replace(item, steady=only) for item in free]


def _with_next_line(entry: Labelled, layouts: Sequence[PageLayout]) -> Labelled:
    """Return a labelled name with the line below it where only both together are a company's."""
    first = entry.values[0] if entry.values else ()
    if not first or is_company(text_of(first)):
        return entry
    layout = next(each for each in layouts if each.page.number == first[0].page)
    height = layout.page.line_height
    for piece in chain.from_iterable(layout.pieces):
        below = 0 < piece[0].top - first[-1].top < NEXT_LINE * height
        joined = (*first, *_glued(piece, first[-1]))
        if below and abs(piece[0].left - first[0].left) < height and is_company(text_of(joined)):
            return replace(entry, values=(joined, *entry.values[1:]))
    return entry


def _glued(piece: Sequence[Token], before: Token) -> list[Token]:
    """Return the words of the next line, without a blank before them where Chinese goes on."""
    chinese = is_cjk(before.text[-1]) and is_cjk(piece[0].text[0])
    return [replace(piece[0], glued=chinese), *piece[1:]]


def _currencies(layouts: list[PageLayout], by_role: dict[str, list[Labelled]]) -> list[FoundValue]:
    """Return one entry for each mention, labelled ones first, so that they can be counted."""
    mentions = []
    for entry in by_role.get("currency", []):
        for tokens in entry.values[:1]:
            codes = currencies_in(text_of(tokens))
            mentions += [found(code, tokens, entry.match.label) for code in codes]
    for layout in layouts:
        for token in layout.page.tokens:
            if any(char.isdigit() for char in token.text) or len(token.text) <= 4:
                mentions += [found(code, (token,)) for code in currencies_in(token.text)]
    return mentions


def is_chinese(pages: Sequence[PageWords]) -> bool:
    """Return whether the document is written in Chinese."""
    texts = [token.text for page in pages for token in page.tokens]
    return sum(is_cjk(char) for text in texts for char in text) > 20 and any(map(has_cjk, texts))
