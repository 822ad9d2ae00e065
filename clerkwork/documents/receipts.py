"""Receipts: who sold, where, when and for how much, from slips that hardly label anything.

A receipt has no columns to rely on and several amounts called total. What makes an amount the
total is that it was paid: what was given less the change, or the same amount three times over.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import yaml

from clerkwork.documents.belief import (
    ALONE,
    GUESS,
    HALF,
    LIKELY,
    PROVEN,
    Scribe,
    Verdict,
    agreement,
    missing,
    verdict,
)
from clerkwork.documents.found import Found, found
from clerkwork.documents.parsers import MONTHS, normal, parse_dates
from clerkwork.documents.witness import Witness
from clerkwork.documents.words import PageWords, Token, is_cjk, rows_of, text_of
from clerkwork.model.extraction import FieldEvidence, Proof

WORDS = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
AMOUNT = re.compile(r"(?<![\d.,/-])-?\d{1,3}(?:,?\d{3})*\.\d{2}(?![\d/]|\.\d)")
MONTH = "|".join(sorted(MONTHS, key=len, reverse=True))
DATES = [
    re.compile(r"(?<!\d)((?:19|20)\d\d)\s?([-/.年])\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})(?!\d)"),
    re.compile(r"(?<![\d/.-])(\d{1,2})\s?([-/.])\s?(\d{1,2})\s?\2\s?((?:19|20)\d\d|\d\d(?!\d))"),
    re.compile(rf"(?<!\d)(\d{{1,2}})[\s.-]?({MONTH})[a-z]*[\s.,'-]*((?:19|20)\d\d|\d\d(?!\d))"),
    re.compile(rf"\b({MONTH})[a-z]*\.?\s?(\d{{1,2}})\s?,?\s?((?:19|20)\d\d)(?!\d)"),
]
REGISTRATION = re.compile(
    r"\s*[(\[]?\s*(?:co\.?\s*(?:reg\.?)?\s*(?:no)?\W*)?\d{4,}\s*-?\s*[A-Z]?\W*(?:\(\w{2,5}\)\W*)?$",
    re.IGNORECASE,
)
PHONE = re.compile(r"[\W\d]{7,}")
TELEPHONE = re.compile(r"\s\(?\b(?:te[l1]|t|h/?p|ph|phone|fax|f)\b\s?[.:;].*$", re.IGNORECASE)
HEAD_ROWS, ADDRESS_ROWS = 9, 6
THRICE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a receipt.

    Attributes:
        text: Its words.
        plain: The same as labels are compared: lower case, without points and colons.
        tokens: Its words.
    """

    text: str
    plain: str
    tokens: tuple[Token, ...]


def receipt_fields(
    pages: Sequence[PageWords], witness: Witness, scribe: Scribe, date_order: str
) -> list[FieldEvidence]:
    """Return supplier, address, date and total of a receipt, each with its evidence."""
    rows = [_row(tokens) for page in pages for tokens in rows_of(page)]
    name, place = _supplier(rows), _address(rows)
    days, totals = list(_days(rows, date_order)), list(_totals(rows))
    wanted = [name, place, *days[:1], *(item for item, _ in totals[:1])]
    witness.prepare([item.tokens for item in wanted if item])
    total = _judge_total(rows, totals)
    return [
        scribe.write("supplier", name, _unnamed(name, witness)),
        scribe.write("address", place, _unnamed(place, witness)),
        _judge_day(days, witness, scribe),
        scribe.write("total", total[0], total[1], [item.value for item, _ in totals]),
    ]


def _row(tokens: Sequence[Token]) -> Row:
    text = normal(text_of(tokens))
    plain = re.sub(r"[.:;()*#=]+", " ", text.lower())
    return Row(text=text, plain=" ".join(plain.split()), tokens=tuple(tokens))


def _starts(row: Row, words: Sequence[str]) -> str:
    """Return the longest of *words* that the row starts with, empty without one."""
    squeezed = row.plain.replace(" ", "")
    hits = [word for word in words if squeezed.startswith(word.replace(" ", ""))]
    return max(hits, key=len, default="")


def _supplier(rows: Sequence[Row]) -> Found | None:
    """Return the first row of the head that ends like a company, else its first with a name."""
    head = [row for row in rows[:HEAD_ROWS] if sum(map(str.isalpha, row.text)) >= 4]
    for number, row in enumerate(head):
        name = REGISTRATION.sub("", row.text).strip(" -,:")
        if not _is_firm(name):
            continue
        if number and not _own_words(name):  # the name began in the row above
            above = head[number - 1]
            return found(f"{above.text} {name}", (*above.tokens, *row.tokens))
        return found(name, row.tokens)
    named = [row for row in head if not _starts(row, WORDS["head_ends"])]
    return found(named[0].text, named[0].tokens) if named else None


def _is_firm(name: str) -> bool:
    plain = re.sub(r"[.()]", " ", name.lower())
    return any(
        plain.rstrip().endswith(word if is_cjk(word[0]) else f" {word}")
        or (len(word) > 3 and f" {word} " in plain)
        for word in WORDS["company"]
    )


def _own_words(name: str) -> list[str]:
    """Return the words of a name that any company could not have."""
    common = {word for words in WORDS["company"] for word in words.split()}
    return [word for word in re.findall(r"[^\W\d_]{2,}", name.lower()) if word not in common]


def _address(rows: Sequence[Row]) -> Found | None:
    """Return the rows between the name and the first one that is no address."""
    name = _supplier(rows)
    last = name.tokens[-1] if name else None
    first = next((i for i, row in enumerate(rows) if last in row.tokens), -1)
    chosen: list[Row] = []
    for row in rows[first + 1 : first + 1 + ADDRESS_ROWS + 2]:
        registered = not REGISTRATION.sub("", row.text).strip(" -,:()")
        registered = registered or bool(_starts(row, WORDS["registered"]))
        if not chosen and (registered or not re.search(r"\d", row.text)):
            continue
        if (
            registered
            or PHONE.fullmatch(row.text)
            or _starts(row, WORDS["head_ends"])
            or len(chosen) == ADDRESS_ROWS
        ):
            break
        chosen.append(row)
    if not chosen:
        return None
    tokens = [token for row in chosen for token in row.tokens]
    text = " ".join(row.text for row in chosen)
    return found(TELEPHONE.sub("", text).strip(), tokens)


def _unnamed(item: Found | None, witness: Witness) -> Verdict:
    """Return the verdict on words that no label names: well read is not yet what was asked for."""
    if item is None:
        return missing()
    read = agreement(item, witness)
    if read.confidence <= HALF:
        return read
    return verdict(HALF, "No label says that these words are it.")


def _days(rows: Sequence[Row], order: str) -> Iterator[Found]:
    """Yield the dates, those in a row that says date first."""
    told = sorted(rows, key=lambda row: not ("date" in row.plain or "日期" in row.plain))
    for row in told:
        text = row.text.lower()
        for number, pattern in enumerate(DATES):
            for match in pattern.finditer(text):
                options = _meant(match, number, order)
                if options:
                    tokens = _tokens_of(row, match.start(), match.end())
                    yield Found(
                        value=options[0],
                        raw=row.text[match.start() : match.end()],
                        tokens=tokens,
                        options=tuple(options),
                    )


def _meant(match: re.Match[str], number: int, order: str) -> list[str]:
    if number == 1:
        day, month, year = match[1], match[3], match[4]
        texts = {"dmy": f"{year}-{month}-{day}", "mdy": f"{year}-{day}-{month}"}
        texts = {"": texts, "dmy": {"": texts["dmy"]}, "mdy": {"": texts["mdy"]}}.get(order, texts)
    elif number == 0:
        texts = {"": f"{match[1]}-{match[3]}-{match[4]}"}
    else:
        month, day = (match[2], match[1]) if number == 2 else (match[1], match[2])
        texts = {"": f"{match[3]}-{MONTHS[month]}-{day}"}
    full = [text if text[4:5] == "-" else f"20{text}" for text in texts.values()]
    return list(dict.fromkeys(day.isoformat() for text in full for day in parse_dates(text)))


def _tokens_of(row: Row, start: int, end: int) -> tuple[Token, ...]:
    """Return the words of a row that reach into the characters from *start* to *end*."""
    place, chosen = 0, []
    for token in row.tokens:
        plain = normal(token.text)
        at = max(row.text.find(plain, place), place)
        place = at + len(plain)
        if at < end and place > start:
            chosen.append(token)
    return tuple(chosen) or row.tokens


def _judge_day(days: list[Found], witness: Witness, scribe: Scribe) -> FieldEvidence:
    if not days:
        return scribe.write("date", None, missing())
    first = days[0]
    values = [*first.options, *(item.value for item in days)]
    if len(first.options) > 1:
        reason = "Day and month may be swapped: {options}."
        judged = verdict(ALONE, reason, options=", ".join(first.options))
    elif len({item.value for item in days}) > 1:
        reason = "Several dates stand in the document: {options}."
        judged = verdict(HALF, reason, options=", ".join(dict.fromkeys(values)))
    else:
        judged = agreement(first, witness, alike=lambda text: _first_date(text, first))
    return scribe.write("date", first, judged, values)


def _first_date(text: str, like: Found) -> str:
    """Return the digits of the date in *text* that are also those of *like*, else all digits."""
    wanted = re.sub(r"\W", "", like.raw.lower())
    plain = re.sub(r"\W", "", normal(text).lower())
    return wanted if wanted in plain else plain


Total = tuple[Found, int]


def _totals(rows: Sequence[Row]) -> list[Total]:
    """Return the amounts labelled as total with the rank of the label, the best first."""
    found_totals: list[Total] = []
    for number, row in enumerate(rows):
        squeezed = row.plain.replace(" ", "")
        named = "total" in squeezed or _starts(row, WORDS["total"][-1])
        if not named or any(word.replace(" ", "") in squeezed for word in WORDS["not_total"]):
            continue
        amount = _amount_at(rows, number)
        if amount is not None:
            found_totals.append((amount, _rank(row)))
    return sorted(found_totals, key=lambda total: total[1])


def _rank(row: Row) -> int:
    squeezed = row.plain.replace(" ", "")
    for rank, words in enumerate(WORDS["total"]):
        if any(word.replace(" ", "") in squeezed for word in words):
            return rank
    return len(WORDS["total"])


def _amount_at(rows: Sequence[Row], number: int) -> Found | None:
    """Return the last amount in a row, or the one that stands alone in the row below."""
    for row in rows[number : number + 2]:
        amounts = _amounts_in(row)
        if row is rows[number] and amounts:
            return amounts[-1]
        if row is not rows[number] and len(amounts) == 1 and not re.search(r"[a-z]{4}", row.plain):
            return amounts[0]
    return None


def _amounts_in(row: Row) -> list[Found]:
    return [
        found(match[0].replace(",", ""), _tokens_of(row, match.start(), match.end()))
        for match in AMOUNT.finditer(row.text)
    ]


def _judge_total(rows: Sequence[Row], totals: list[Total]) -> tuple[Found | None, Verdict]:
    paid, change = _payments(rows)
    due = _due(rows, paid, change)
    for item, _ in [*totals, *((amount, 0) for amount in due)]:
        if any(item.value == amount.value for amount in due):
            reason = "What was paid less the change is the total."
            return item, verdict(PROVEN, reason, Proof.ARITHMETIC)
    given = {item.value for item in paid}
    for item, _ in [] if change else totals:
        if item.value in given:
            return item, verdict(LIKELY, "What was paid is the total.", Proof.REPETITION)
    if not totals:
        return None, missing()
    if paid and change:
        reason = "What was paid less the change is another amount: {options}."
        options = sorted({_money(more, less) for more in paid for less in change})
        return totals[0][0], verdict(GUESS, reason, options=", ".join(options))
    return _unpaid(rows, totals)


def _unpaid(rows: Sequence[Row], totals: list[Total]) -> tuple[Found, Verdict]:
    """Return the best total of a receipt that does not say how it was paid."""
    best, rank = totals[0]
    values = {item.value for item, other in totals if other == rank}
    if len(values) > 1:
        reason = "Several amounts are called total: {options}."
        return best, verdict(GUESS, reason, options=", ".join(sorted(values)))
    counts = Counter(item.value for row in rows for item in _amounts_in(row))
    greatest = max(counts, key=Decimal)  # a tax or a discount may be repeated as well
    if counts[best.value] >= THRICE and best.value == greatest:
        reason = "The amount stands {count} times in the document, and none is greater."
        return best, verdict(LIKELY, reason, Proof.REPETITION, count=str(counts[best.value]))
    return best, verdict(HALF, "Nothing else in the document confirms the total.")


def _payments(rows: Sequence[Row]) -> tuple[list[Found], list[Found]]:
    """Return what was given and what was given back."""
    paid: list[Found] = []
    change: list[Found] = []
    for number, row in enumerate(rows):
        back = bool(_starts(row, WORDS["change"]))
        if not back and not _starts(row, WORDS["paid"]):
            continue
        amount = _amount_at(rows, number)
        if amount is not None:
            (change if back else paid).append(amount)
    return paid, change


def _money(paid: Found, change: Found) -> str:
    return f"{Decimal(paid.value) - abs(Decimal(change.value)):.2f}"


def _due(rows: Sequence[Row], paid: list[Found], change: list[Found]) -> list[Found]:
    """Return the amounts that payment and change come to and that stand in the document too."""
    wanted = {_money(given, back) for given in paid for back in change if given.value != back.value}
    amounts = [item for row in rows for item in _amounts_in(row)]
    return [item for item in amounts if item.value in wanted and Decimal(item.value) > 0]
