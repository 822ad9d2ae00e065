"""A document's template as proof: it refutes values, requires a probability, names more labels."""

import re
from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from clerkwork import clock
from clerkwork.documents.confidence.rule_input import RuleInput
from clerkwork.documents.confidence.weigh import weigh
from clerkwork.documents.draft import FoundValue, found, layout_of
from clerkwork.documents.extract.agreement import agreement
from clerkwork.documents.layout.labels import compact
from clerkwork.documents.proofs import (
    AGREED,
    ALONE,
    GUESS,
    Assessment,
    FieldCandidate,
    FieldProof,
    Refutation,
    Replacement,
    Requirement,
    assessed,
)
from clerkwork.documents.tokens import PageWords, Token, box_of, text_of
from clerkwork.documents.values.dates import parse_dates
from clerkwork.documents.values.identifiers import parse_identifier
from clerkwork.documents.values.numerals import normal
from clerkwork.model.documents.decision import passes
from clerkwork.model.documents.extraction import Box, FieldEvidence, Proof, around
from clerkwork.model.project.document_templates import Area, TemplateField

IDENTIFIERS = ("tax_id", "vat_id", "iban")  # fields with check digits have names that end so
AFTER = " :;.：；.-–#"
BELOW = 3  # rows below a label that may hold its value
CHECKED = {"known_supplier": "supplier", "open_order": "number"}  # fields that need master data


def field_proofs(given: RuleInput) -> list[FieldProof]:
    """Return what the template's `fields` say about the fields and about further ones."""
    template = given.document.template
    rules = template.fields.items() if template else ()
    return [proof for path, rule in rules for proof in _of_field(path, rule, given)]


def cell_proofs(given: RuleInput) -> list[FieldProof]:
    """Return what the template's `lines: fields` say about the cells of the table."""
    template = given.document.template
    rules = template.lines.fields if template else {}
    return [
        proof
        for path, field in given.fields.items()
        if path.startswith("lines.") and path.split(".")[-1] in rules
        for proof in _fitting(field, rules[path.split(".")[-1]], given)
    ]


def check_proofs(given: RuleInput) -> list[FieldProof]:
    """Return the refutations of the template's `validators`."""
    template = given.document.template
    checks = template.validators if template else []
    proofs: list[FieldProof] = []
    for path in (CHECKED[check] for check in checks if check in CHECKED):
        field = given.fields.get(path)
        if field is not None and Proof.MASTER_DATA not in field.evidence:
            reason = "The template requires a value of the master data, and this is none."
            proofs.append(Refutation(path=path, reason=reason))
    if "not_in_future" in checks:
        proofs += [
            Refutation(path=path, reason="The date is in the future.")
            for path, field in given.fields.items()
            if path in {"date", "order_date"} and _in_future(field.value)
        ]
    return proofs


def line_count_proofs(given: RuleInput) -> list[FieldProof]:
    """Return a refutation of the total where lines of the table are missing."""
    template = given.document.template
    lines = {
        path.split(".")[1]
        for path, field in given.fields.items()
        if path.startswith("lines.") and field.value
    }
    if template is None or len(lines) >= template.lines.at_least or "total" not in given.fields:
        return []
    reason = "Fewer lines were found than the template requires."
    return [Refutation(path="total", reason=reason)]


def _of_field(path: str, rule: TemplateField, given: RuleInput) -> list[FieldProof]:
    """Return the proofs of one field, with the value of a template's label where it needs one."""
    field = given.fields.get(path)
    fits = field is not None and field.value and _fits(field.value, around(field.boxes), rule)
    if field is not None and fits and passes(field, given.least):
        return _required(path, rule)
    candidate = _of_labels(path, field, rule, given)
    if candidate is None:
        return [] if field is None else _fitting(field, rule, given)
    proofs = [Replacement(path=path, candidate=candidate), *_required(path, rule)]
    if field is None and rule.optional:
        added = weigh({}, proofs, ratios=given.ratios, least=given.least)[path]
        return proofs if passes(added, given.least) else []
    return proofs


def _of_labels(
    path: str, field: FieldEvidence | None, rule: TemplateField, given: RuleInput
) -> FieldCandidate | None:
    """Return the value that one of the template's labels names, None without any that fits."""
    items = [
        item
        for item in _labelled(rule, path, given.document.pages)
        if _fits(item.value, box_of(item.tokens, given.ratios[item.tokens[0].page]), rule)
    ]
    if not items:
        return None
    item, others = items[0], [field.value, *field.candidates] if field is not None else []
    known = _checked_digits(path, item.value, agreement(item, given.document.witness))
    if path.endswith(IDENTIFIERS) and len({each.value for each in items}) > 1:
        others += [each.value for each in items]
        known = assessed(ALONE, "The document has several such numbers.")
    return FieldCandidate(item=item, assessment=known, alternatives=tuple(others))


def _checked_digits(path: str, value: str, read: Assessment) -> Assessment:
    """Return the assessment of a tax number or bank account with the result of its check digits."""
    identifier = parse_identifier(value) if path.endswith(IDENTIFIERS) else None
    if identifier is None or identifier.proven is None:
        return read
    if not identifier.proven:
        return assessed(GUESS, "Its check digit is wrong.", refuted=True)
    evidence = (*read.evidence, Proof.CHECK_DIGIT)
    return assessed(max(read.confidence, AGREED), "Its check digit is right.", *evidence)


def _fitting(field: FieldEvidence, rule: TemplateField, given: RuleInput) -> list[FieldProof]:
    template = given.document.template
    if template and field.value and not _fits(field.value, around(field.boxes), rule):
        reason, facts = "It does not match the template {template}.", {"template": template.name}
        return [Refutation(path=field.path, reason=reason, facts=facts)]
    return _required(field.path, rule)


def _required(path: str, rule: TemplateField) -> list[FieldProof]:
    return [Requirement(path=path, least=rule.least)] if rule.least else []


def _fits(value: str, box: Box | None, rule: TemplateField) -> bool:
    if rule.pattern and not re.fullmatch(rule.pattern, value):
        return False
    return rule.area is None or (box is not None and _inside(box, rule.area))


def _inside(box: Box, area: Area) -> bool:
    middle, height = (box.left + box.right) / 2, (box.top + box.bottom) / 2
    if area.page and box.page != area.page - 1:
        return False
    return area.left <= middle <= area.right and area.top <= height <= area.bottom


def _labelled(rule: TemplateField, path: str, pages: Sequence[PageWords]) -> Iterator[FoundValue]:
    """Yield the values next to or below the template's labels."""
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


def _in_future(value: str) -> bool:
    """Return whether no place on earth has reached the date yet (UTC+14 is the first)."""
    try:
        return date.fromisoformat(value) > (clock.now() + timedelta(hours=14)).date()
    except ValueError:
        return False
