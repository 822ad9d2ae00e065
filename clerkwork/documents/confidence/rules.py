"""What a template asks of the values that were read; it doubts and chooses, it makes up nothing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from clerkwork import clock
from clerkwork.documents.confidence.evidence_writer import (
    AGREED,
    ALONE,
    GUESS,
    Confidence,
    Scribe,
    agreement,
    missing,
    verdict,
)
from clerkwork.documents.draft import FoundValue, found, layout_of
from clerkwork.documents.layout.labels import compact
from clerkwork.documents.ocr.second_opinion import Witness
from clerkwork.documents.tokens import PageWords, Token, box_of, text_of
from clerkwork.documents.values.dates import parse_dates
from clerkwork.documents.values.identifiers import parse_identifier
from clerkwork.documents.values.numerals import normal
from clerkwork.model.documents.extraction import Box, FieldEvidence, Proof, around
from clerkwork.model.project.document_templates import Area, Check, Template, TemplateField

IDENTIFIERS = ("tax_id", "vat_id", "iban")  # names of fields that have check digits end so
AFTER = " :;.：；.-–#"
BELOW = 3  # rows under a label in which its value may stand


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInput:
    """What constraints look at.

    Attributes:
        template: The template of the document.
        pages: Its words.
        witness: Says what else was read where a value stands.
        scribe: Writes evidence.
    """

    template: Template
    pages: Sequence[PageWords]
    witness: Witness
    scribe: Scribe


def constrained(fields: Sequence[FieldEvidence], reading: RuleInput) -> list[FieldEvidence]:
    """Return the fields as the template allows them, in the same order."""
    template, by_path = reading.template, {field.path: field for field in fields}
    for path, rule in template.fields.items():
        ruled = _ruled(by_path.get(path), path, rule, reading)
        if path in by_path or (ruled.value and not (rule.optional and ruled.doubtful)):
            by_path[path] = ruled
    for path, field in by_path.items():
        parts = path.split(".")
        if parts[0] == "lines" and parts[-1] in template.lines.fields:
            by_path[path] = _fitting(field, template.lines.fields[parts[-1]], reading)
    for check in template.validators:
        by_path |= _checked(check, by_path, reading.scribe)
    lines = {
        path.split(".")[1]
        for path, field in by_path.items()
        if path.startswith("lines.") and field.value
    }
    if len(lines) < template.lines.at_least and "total" in by_path:
        reason = "Fewer lines were found than a document of this template has."
        by_path["total"] = reading.scribe.refuted(by_path["total"], reason)
    return list(by_path.values())


def _ruled(
    field: FieldEvidence | None, path: str, rule: TemplateField, reading: RuleInput
) -> FieldEvidence:
    """Return a field with the value beside one of the template's labels, if it needs one."""
    good = field is not None and field.value and _fits(field.value, around(field.boxes), rule)
    if field is not None and good and not field.doubtful:
        return _asked(field, rule, reading.scribe)
    items = [
        item
        for item in _beside(rule, path, reading.pages)
        if _fits(item.value, box_of(item.tokens, reading.pages[item.tokens[0].page].ratio), rule)
    ]
    if items:
        item, others = items[0], [field.value, *field.candidates] if field is not None else []
        judged = _checked_digits(path, item.value, agreement(item, reading.witness))
        if path.endswith(IDENTIFIERS) and len({each.value for each in items}) > 1:
            others += [each.value for each in items]
            judged = verdict(ALONE, "Several such numbers stand in the document.")
        return _asked(reading.scribe.write(path, item, judged, others), rule, reading.scribe)
    if field is None:
        return reading.scribe.write(path, None, missing())
    return _fitting(field, rule, reading)


def _checked_digits(path: str, value: str, read: Confidence) -> Confidence:
    """Return the verdict on a tax number or a bank account with what its check digits say."""
    identifier = parse_identifier(value) if path.endswith(IDENTIFIERS) else None
    if identifier is None or identifier.proven is None:
        return read
    if not identifier.proven:
        return verdict(GUESS, "Its check digit is wrong.", refuted=True)
    proofs = (*read.evidence, Proof.CHECK_DIGIT)
    return verdict(max(read.confidence, AGREED), "Its check digit is right.", *proofs)


def _fitting(field: FieldEvidence, rule: TemplateField, reading: RuleInput) -> FieldEvidence:
    if field.value and not _fits(field.value, around(field.boxes), rule):
        reason = "It does not fit the template {template}."
        return reading.scribe.refuted(field, reason, template=reading.template.name)
    return _asked(field, rule, reading.scribe)


def _asked(field: FieldEvidence, rule: TemplateField, scribe: Scribe) -> FieldEvidence:
    return scribe.asked(field, rule.least) if rule.least else field


def _fits(value: str, box: Box | None, rule: TemplateField) -> bool:
    if rule.pattern and not re.fullmatch(rule.pattern, value):
        return False
    return rule.area is None or (box is not None and _inside(box, rule.area))


def _inside(box: Box, area: Area) -> bool:
    middle, height = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    if area.page and box.page != area.page - 1:
        return False
    return area.left <= middle <= area.right and area.top <= height <= area.bottom


def _beside(rule: TemplateField, path: str, pages: Sequence[PageWords]) -> Iterator[FoundValue]:
    """Yield the values that stand beside or below the template's labels."""
    labels = {compact(label): label for label in rule.labels}
    for layout in (layout_of(page) for page in pages if labels):
        for number, row in enumerate(layout.pieces):
            for place, piece in enumerate(row):
                label, rest = _label(piece, labels)
                if not label:
                    continue
                under = [
                    other
                    for below in layout.pieces[number + 1 : number + 1 + BELOW]
                    for other in below
                    if other[0].left < piece[-1].right and other[-1].right > piece[0].left
                ]
                for tokens in [rest, *row[place + 1 : place + 2], *under[:1]]:
                    value = _value(tokens, path)
                    if value:
                        yield found(value, tuple(tokens), label)


def _label(piece: Sequence[Token], labels: dict[str, str]) -> tuple[str, list[Token]]:
    """Return the label that the words start with, and the words after it."""
    for size in range(len(piece), 0, -1):
        head = compact(text_of(piece[:size])).strip(AFTER)
        if head in labels:
            return labels[head], list(piece[size:])
    head = compact(piece[0].text)
    for plain, label in labels.items():  # label and value in one word: 发票号码:123
        after = head[len(plain) :]
        if head.startswith(plain) and after[:1] in AFTER and len(head) == len(piece[0].text):
            start = len(plain) + len(after) - len(after.lstrip(AFTER))
            if start < len(piece[0].text):
                return label, [piece[0].cut(start), *piece[1:]]
    return "", []


def _value(tokens: Sequence[Token], path: str) -> str:
    text = text_of(tokens).strip(AFTER) if tokens else ""
    if path.endswith(IDENTIFIERS):
        starts = (text_of(tokens[:size]) for size in range(len(tokens), 0, -1))
        known = [each for each in map(parse_identifier, starts) if each is not None]
        return max(known, key=lambda each: each.proven is True).value if known else text
    if not path.endswith("date"):
        return text
    days = parse_dates(normal(text))
    return days[0].isoformat() if len(days) == 1 else ""


def _checked(
    check: Check, by_path: dict[str, FieldEvidence], scribe: Scribe
) -> dict[str, FieldEvidence]:
    """Return the fields that a check refutes."""
    path = {"known_supplier": "supplier", "open_order": "number"}.get(check, "")
    if path:
        field = by_path.get(path)
        if field is None or Proof.MASTER_DATA in field.evidence:
            return {}
        reason = "It is not in the master data, which the template asks for."
        return {path: scribe.refuted(field, reason)}
    late = {
        path: field
        for path, field in by_path.items()
        if path in {"date", "order_date"} and _in_future(field.value)
    }
    reason = "The date lies in the future."
    return {path: scribe.refuted(field, reason) for path, field in late.items()}


def _in_future(value: str) -> bool:
    """Return whether no place on earth has reached the date yet (UTC+14 is the first)."""
    try:
        return date.fromisoformat(value) > (clock.now() + timedelta(hours=14)).date()
    except ValueError:
        return False
