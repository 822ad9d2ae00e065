"""Arithmetic as evidence: lines that multiply, and lines and tax that come to the total."""

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from clerkwork.documents.draft import Draft, FoundLine, FoundValue
from clerkwork.documents.layout.line_items import PARSERS, WRITERS, money
from clerkwork.documents.layout.table_headings import NUMERIC
from clerkwork.documents.ocr.second_opinion import Witness
from clerkwork.documents.proofs import (
    AGREED,
    ALONE,
    EXACT,
    GUESS,
    PROVEN,
    Assessment,
    FieldCandidate,
    assessed,
    missing,
    not_found,
)
from clerkwork.model.documents.extraction import Proof

CENT = Decimal("0.01")
DEPTHS = (0, 1, 2)


def judge_line(line: FoundLine, witness: Witness, mark: str) -> dict[str, FieldCandidate]:
    """Return the candidates of quantity, unit price and amount of one line."""
    cells = [line.cells.get(role) for role in NUMERIC]
    for depth in DEPTHS:
        read = [_readings(cell, role, witness, mark, depth=depth) for role, cell in _named(cells)]
        if not line.clean:
            break
        fits = [combo for combo in itertools.product(*read) if _multiplies(combo)]
        if fits and (fits[0] == tuple(r[0] for r in read) or len(fits) == 1):
            return {
                role: _fitting(cell, role, value, options)
                for (role, cell), value, options in zip(_named(cells), fits[0], read, strict=True)
            }
    return {
        role: _refuted(cell, role, options)
        for (role, cell), options in zip(_named(cells), read, strict=True)
    }


def _named(cells: Sequence[FoundValue | None]) -> list[tuple[str, FoundValue | None]]:
    return list(zip(NUMERIC, cells, strict=True))


def _readings(
    cell: FoundValue | None, role: str, witness: Witness, mark: str, *, depth: int
) -> list[Decimal]:
    """Return the numbers that were read in a cell, the first reading's first.

    At depth 1 the other readings of the page are asked, at depth 2 the place is read again.
    """
    if cell is None:
        return []
    texts = [cell.raw]
    if depth > 0:
        texts += [heard.text for heard in witness.others(cell.tokens)]
    if depth > 1:
        texts.append(witness.again(cell.tokens, numeric=True).text)
    parser: Callable[[str, str], Decimal | None] = PARSERS[role]
    return list(
        dict.fromkeys(number for text in texts if (number := parser(text, mark)) is not None)
    )


def _multiplies(combo: Sequence[Decimal]) -> bool:
    quantity, price, amount = combo
    return quantity > 0 and abs(quantity * price - amount) < CENT


def _fitting(
    cell: FoundValue | None, role: str, value: Decimal, options: list[Decimal]
) -> FieldCandidate:
    if cell is None:
        return not_found()
    text = WRITERS[role](value)
    others = tuple(WRITERS[role](option) for option in options)
    if text == cell.value:
        return FieldCandidate(
            item=cell,
            assessment=assessed(
                PROVEN, "Quantity times unit price is the amount.", Proof.ARITHMETIC
            ),
            alternatives=others,
        )
    reason = "From another reading: quantity times unit price is the amount; first read as {raw}."
    return FieldCandidate(
        item=replace(cell, value=text),
        assessment=assessed(AGREED, reason, Proof.ARITHMETIC, repaired=True, raw=cell.raw),
        alternatives=others,
    )


def _refuted(cell: FoundValue | None, role: str, options: list[Decimal]) -> FieldCandidate:
    if cell is None or not cell.value:
        return FieldCandidate(item=cell, assessment=missing())
    reason = "Quantity times unit price is not the amount."
    others = tuple(WRITERS[role](option) for option in options)
    return FieldCandidate(
        item=cell, assessment=assessed(GUESS, reason, refuted=True), alternatives=others
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Candidates of tax and total, and whether they contradict the line amounts."""

    tax: FieldCandidate
    total: FieldCandidate
    lines_refuted: bool


def judge_totals(draft: Draft, amounts: list[Decimal | None], witness: Witness) -> Totals:
    """Return the candidates of tax and total of a document whose lines have these amounts."""
    known = [amount for amount in amounts if amount is not None]
    if not known or len(known) < len(amounts):
        return _unproven(draft, "The lines are incomplete, so the sum cannot be checked.", {})
    lines = sum(known, Decimal(0))
    for depth in DEPTHS:
        taxes = _amounts(draft.tax, witness, draft.mark, depth=depth)
        if not draft.tax:
            taxes = [(Decimal(0), None)]
        totals = _amounts(draft.total, witness, draft.mark, depth=depth)
        fits = [(x, t) for x in taxes for t in totals if lines + x[0] == t[0]]
        if fits:
            return _proven(draft, *fits[0], witness)
    read = draft.total[0].raw if draft.total else "-"
    tax = draft.tax[0].raw if draft.tax else "0.00"
    reason = "The lines add up to {sum} and the tax is {tax}, but the total is {total}."
    refuted = _unproven(draft, reason, {"sum": money(lines), "tax": tax, "total": read})
    subtotals = _amounts(draft.subtotal, witness, draft.mark, depth=DEPTHS[-1])
    agree = any(number == lines for number, _ in subtotals)
    return replace(refuted, lines_refuted=not agree)


Reading = tuple[Decimal, FoundValue | None]


def _amounts(items: list[FoundValue], witness: Witness, mark: str, *, depth: int) -> list[Reading]:
    return [
        (number, item)
        for item in items
        for number in _readings(item, "amount", witness, mark, depth=depth)
    ]


def _proven(draft: Draft, tax: Reading, total: Reading, witness: Witness) -> Totals:
    words = [Decimal(item.value) for item in draft.words if witness.exact(item.tokens)]
    if any(number != total[0] for number in words):
        reason = "The total in capital numerals differs: {words}."
        return _unproven(draft, reason, {"words": money(words[0])})
    good = assessed(PROVEN, "The lines and the tax add up to the total.", Proof.ARITHMETIC)
    judged_total = FieldCandidate(item=_valued(total), assessment=good)
    if tax[1] is not None:
        return Totals(
            tax=FieldCandidate(item=_valued(tax), assessment=good),
            total=judged_total,
            lines_refuted=False,
        )
    none = FoundValue(value="0.00", raw="", tokens=())
    if draft.loose:
        reason = "No tax was found, but amounts below the table are unexplained: {amounts}."
        doubt = assessed(ALONE, reason, refuted=True, amounts=", ".join(draft.loose[:4]))
        return Totals(
            tax=FieldCandidate(item=none, assessment=doubt), total=judged_total, lines_refuted=False
        )
    reason = "The document has no tax, and the lines add up to the total."
    return Totals(
        tax=FieldCandidate(item=none, assessment=assessed(EXACT, reason, Proof.ARITHMETIC)),
        total=judged_total,
        lines_refuted=False,
    )


def _valued(reading: Reading) -> FoundValue | None:
    number, item = reading
    return replace(item, value=money(number)) if item else None


def _unproven(draft: Draft, reason: str, facts: dict[str, str]) -> Totals:
    def judged(items: list[FoundValue]) -> FieldCandidate:
        if not items:
            return not_found()
        doubt = Assessment(confidence=GUESS, reason=reason, facts=facts, refuted=True)
        return FieldCandidate(
            item=items[0], assessment=doubt, alternatives=tuple(item.value for item in items)
        )

    return Totals(tax=judged(draft.tax), total=judged(draft.total), lines_refuted=False)
