"""What the text of a value is: a date, an amount, a number with check digits, or just words."""

from collections.abc import Sequence

from clerkwork.documents.layout.key_values import Pair, pairs_in
from clerkwork.documents.tokens import PageWords, box_of, boxes_of
from clerkwork.documents.values.amounts import (
    currencies_in,
    decimal_mark,
    parse_amount,
    parse_quantity,
    parse_reference,
)
from clerkwork.documents.values.dates import order_shown, parse_dates
from clerkwork.documents.values.identifiers import parse_identifier
from clerkwork.documents.values.numerals import parse_chinese_amount
from clerkwork.model.documents.extraction import LabelledValue, ValueKind


def labelled_values(pages: Sequence[PageWords]) -> list[LabelledValue]:
    """Return every label with its value on a document's pages, typed and with their boxes."""
    texts = [token.text for page in pages for token in page.tokens]
    pairs = pairs_in(pages)
    order = order_shown(pair.value.raw for pair in pairs)
    mark = decimal_mark(texts)
    ratios = [page.ratio for page in pages]
    return [_labelled(pair, mark, order, ratios) for pair in pairs]


def _labelled(pair: Pair, mark: str, order: str, ratios: Sequence[float]) -> LabelledValue:
    kind, values = typed(pair.value.raw, mark, order)
    label, value = pair.label.tokens, pair.value.tokens
    return LabelledValue(
        label=pair.label.value,
        value=values[0],
        raw=pair.value.raw,
        kind=kind,
        candidates=values[1:],
        label_box=box_of(label, ratios[label[0].page]),
        boxes=boxes_of(value, ratios),
    )


def typed(text: str, mark: str = ".", order: str = "") -> tuple[ValueKind, list[str]]:
    """Return what *text* is, and all values it can have, the likeliest first.

    Args:
        text: As printed on the page.
        mark: The document's decimal mark.
        order: ``dmy`` or ``mdy`` where the order of dates in digits is known.
    """
    if days := parse_dates(text, order):
        return ValueKind.DATE, [day.isoformat() for day in days]
    identifier = parse_identifier(text)
    if identifier is not None and identifier.proven:
        return ValueKind.IDENTIFIER, [identifier.value]
    plain = parse_amount(text, mark)
    money = plain if mark in text or currencies_in(text) else parse_chinese_amount(text)
    for kind, number in (
        (ValueKind.AMOUNT, money),
        (ValueKind.QUANTITY, parse_quantity(text, mark)),
    ):
        if number is not None:
            return kind, [f"{number:f}"]
    reference = parse_reference(text)
    return (ValueKind.REFERENCE, [reference]) if reference else (ValueKind.TEXT, [text])
