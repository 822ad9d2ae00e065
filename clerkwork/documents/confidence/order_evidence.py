"""From what was found to the evidence of every field of a purchase order."""

import re
from collections import Counter
from dataclasses import replace
from decimal import Decimal

from clerkwork.documents.confidence.arithmetic import Judged, judge_line, judge_totals
from clerkwork.documents.confidence.evidence_writer import (
    ALONE,
    EXACT,
    GUESS,
    LIKELY,
    Confidence,
    Scribe,
    agreement,
    missing,
    verdict,
)
from clerkwork.documents.draft import Draft, FoundLine, FoundValue
from clerkwork.documents.ocr.second_opinion import EDGES, Witness
from clerkwork.documents.tokens import has_cjk
from clerkwork.documents.values.amounts import parse_reference, shape
from clerkwork.documents.values.numerals import normal
from clerkwork.model.documents.extraction import FieldEvidence, Proof

CELLS = ("code", "description", "quantity", "unit_price", "amount")


def fields_of(
    draft: Draft, witness: Witness, scribe: Scribe, *, chinese: bool
) -> list[FieldEvidence]:
    """Return the evidence of every field, in the order of the form."""
    lines = draft.lines or [FoundLine(cells={})]
    first = [*draft.number[:1], *draft.order_date[:1], *draft.supplier[:1], *draft.currency[:1]]
    cells = [line.cells[name] for line in lines for name in CELLS[:2] if name in line.cells]
    witness.prepare([item.tokens for item in (*first, *cells)])
    numbers = [judge_line(line, witness, draft.mark) for line in lines]
    amounts = [_amount(judged["amount"]) for judged in numbers]
    totals = judge_totals(draft, amounts, witness)
    shapes = Counter(shape(line.cells["code"].value) for line in lines if "code" in line.cells)
    fields = [
        _write(scribe, "number", _referenced(draft.number, witness)),
        _write(scribe, "order_date", _dated(draft.order_date, witness)),
        _write(scribe, "supplier", _supplied(draft.supplier, witness)),
        _write(scribe, "currency", _priced(draft.currency, witness, chinese=chinese)),
    ]
    for index, (line, judged) in enumerate(zip(lines, numbers, strict=True)):
        row = {**_texts(line, witness, shapes), **judged}
        if totals.lines_refuted:
            row["amount"] = _shaken(row["amount"])
        fields += [_write(scribe, f"lines.{index}.{name}", row[name]) for name in CELLS]
    fields.append(_write(scribe, "tax", totals.tax))
    fields.append(_write(scribe, "total", totals.total))
    return fields


def _write(scribe: Scribe, path: str, judged: Judged) -> FieldEvidence:
    return scribe.write(path, judged.item, judged.verdict, judged.candidates)


def _amount(judged: Judged) -> Decimal | None:
    return Decimal(judged.item.value) if judged.item and judged.item.value else None


def _shaken(judged: Judged) -> Judged:
    reason = "The lines do not come to the subtotal or the total."
    return replace(judged, verdict=verdict(GUESS, reason, refuted=True))


def _referenced(items: list[FoundValue], witness: Witness) -> Judged:
    if not items:
        return Judged(item=None, verdict=missing())
    read = agreement(items[0], witness)
    if not items[0].steady:
        reason = "Only a number with the label “{label}” was found."
        read = verdict(ALONE, reason, label=items[0].label)
    heard = [parse_reference(text) or "" for text in _other_readings(items[0], witness, read)]
    values = (*heard, *(item.value for item in items))
    return Judged(item=items[0], verdict=read, candidates=values)


def _other_readings(item: FoundValue, witness: Witness, judged: Confidence) -> tuple[str, ...]:
    """Return what the other readings have, the one of the place alone first, for a person.

    A value that is believed needs none.
    """
    if judged.confidence >= LIKELY:
        return ()
    heard = [witness.again(item.tokens), *witness.others(item.tokens)]
    return tuple(each.text.strip(EDGES) for each in heard)


def _dated(items: list[FoundValue], witness: Witness) -> Judged:
    if not items:
        return Judged(item=None, verdict=missing())
    item = items[0]
    values = tuple(dict.fromkeys([*item.options, *(other.value for other in items)]))
    if len(item.options) > 1:
        reason = "Day and month may be swapped: {options}."
        doubt = verdict(ALONE, reason, options=", ".join(item.options))
        return Judged(item=item, verdict=doubt, candidates=values)
    if not item.steady:
        doubt = verdict(ALONE, "Other words stand beside the date.")
        return Judged(item=item, verdict=doubt, candidates=values)
    return Judged(item=item, verdict=agreement(item, witness, alike=_digits), candidates=values)


def _digits(text: str) -> str:
    """Return what tells a date from another: its numbers, and its month if that is a word."""
    return " ".join(re.findall(r"\d+|[a-z]{3,}", normal(text).lower()))


def _supplied(items: list[FoundValue], witness: Witness) -> Judged:
    if not items:
        return Judged(item=None, verdict=missing())
    item = items[0]
    values = tuple(other.value for other in items)
    read = agreement(item, witness)
    if not item.steady or ":" in normal(item.value):  # a part of a label that was not read
        reason = "A company in the document that no label names as the supplier."
        read = verdict(min(read.confidence, ALONE), reason)
    elif not item.label and read.confidence >= LIKELY:
        reason = "The only company in the document besides the buyer."
        read = verdict(LIKELY, reason, *read.evidence)
    return Judged(item=item, verdict=read, candidates=values)


def _priced(items: list[FoundValue], witness: Witness, *, chinese: bool) -> Judged:
    if not items:
        if not chinese:
            return Judged(item=None, verdict=missing())
        guess = FoundValue(value="CNY", raw="", tokens=())
        return Judged(item=guess, verdict=verdict(ALONE, "Assumed, as the document is in Chinese."))
    counts = Counter(item.value for item in items)
    if len(counts) > 1 and not items[0].label:
        reason = "The document names several currencies: {options}."
        doubt = verdict(ALONE, reason, options=", ".join(counts))
        return Judged(item=items[0], verdict=doubt, candidates=tuple(counts))
    return Judged(item=items[0], verdict=_sign(items, witness, chinese=chinese))


def _sign(items: list[FoundValue], witness: Witness, *, chinese: bool) -> Confidence:
    first = items[0]
    if first.label or any(first.value in item.raw for item in items):
        return agreement(first, witness)
    if not witness.exact(first.tokens):
        if len(items) < 2:
            return verdict(ALONE, "Its sign was read only once.")
        return verdict(
            LIKELY, "{count} amounts carry its sign.", Proof.REPETITION, count=str(len(items))
        )
    if first.value == "CNY" and not chinese:
        return verdict(ALONE, "The sign ¥ stands for two currencies.")
    confidence = LIKELY if first.value == "USD" else EXACT
    reason = "{count} amounts carry its sign."
    return verdict(confidence, reason, Proof.TEXT_LAYER, count=str(len(items)))


def _texts(line: FoundLine, witness: Witness, shapes: Counter[str]) -> dict[str, Judged]:
    judged: dict[str, Judged] = {}
    for name in ("code", "description"):
        item = line.cells.get(name)
        if item is None or not item.value:
            judged[name] = Judged(item=item, verdict=missing())
            continue
        read = agreement(item, witness)
        heard = _other_readings(item, witness, read)
        judged[name] = Judged(item=item, verdict=read, candidates=heard)
    if not line.clean and judged["description"].item:
        reason = "It is not clear which line these words belong to."
        unclear = verdict(ALONE, reason, refuted=True)
        judged["description"] = replace(judged["description"], verdict=unclear)
    code = judged["code"].item
    if (code is None or not code.value) and judged["description"].item:
        reason = "No code was found beside it, so the words may be another column's."
        judged["description"] = replace(judged["description"], verdict=verdict(ALONE, reason))
    if judged["code"].verdict.confidence <= GUESS and judged["description"].item and code:
        reason = "The code beside it is in doubt, and its end may belong here."
        judged["description"] = replace(judged["description"], verdict=verdict(ALONE, reason))
    if code and code.value and not witness.exact(code.tokens) and _odd(code.value, shapes):
        reason = "Built differently from the other codes of the document."
        judged["code"] = replace(judged["code"], verdict=verdict(ALONE, reason))
    return judged


def _odd(code: str, shapes: Counter[str]) -> bool:
    """Return whether a code has letters where the others have digits, or a length far from theirs.

    One digit more or less is common among the codes of one supplier.
    """
    common, count = shapes.most_common(1)[0]
    mine = shape(code)
    if mine == common or count < 2:
        return has_cjk(code)
    one_off = abs(len(mine) - len(common)) == 1
    return not (one_off and re.sub("9+", "9", mine) == re.sub("9+", "9", common))
