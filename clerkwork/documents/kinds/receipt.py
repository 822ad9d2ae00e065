"""Receipts: who sold, where, when and for how much, from slips with hardly any labels."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clerkwork.documents.draft import FoundValue
from clerkwork.documents.extract.agreement import agreement
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.extract.receipt_header import WORDS, ReceiptRow, head_of, row_of
from clerkwork.documents.extract.receipt_total import judge_total, tokens_between
from clerkwork.documents.ocr.second_opinion import Witness
from clerkwork.documents.proofs import (
    ALONE,
    GUESS,
    HALF,
    LIKELY,
    Assessment,
    FieldCandidate,
    assessed,
    missing,
    not_found,
)
from clerkwork.documents.tokens import rows_of, text_of
from clerkwork.documents.values.dates import Written, dates_in, order_shown
from clerkwork.documents.values.numerals import normal
from clerkwork.model.documents.extraction import Proof

KIND = "receipt"
HEAD_ROWS = 15
LONG_NUMBER = 8
TIME = re.compile(r"\d{1,2}[:.]\d{2}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptDate:
    """A date on a receipt.

    Attributes:
        found: The date and its words.
        rank: The lower, the more its row says that it is the date of the receipt.
    """

    found: FoundValue
    rank: int


def extract(document: ReadDocument) -> Extracted:
    """Return the candidates of supplier, address, date and total."""
    rows = [row_of(tokens) for page in document.pages for tokens in rows_of(page)]
    name, place = head_of(rows)
    days = days_in(rows, document.date_order)
    candidates = {
        "supplier": FieldCandidate(item=name, assessment=_unnamed(name)),
        "address": FieldCandidate(item=place, assessment=_unnamed(place)),
        "date": _judge_day(days, rows, document.witness),
        "total": judge_total(rows),
    }
    head = rows_of(document.pages[0])[:HEAD_ROWS]
    return Extracted(candidates=candidates, kind=KIND, supplier_rows=tuple(map(text_of, head)))


def _unnamed(item: FoundValue | None) -> Assessment:
    """Return the assessment of words without a label: correct words may be the wrong field."""
    return assessed(HALF, "No label identifies these words.") if item else missing()


def days_in(rows: Sequence[ReceiptRow], order: str) -> list[ReceiptDate]:
    """Return the dates, first those whose row says date or has a time, last those of others.

    Where *order* is empty, other dates of the receipt may show
    whether the day or the month comes first.
    """
    meant = order or order_shown(row.text for row in rows)
    days = [
        ReceiptDate(found=_found(row, written), rank=_rank(row, written))
        for row in rows
        for written in dates_in(row.text, meant)
    ]
    return sorted(days, key=lambda day: day.rank)


def _found(row: ReceiptRow, written: Written) -> FoundValue:
    options = tuple(day.isoformat() for day in written.options)
    return FoundValue(
        value=options[0],
        raw=row.text[written.start : written.end],
        tokens=tokens_between(row, written.start, written.end),
        options=options,
    )


def _rank(row: ReceiptRow, written: Written) -> int:
    squeezed = row.plain.replace(" ", "")
    other = any(word.replace(" ", "") in squeezed for word in WORDS["not_date"])
    named = any(word.replace(" ", "") in squeezed for word in WORDS["date"])
    beside = f"{row.text[: written.start]} {row.text[written.end :]}"
    signs = 0 if named else 1 if TIME.search(beside) else 2
    return signs + 3 * written.weak + 6 * other


def _judge_day(
    days: Sequence[ReceiptDate], rows: Sequence[ReceiptRow], witness: Witness
) -> FieldCandidate:
    if not days:
        return not_found()
    first = days[0].found
    values = [*first.options, *(day.found.value for day in days)]
    same = [day for day in days if day.found.value == first.value]
    rivals = {day.found.value for day in days if day.rank <= days[0].rank}
    if len(first.options) > 1:
        reason = "Day and month may be swapped: {options}."
        judged = assessed(ALONE, reason, options=", ".join(first.options))
    elif len(rivals) > 1:
        reason = "The document has several dates: {options}."
        judged = assessed(GUESS, reason, options=", ".join(dict.fromkeys(values)))
    elif len(same) > 1:
        reason = "The document has this date {count} times."
        judged = assessed(LIKELY, reason, Proof.REPETITION, count=str(len(same)))
    else:
        judged = _agreed(days[0], rows, witness)
    return FieldCandidate(item=first, assessment=judged, alternatives=tuple(values))


def _agreed(day: ReceiptDate, rows: Sequence[ReceiptRow], witness: Witness) -> Assessment:
    """Return the assessment of a date found once: other readings, or a number that contains it."""
    item = day.found
    if _in_a_number(item, rows):
        return assessed(LIKELY, "A number in the document contains the date.", Proof.REPETITION)

    def alike(text: str) -> str:
        return _first_date(text, item)

    read = agreement(item, witness, alike=alike)
    if read.confidence >= LIKELY:
        return read
    own = witness.own(item.tokens)
    if own and all(alike(heard.text) == alike(item.raw) for heard in own):
        count = str(len(own) + 1)
        reason = "{count} readings of the first engine agree."
        return assessed(LIKELY, reason, Proof.READINGS, count=count)
    return read


def _in_a_number(item: FoundValue, rows: Sequence[ReceiptRow]) -> bool:
    """Return whether a long number of the document, such as the slip's, has the date in it."""
    year, month, day = item.value.split("-")
    written = (f"{year}{month}{day}", f"{day}{month}{year}", f"{year[2:]}{month}{day}")
    numbers = [
        re.sub(r"\D", "", token.text)
        for row in rows
        for token in row.tokens
        if token not in item.tokens
    ]
    return any(
        len(number) >= LONG_NUMBER and any(text in number for text in written) for number in numbers
    )


def _first_date(text: str, like: FoundValue) -> str:
    """Return the digits of the date in *text* that are also those of *like*, else all digits."""
    wanted = re.sub(r"\W", "", like.raw.lower())
    plain = re.sub(r"\W", "", normal(text).lower())
    return wanted if wanted in plain else plain
