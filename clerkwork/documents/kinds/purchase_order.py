"""Purchase orders and invoices: labelled values around a table of lines.

Kinds without a layout of their own are extracted here too.
"""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal

from clerkwork.documents.draft import Draft, FoundLine, FoundValue
from clerkwork.documents.extract.agreement import agreement
from clerkwork.documents.extract.arithmetic import judge_line, judge_totals
from clerkwork.documents.extract.order_fields import draft_of, is_chinese
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.layout.labels import headings_with
from clerkwork.documents.ocr.second_opinion import EDGES, Witness
from clerkwork.documents.proofs import (
    ALONE,
    EXACT,
    GUESS,
    LIKELY,
    Assessment,
    FieldCandidate,
    assessed,
    missing,
    not_found,
)
from clerkwork.documents.tokens import has_cjk
from clerkwork.documents.values.amounts import parse_reference, shape
from clerkwork.documents.values.numerals import normal
from clerkwork.model.documents.extraction import Proof

KIND = "purchase_order"
CELLS = ("code", "description", "quantity", "unit_price", "amount")


def extract(document: ReadDocument) -> Extracted:
    """Return the candidates of an order; the template's labels are further column headings."""
    columns = document.template.lines.fields if document.template else {}
    headings = headings_with({name: rule.labels for name, rule in columns.items() if rule.labels})
    draft = draft_of(document.pages, headings)
    chinese = is_chinese(document.pages)
    return Extracted(
        candidates=order_candidates(draft, document.witness, chinese=chinese), kind=draft.kind
    )


def order_candidates(draft: Draft, witness: Witness, *, chinese: bool) -> dict[str, FieldCandidate]:
    """Return a candidate for every field of an order, in the order of the form."""
    lines = draft.lines or [FoundLine(cells={})]
    first = [*draft.number[:1], *draft.order_date[:1], *draft.supplier[:1], *draft.currency[:1]]
    cells = [line.cells[name] for line in lines for name in CELLS[:2] if name in line.cells]
    witness.prepare([item.tokens for item in (*first, *cells)])
    numbers = [judge_line(line, witness, draft.mark) for line in lines]
    amounts = [_amount(found["amount"]) for found in numbers]
    totals = judge_totals(draft, amounts, witness)
    return {
        "number": _referenced(draft.number, witness),
        "order_date": _dated(draft.order_date, witness),
        "supplier": _supplied(draft.supplier, witness),
        "currency": _priced(draft.currency, witness, chinese=chinese),
        **_cells(lines, numbers, witness, lines_refuted=totals.lines_refuted),
        "tax": totals.tax,
        "total": totals.total,
    }


def _cells(
    lines: list[FoundLine],
    numbers: list[dict[str, FieldCandidate]],
    witness: Witness,
    *,
    lines_refuted: bool,
) -> Mapping[str, FieldCandidate]:
    shapes = Counter(shape(line.cells["code"].value) for line in lines if "code" in line.cells)
    found = {}
    for index, (line, judged) in enumerate(zip(lines, numbers, strict=True)):
        row = {**_texts(line, witness, shapes), **judged}
        if lines_refuted:
            row["amount"] = _shaken(row["amount"])
        found.update({f"lines.{index}.{name}": row[name] for name in CELLS})
    return found


def _amount(judged: FieldCandidate) -> Decimal | None:
    return Decimal(judged.item.value) if judged.item and judged.item.value else None


def _shaken(judged: FieldCandidate) -> FieldCandidate:
    reason = "The lines add up to neither the subtotal nor the total."
    return replace(judged, assessment=assessed(GUESS, reason, refuted=True))


def _referenced(items: list[FoundValue], witness: Witness) -> FieldCandidate:
    if not items:
        return not_found()
    read = agreement(items[0], witness)
    if not items[0].steady:
        reason = "Only a number with the label “{label}” was found."
        read = assessed(ALONE, reason, label=items[0].label)
    heard = [parse_reference(text) or "" for text in _other_readings(items[0], witness, read)]
    values = (*heard, *(item.value for item in items))
    return FieldCandidate(item=items[0], assessment=read, alternatives=values)


def _other_readings(item: FoundValue, witness: Witness, judged: Assessment) -> tuple[str, ...]:
    """Return what the other readings have, the one of the place alone first, for a person.

    A value that is believed needs none.
    """
    if judged.confidence >= LIKELY:
        return ()
    heard = [witness.again(item.tokens), *witness.others(item.tokens)]
    return tuple(each.text.strip(EDGES) for each in heard)


def _dated(items: list[FoundValue], witness: Witness) -> FieldCandidate:
    if not items:
        return not_found()
    item = items[0]
    values = tuple(dict.fromkeys([*item.options, *(other.value for other in items)]))
    if len(item.options) > 1:
        reason = "Day and month may be swapped: {options}."
        doubt = assessed(ALONE, reason, options=", ".join(item.options))
        return FieldCandidate(item=item, assessment=doubt, alternatives=values)
    if not item.steady:
        doubt = assessed(ALONE, "There are other words next to the date.")
        return FieldCandidate(item=item, assessment=doubt, alternatives=values)
    return FieldCandidate(
        item=item, assessment=agreement(item, witness, alike=_digits), alternatives=values
    )


def _digits(text: str) -> str:
    """Return what dates are compared by: their numbers, and a month in letters."""
    return " ".join(re.findall(r"\d+|[a-z]{3,}", normal(text).lower()))


def _supplied(items: list[FoundValue], witness: Witness) -> FieldCandidate:
    if not items:
        return not_found()
    item = items[0]
    values = tuple(other.value for other in items)
    read = agreement(item, witness)
    if not item.steady or ":" in normal(item.value):  # a part of a label that was not read
        reason = "A company in the document that no label names as the supplier."
        read = assessed(min(read.confidence, ALONE), reason)
    elif not item.label and read.confidence >= LIKELY:
        reason = "The only company in the document besides the buyer."
        read = assessed(LIKELY, reason, *read.evidence)
    return FieldCandidate(item=item, assessment=read, alternatives=values)


def _priced(items: list[FoundValue], witness: Witness, *, chinese: bool) -> FieldCandidate:
    if not items:
        if not chinese:
            return not_found()
        guess = FoundValue(value="CNY", raw="", tokens=())
        return FieldCandidate(
            item=guess, assessment=assessed(ALONE, "Assumed, as the document is in Chinese.")
        )
    counts = Counter(item.value for item in items)
    if len(counts) > 1 and not items[0].label:
        reason = "The document names several currencies: {options}."
        doubt = assessed(ALONE, reason, options=", ".join(counts))
        return FieldCandidate(item=items[0], assessment=doubt, alternatives=tuple(counts))
    return FieldCandidate(item=items[0], assessment=_sign(items, witness, chinese=chinese))


def _sign(items: list[FoundValue], witness: Witness, *, chinese: bool) -> Assessment:
    first = items[0]
    if first.label or any(first.value in item.raw for item in items):
        return agreement(first, witness)
    if not witness.exact(first.tokens):
        if len(items) < 2:
            return assessed(ALONE, "Its sign was read only once.")
        return assessed(
            LIKELY, "{count} amounts have its sign.", Proof.REPETITION, count=str(len(items))
        )
    if first.value == "CNY" and not chinese:
        return assessed(ALONE, "Two currencies use the sign ¥.")
    confidence = LIKELY if first.value == "USD" else EXACT
    reason = "{count} amounts have its sign."
    return assessed(confidence, reason, Proof.TEXT_LAYER, count=str(len(items)))


def _texts(line: FoundLine, witness: Witness, shapes: Counter[str]) -> dict[str, FieldCandidate]:
    judged: dict[str, FieldCandidate] = {}
    for name in ("code", "description"):
        item = line.cells.get(name)
        if item is None or not item.value:
            judged[name] = FieldCandidate(item=item, assessment=missing())
            continue
        read = agreement(item, witness)
        heard = _other_readings(item, witness, read)
        judged[name] = FieldCandidate(item=item, assessment=read, alternatives=heard)
    if not line.clean and judged["description"].item:
        reason = "It is not clear which line these words belong to."
        unclear = assessed(ALONE, reason, refuted=True)
        judged["description"] = replace(judged["description"], assessment=unclear)
    code = judged["code"].item
    if (code is None or not code.value) and judged["description"].item:
        reason = "No code was found next to it, so the words may belong to another column."
        judged["description"] = replace(judged["description"], assessment=assessed(ALONE, reason))
    if judged["code"].assessment.confidence <= GUESS and judged["description"].item and code:
        reason = "The code next to it is doubtful, and its end may belong here."
        judged["description"] = replace(judged["description"], assessment=assessed(ALONE, reason))
    if code and code.value and not witness.exact(code.tokens) and _odd(code.value, shapes):
        reason = "It has another format than the other codes of the document."
        judged["code"] = replace(judged["code"], assessment=assessed(ALONE, reason))
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
