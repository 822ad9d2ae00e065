"""The total of a receipt: which of several amounts it is, and what proves it.

A receipt has several amounts called total. What proves one of them is arithmetic that the shop's
till did: what was paid less the change, lines that add up, a subtotal with its tax and rounding,
the net and tax of the tax summary. The engine's confidence in the digits proves nothing.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

from clerkwork.documents.draft import FoundValue, found
from clerkwork.documents.extract.receipt_header import WORDS, ReceiptRow, starts
from clerkwork.documents.proofs import (
    GUESS,
    HALF,
    LIKELY,
    PROVEN,
    Assessment,
    FieldCandidate,
    assessed,
    not_found,
)
from clerkwork.documents.tokens import Token
from clerkwork.documents.values.amounts import decimal_mark
from clerkwork.model.documents.extraction import Proof

AMOUNT = re.compile(
    r"(?<![\d.,/])(?P<before>[-(]?)(?P<digits>(?:\d{1,3}(?:,?\d{3})*)?\.\s?\d{2})(?P<after>-(?!\d)|\)?)"
    r"(?![\d/%]|\.\d)"
)
BARE = re.compile(r"(?<![\d.,])(?:\d{3,6}|\d{1,4}[:;]\d\d)$")
SWAPPED = str.maketrans(".,", ",.")
DUE = "The payment less the change is the total."
THRICE, ROUNDED = 3, 1
MOST_ROUNDING, STEP = Decimal("0.05"), Decimal("0.05")
CENT = Decimal("0.01")
TAX_RATES = (Decimal("0.04"), Decimal("0.26"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """One amount on a receipt: its value, its words, and the number of its row."""

    value: Decimal
    found: FoundValue
    row: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalCandidate:
    """An amount that may be the total; the lower *rank*, the more its label says so."""

    amount: Amount
    rank: int


class Slip:
    """The amounts of a receipt and the words next to them.

    Attributes:
        rows: From the top.
        amounts: For each row its amounts from the left.
    """

    def __init__(self, rows: Sequence[ReceiptRow]) -> None:
        """Find the amounts of all rows, in the decimal mark that most are written with."""
        self.rows = rows
        mark = decimal_mark(token.text for row in rows for token in row.tokens)
        self.amounts = [list(_amounts_in(row, number, mark)) for number, row in enumerate(rows)]

    def named(self, role: str) -> list[Amount]:
        """Return the last amount of each row that starts with a word of that *role*."""
        return [
            amount
            for number, row in enumerate(self.rows)
            if _starts(row, WORDS[role]) and (amount := self.beside(number))
        ]

    def given(self, role: str) -> list[Amount]:
        """Return the amounts of payment or change, found below the first sum.

        A point that was not read, or as a colon, is put back: only arithmetic makes use of it.
        """
        start = 0 if self.first_sum is None else self.first_sum + 1
        below = [one for one in self.named(role) if one.row >= start]
        for number, row in enumerate(self.rows[start:], start=start):
            bare = BARE.search(row.text)
            if bare and not self.amounts[number] and _starts(row, WORDS[role]):
                value = Decimal(re.sub(r"\D", "", bare[0])) / 100
                item = found(f"{value:.2f}", row.tokens)
                below.append(Amount(value=value, found=item, row=number))
        return below

    def beside(self, number: int) -> Amount | None:
        """Return the last amount of a row, or the only one in the row below."""
        if self.amounts[number]:
            return self.amounts[number][-1]
        below = self.amounts[number + 1 : number + 2]
        if below and len(below[0]) == 1 and not re.search(r"[a-z]{4}", self.rows[number + 1].plain):
            return below[0][0]
        return None

    @cached_property
    def candidates(self) -> list[TotalCandidate]:
        """Return the amounts that are called total, the best label first, the last row first."""
        named = [
            TotalCandidate(amount=amount, rank=rank)
            for number, row in enumerate(self.rows)
            if (rank := _rank(row)) is not None and (amount := self.beside(number))
        ]
        rounded = [one for one in self.named("rounding") if one.value > MOST_ROUNDING]
        named += [TotalCandidate(amount=one, rank=ROUNDED) for one in rounded]
        return sorted(named, key=lambda one: (one.rank, -one.amount.row))

    @cached_property
    def rounding(self) -> Decimal:
        """Return by how much the total was rounded, nought when nothing says so."""
        small = [one.value for one in self.named("rounding") if abs(one.value) <= MOST_ROUNDING]
        return small[0] if small else Decimal(0)

    @cached_property
    def first_sum(self) -> int | None:
        """Return the number of the first row with a sum, where the lines of goods end."""
        ends = [
            number
            for number, row in enumerate(self.rows)
            if _starts(row, (*WORDS["subtotal"], *WORDS["tax"])) or _rank(row) is not None
        ]
        return min((number for number in ends if self.amounts[number]), default=None)


def _amounts_in(row: ReceiptRow, number: int, mark: str) -> Iterator[Amount]:
    text = row.text.translate(SWAPPED) if mark == "," else row.text
    for match in AMOUNT.finditer(text):
        value = Decimal(re.sub(r"[,\s]", "", match["digits"]))
        negative = match["before"] == "-" or match["after"] == "-"
        negative = negative or (match["before"] == "(" and match["after"] == ")")
        words = tokens_between(row, match.start(), match.end())
        item = found(f"{value:.2f}", words)
        yield Amount(value=-value if negative else value, found=item, row=number)


def tokens_between(row: ReceiptRow, start: int, end: int) -> tuple[Token, ...]:
    """Return the words of a row that reach into the characters from *start* to *end*."""
    place, chosen = 0, []
    for token, text in zip(row.tokens, row.parts, strict=True):
        at = max(row.text.find(text, place), place)
        place = at + len(text)
        if at < end and place > start:
            chosen.append(token)
    return tuple(chosen) or row.tokens


def _rank(row: ReceiptRow) -> int | None:
    """Return how much a row's words say that its amount is the total, None when they do not."""
    plain = row.plain.replace(" ", "")
    against = _longest(plain, WORDS["not_total"])
    hits = [(_longest(plain, words), rank) for rank, words in enumerate(WORDS["total"])]
    longer = [(size, rank) for size, rank in hits if size > against]
    return min((rank for _, rank in longer), default=None)


def _longest(plain: str, words: Sequence[str]) -> int:
    """Return the length of the longest of *words* contained in a text without blanks."""
    squeezed = (word.replace(" ", "") for word in words)
    return max((len(word) for word in squeezed if word in plain), default=0)


def _starts(row: ReceiptRow, words: Sequence[str]) -> str:
    """Return the longest of *words* that a row starts with, a quantity before it aside."""
    plain = re.sub(r"^[\d@ -]+(?=[^\W\d])", "", row.plain)
    return starts(replace(row, plain=plain), words)


def judge_total(rows: Sequence[ReceiptRow]) -> FieldCandidate:
    """Return the total with its proof, and the other amounts called total as alternatives."""
    slip = Slip(rows)
    options = _final(slip, slip.candidates)
    others = tuple(one.amount.found.value for one in slip.candidates)
    if not options:
        return _unnamed(slip)
    best = _best(slip, options)
    assessment = _assessment(slip, best, options)
    return FieldCandidate(item=best.amount.found, assessment=assessment, alternatives=others)


def _best(slip: Slip, options: list[TotalCandidate]) -> TotalCandidate:
    """Return the candidate that was paid, else the one that sums prove, else the best label."""
    for holds in (_paid, _due):
        if paid := [one for one in options if holds(slip, one.amount.value)]:
            return paid[0]
    first = options[0]
    proven = [one for one in options if one.rank <= first.rank and _proof(slip, one.amount)]
    if proven:
        return proven[0]
    displaced = [  # on a page that is askew the amount stands a row higher or lower than its label
        TotalCandidate(amount=one, rank=first.rank)
        for number in (first.amount.row - 1, first.amount.row + 1)
        if 0 <= number < len(slip.rows) and not re.search(r"[a-z]{3}", slip.rows[number].plain)
        for one in slip.amounts[number]
    ]
    return next((one for one in displaced if _proof(slip, one.amount)), first)


def _final(slip: Slip, candidates: list[TotalCandidate]) -> list[TotalCandidate]:
    """Return the candidates without those that were rounded afterwards."""
    if not slip.rounding:
        return candidates
    values = {one.amount.value for one in candidates}
    before = {
        value
        for value in values
        if value % STEP and {value + slip.rounding, value - slip.rounding} & values
    }
    return [one for one in candidates if one.amount.value not in before]


def _unnamed(slip: Slip) -> FieldCandidate:
    """Return the amount that payment and change come to where nothing is called total."""
    wanted = {abs(paid.value) - abs(back.value) for paid, back in _payments(slip) if back.value}
    hits = [one for row in slip.amounts for one in row if one.value in wanted and one.value > 0]
    if not hits:
        return not_found()
    proven = assessed(PROVEN, DUE, Proof.ARITHMETIC)
    return FieldCandidate(item=hits[0].found, assessment=proven)


def _payments(slip: Slip) -> Iterator[tuple[Amount, Amount]]:
    return itertools.product(slip.given("paid"), slip.given("change"))


def _due(slip: Slip, value: Decimal) -> bool:
    """Return whether what was paid less the change is *value*, where change was given."""
    return any(
        back.value and abs(paid.value) - abs(back.value) == value for paid, back in _payments(slip)
    )


def _paid(slip: Slip, value: Decimal) -> bool:
    """Return whether *value* less nothing was paid, or more with the rest given back."""
    if any(one.value for one in slip.given("change")):
        return _due(slip, value)
    return any(abs(paid.value) == value for paid in slip.given("paid"))


def _assessment(slip: Slip, best: TotalCandidate, options: list[TotalCandidate]) -> Assessment:
    value = best.amount.value
    if slip.rounding and value % STEP:
        return assessed(HALF, "The total was rounded afterwards.")
    if _due(slip, value):
        return assessed(PROVEN, DUE, Proof.ARITHMETIC)
    if _paid(slip, value):
        return assessed(LIKELY, "The payment is the total.", Proof.REPETITION)
    return _doubt(slip, best, options) or _unpaid(slip, best)


def _doubt(slip: Slip, best: TotalCandidate, options: list[TotalCandidate]) -> Assessment | None:
    """Return what speaks against the total, None when nothing does."""
    dues = {
        f"{abs(paid.value) - abs(back.value):.2f}" for paid, back in _payments(slip) if back.value
    }
    if dues:
        reason = "The payment less the change is another amount: {options}."
        return assessed(GUESS, reason, options=", ".join(sorted(dues)))
    rivals = {one.amount.found.value for one in options if one.rank <= best.rank}
    if len(rivals) > 1:
        reason = "Several amounts are called total: {options}."
        return assessed(GUESS, reason, options=", ".join(sorted(rivals)))
    return None


def _unpaid(slip: Slip, best: TotalCandidate) -> Assessment:
    """Return the assessment of a total where the receipt does not say how it was paid."""
    if proof := _proof(slip, best.amount):
        return assessed(LIKELY, proof, Proof.ARITHMETIC)
    counts = Counter(one.value for row in slip.amounts for one in row)
    value = best.amount.value
    above = [one.value for row in slip.amounts[: best.amount.row + 1] for one in row]
    if counts[value] >= THRICE and value == max(above):  # a tax may be repeated as well
        reason = "The document has this amount {count} times, and none above it is greater."
        return assessed(LIKELY, reason, Proof.REPETITION, count=str(counts[value]))
    return assessed(HALF, "Nothing else in the document confirms the total.")


def _proof(slip: Slip, total: Amount) -> str:
    """Return the arithmetic that comes to the total, empty without any."""
    before = {total.value, total.value - slip.rounding, total.value + slip.rounding}
    if _lines_sum(slip, total.row) in before:
        return "The lines add up to the total."
    if total.value in _pairs(slip, total.row):
        return "Two other totals add up to it."
    if any(base.value + extra in before for base, extra in _bases(slip, total)):
        return "Subtotal, tax, service and rounding add up to the total."
    if any(value in before for value in _summaries(slip)):
        return "Net and tax of the tax summary add up to the total."
    return ""


def _lines_sum(slip: Slip, end: int) -> Decimal | None:
    """Return what the lines of goods above row *end* come to, None for fewer than two."""
    end = min(end, end if slip.first_sum is None else slip.first_sum)
    lines = [row[-1].value for row in slip.amounts[:end] if row]
    return sum(lines, Decimal(0)) if len(lines) > 1 else None


def _bases(slip: Slip, total: Amount) -> Iterator[tuple[Amount, Decimal]]:
    """Yield each subtotal above the total with all that was added between the two."""
    extras = [one for role in ("tax", "service", "discount") for one in slip.named(role)]
    for base in slip.named("subtotal"):
        added = [one for one in extras if base.row < one.row < total.row]
        extra = sum((one.value for one in added), Decimal(0))
        if base.row < total.row and extra:
            yield base, extra


def _pairs(slip: Slip, end: int) -> set[Decimal]:
    """Return what any two different totals above a row come to."""
    sums = [
        amounts[-1].value
        for row, amounts in zip(slip.rows[:end], slip.amounts[:end], strict=True)
        if amounts and "total" in row.plain
    ]
    return {a + b for a, b in itertools.combinations(dict.fromkeys(sums), 2) if a and b}


def _summaries(slip: Slip) -> Iterator[Decimal]:
    """Yield net and tax together for each tax summary, a row for each rate of tax."""
    rows = [
        (row[-2].value, row[-1].value)
        for row in slip.amounts[slip.first_sum :]
        if len(row) >= 2 and _is_taxed(row[-2].value, row[-1].value)
    ]
    for net, tax in rows:
        yield net + tax
    if len(rows) > 1:
        yield sum((net + tax for net, tax in rows), Decimal(0))


def _is_taxed(net: Decimal, tax: Decimal) -> bool:
    """Return whether two amounts in a row are like a net amount and its tax."""
    if net <= 0 or tax < 0:
        return False
    return tax == 0 or TAX_RATES[0] * net - CENT <= tax <= TAX_RATES[1] * net + CENT
