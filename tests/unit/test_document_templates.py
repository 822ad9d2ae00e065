"""The class of a document is decided first, and its template constrains what was read."""

from datetime import UTC, datetime

import pytest

from clerkwork import clock
from clerkwork.config.files.templates import SHIPPED, read_templates, shipped, template_schema
from clerkwork.documents.confidence.decide import decide
from clerkwork.documents.draft import FoundValue
from clerkwork.documents.extract.classify import template_of
from clerkwork.documents.extract.read_document import Extracted, ReadDocument
from clerkwork.documents.ocr.second_opinion import PageWitness
from clerkwork.documents.proofs import Assessment, FieldCandidate
from clerkwork.documents.template_draft import drafted, written
from clerkwork.documents.tokens import Token
from clerkwork.errors import UsageError
from clerkwork.model.documents.extraction import Box, Extraction, FieldEvidence, Proof
from clerkwork.model.documents.master_data import Master
from clerkwork.model.project.document_templates import Template
from tests.fixtures_documents import read_words

KINDS = {
    "purchase_order": ["PURCHASE ORDER", "PO number: 77", "Supplier: Kestrel Ltd"],
    "invoice": ["INVOICE", "Invoice number: 77", "Order number: 12"],
    "vat_invoice": ["电子发票（增值税专用发票）", "纳税人识别号：9131", "价税合计"],
    "receipt": ["TAX INVOICE", "Milk 4.00", "Cash 5.00", "Change 1.00", "Thank you"],
    "delivery_note": ["DELIVERY NOTE", "Delivery note no: 5"],
    "form": ["LEAVE APPLICATION FORM", "Name: Ann"],
    None: ["Dear Ann,", "thank you for your letter.", "Yours, Bob"],
}
PLACE = {"page": 0, "left": 600, "top": 140, "right": 800, "bottom": 168, "confidence": 1.0}
NUMBER_BOX = Box(page=0, left=0.6, top=0.1, right=0.8, bottom=0.12)


def pages_of(page, *rows: str):
    return [page(*[[(20, row)] for row in rows])]


@pytest.mark.parametrize(("name", "rows"), KINDS.items(), ids=str)
def test_the_class_is_the_one_that_most_phrases_speak_for(page, name, rows):
    """None of these is an answer too."""
    found = template_of(pages_of(page, *rows), shipped())
    assert (found.name if found else None) == name


def test_a_template_of_ones_own_goes_before_a_general_one(page):
    """One telling phrase of a supplier weighs more than many that all such documents have."""
    own = Template.model_validate(
        {"name": "kestrel", "kind": "invoice", "match": {"any": ["Kestrel Ltd"]}}
    )
    pages = pages_of(page, *KINDS["purchase_order"])
    assert template_of(pages, [*shipped(), own]) == own


def read(path: str, value: str, **changes) -> FieldEvidence:
    given = {"path": path, "value": value, "confidence": 0.97, "probability": 0.97}
    given |= {"evidence": [Proof.TEXT_LAYER], "boxes": [NUMBER_BOX]}
    return FieldEvidence.model_validate(given | changes)


def candidate(field: FieldEvidence) -> FieldCandidate:
    """Return a candidate for *field* that is unchanged unless a proof changes it."""
    tokens = (Token(text=field.value, **PLACE),)
    item = FoundValue(value=field.value, raw=field.value, tokens=tokens)
    known = Assessment(confidence=field.confidence, reason="", evidence=tuple(field.evidence))
    return FieldCandidate(item=item, assessment=known)


def ruled(page, template: dict, *fields: FieldEvidence, rows: tuple[str, ...] = ()) -> dict:
    made = {"name": "mine", "kind": "invoice", "match": {"any": ["x"]}} | template
    document = ReadDocument(
        pages=pages_of(page, *rows),
        witness=PageWitness({}, "eng"),
        template=Template.model_validate(made),
    )
    candidates = {field.path: candidate(field) for field in fields}
    decided = decide(Extracted(candidates=candidates, kind="invoice"), document, Master(), 0.85)
    return {field.path: field for field in decided}


@pytest.mark.parametrize(
    ("rule", "doubtful"),
    [
        ({}, False),
        ({"pattern": r"KS-\d{6}"}, False),
        ({"pattern": r"KS-\d{5}"}, True),
        ({"area": {"top": 0.0, "bottom": 0.3}}, False),
        ({"area": {"top": 0.3}}, True),
        ({"area": {"page": 2}}, True),
        ({"least": 0.97}, False),
        ({"least": 0.98}, True),
    ],
)
def test_a_value_passes_only_as_its_template_allows(page, rule, doubtful):
    """Pattern, place and threshold of a field each keep it back."""
    found = ruled(page, {"fields": {"number": rule}}, read("number", "KS-123456"))
    assert (found["number"].value, found["number"].doubtful) == ("KS-123456", doubtful)


def test_a_label_of_the_template_finds_what_no_common_label_names(page):
    """The value comes with its box and its evidence, as any other."""
    rule = {"fields": {"number": {"labels": ["Our ref"], "pattern": r"KS-\d+"}}}
    found = ruled(page, rule, rows=("Dear Ann", "Our ref: KS-77", "Total 5.00"))["number"]
    assert (found.value, found.doubtful, found.facts) == ("KS-77", False, {"label": "Our ref"})


def test_a_label_does_not_replace_a_value_that_is_believed_and_fits(page):
    """A template constrains, it never replaces."""
    rule = {"fields": {"number": {"labels": ["Our ref"]}}}
    found = ruled(page, rule, read("number", "R-1"), rows=("Our ref: KS-77",))["number"]
    assert found.value == "R-1"


@pytest.mark.parametrize(
    ("number", "evidence", "refuted"),
    [
        ("91350100M000100Y43", [Proof.TEXT_LAYER, Proof.CHECK_DIGIT], False),
        ("91350100M000100Y44", [], True),
        ("5521", [Proof.TEXT_LAYER], False),
    ],
)
def test_the_check_digits_of_a_tax_number_speak_for_it_or_against(
    page, number: str, evidence: list[Proof], refuted: bool
):
    """One wrong character is seen; a number without check digits is believed as others are."""
    template = {"fields": {"supplier_tax_id": {"labels": ["Tax ref"]}}}
    found = ruled(page, template, rows=(f"Tax ref: {number}",))["supplier_tax_id"]
    assert (found.value, found.evidence, found.refuted) == (number, evidence, refuted)


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        (("VAT ID: DE 136 695 976 HRB 7",), "DE136695976"),
        (("VAT ID: DE136695977",), None),
        (("VAT ID: DE136695976", "VAT no: NL004495445B01"), None),
        (("纳税人识别号：91350100M000100Y43",), "91350100M000100Y43"),
        (("VAT no: as above",), None),
    ],
)
def test_a_tax_number_is_told_only_where_it_is_sure_whose_and_which(page, rows, found):
    """No item has to have one, so a doubtful one is left out and holds nothing up."""
    [invoice] = [each for each in shipped() if each.name == "invoice"]
    template = {"fields": {"tax_id": invoice.fields["tax_id"].model_dump()}}
    read = ruled(page, template, rows=rows).get("tax_id")
    assert (read and read.value) == found


def test_a_field_that_is_nowhere_is_not_made_up(page):
    """A template's own field without a value does not trouble anybody."""
    assert ruled(page, {"fields": {"tax_id": {"labels": ["Tax id"]}}}, rows=("Hello",)) == {}


@pytest.mark.parametrize(
    ("template", "field", "doubtful"),
    [
        ({"lines": {"at_least": 2}}, read("total", "9.50"), True),
        ({"lines": {"at_least": 1}}, read("total", "9.50"), False),
        ({"lines": {"fields": {"code": {"pattern": "[A-Z]"}}}}, read("lines.0.code", "7"), True),
        ({"validators": ["known_supplier"]}, read("supplier", "Kestrel"), True),
        (
            {"validators": ["known_supplier"]},
            read("supplier", "Kestrel", evidence=[Proof.MASTER_DATA]),
            False,
        ),
        ({"validators": ["open_order"]}, read("number", "7"), True),
        ({"validators": ["not_in_future"]}, read("order_date", "2999-01-01"), True),
        ({"validators": ["not_in_future"]}, read("order_date", "2020-01-01"), False),
    ],
)
def test_lines_and_validators_doubt_what_they_forbid(page, template, field, doubtful):
    """What a template asks for beyond single values."""
    line = read("lines.0.amount", "9.50")
    assert ruled(page, template, field, line)[field.path].doubtful is doubtful


@pytest.mark.parametrize(("day", "doubtful"), [("2026-03-02", False), ("2026-03-03", True)])
def test_a_document_dated_today_east_of_greenwich_is_not_of_the_future(
    page, monkeypatch, day, doubtful
):
    """At 20:00 UTC it is tomorrow in Shanghai already; the day after is nowhere yet."""
    monkeypatch.setattr(clock, "now", lambda: datetime(2026, 3, 1, 20, tzinfo=UTC))
    found = ruled(page, {"validators": ["not_in_future"]}, read("order_date", day))
    assert found["order_date"].doubtful is doubtful


def test_a_draft_fits_the_document_it_was_made_from(page):
    """The supplier identifies it; the number is found by its pattern and position."""
    fields = [read("number", "KS-123456"), read("supplier", "Kestrel"), read("lines.0.code", "A")]
    read_of = Extraction(engine="text_layer", kind="invoice", fields=fields, pages=[])
    draft = drafted(read_of, "kestrel")
    found = ruled(page, draft.model_dump(), *fields)
    assert [field.doubtful for field in found.values()] == [False, False, False]
    assert draft.fields["number"].pattern == r"KS\-\d{6}"
    assert template_of(pages_of(page, "Kestrel"), [draft]) == draft


def test_a_draft_without_a_supplier_is_identified_by_a_label(page):
    """The number itself is in no other document."""
    number = read("number", "KS-123456", facts={"label": "Delivery ref"})
    draft = drafted(Extraction(engine="x", kind="invoice", fields=[number], pages=[]), "kestrel")
    assert draft.match.any == ["Delivery ref"]


def test_nothing_is_drafted_from_a_document_without_supplier_and_labels():
    """The message says what to do instead."""
    number = read("number", "KS-123456", facts={})
    with pytest.raises(UsageError, match="draft from a clearer one"):
        drafted(Extraction(engine="x", kind="invoice", fields=[number], pages=[]), "kestrel")


def test_a_drafted_file_is_read_again_as_it_was_written(page, tmp_path):
    """What `template new` writes, `check` accepts; the project's goes before the shipped one."""
    fields = [read("number", "KS-1"), read("supplier", "Kestrel")]
    draft = drafted(Extraction(engine="x", kind="invoice", fields=fields, pages=[]), "invoice")
    folder = tmp_path / "config" / "templates"
    folder.mkdir(parents=True)
    (folder / "invoice.yaml").write_text(written(draft), "utf-8")
    found, problems = read_templates(tmp_path)
    assert (found["invoice"], problems) == (draft, [])


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("kind: invoice", "kind: Letter of intent", 2, "kind"),
        ("name: mine", "name: other", 1, "make them the same"),
        ("pattern: a", "pattern: (", 6, "is not a regular expression"),
        ("pattern: a", "patern: a", 6, "did you mean `pattern`?"),
    ],
)
def test_a_mistake_names_its_line(tmp_path, old, new, line, said):
    """The error says where the template is wrong and what to write."""
    text = "name: mine\nkind: invoice\nmatch: {any: [x]}\nfields:\n  number:\n    pattern: a\n"
    folder = tmp_path / "config" / "templates"
    folder.mkdir(parents=True)
    (folder / "mine.yaml").write_text(text.replace(old, new), "utf-8")
    _, problems = read_templates(tmp_path)
    assert [(each.line, said in each.problem) for each in problems] == [(line, True)]


def test_every_shipped_template_is_valid_and_has_a_schema():
    """An editor completes what the shipped files use."""
    assert {template.name for template in shipped()} == {file.stem for file in SHIPPED.iterdir()}
    assert set(template_schema()["properties"]) == set(Template.model_fields)


def test_a_template_with_another_ending_is_not_silently_left_out(tmp_path):
    """A file named .yml is reported instead of ignored."""
    folder = tmp_path / "config" / "templates"
    folder.mkdir(parents=True)
    (folder / "receipt.yml").write_bytes((SHIPPED / "receipt.yaml").read_bytes())
    _, problems = read_templates(tmp_path)
    assert list(map(str, problems)) == ["config/templates/receipt.yml: rename it to receipt.yaml"]


def test_template_of_a_free_kind_names_it_and_needs_no_code(page):
    """A kind without a layout of its own is one YAML file: labels find its values."""
    fields = {"number": {"labels": ["Slip no"]}, "parcels": {"labels": ["Parcels"]}}
    own = Template.model_validate(
        {"name": "slip", "kind": "packing_slip", "match": {"any": ["Slip no"]}, "fields": fields}
    )
    [words] = pages_of(page, "PACKING SLIP", "Slip no: PS-77", "Parcels: 4")
    read = read_words(words, *shipped(), own)
    values = read.values()
    assert (read.kind, values["number"], values["parcels"]) == ("packing_slip", "PS-77", "4")


def test_template_of_a_kind_with_a_layout_uses_it(page):
    """The kind's name alone selects the layout; the template's name does not matter."""
    own = Template.model_validate(
        {"name": "till_slip", "kind": "receipt", "match": {"any": ["Thank you"]}}
    )
    [words] = pages_of(page, "BOOK HALL SDN BHD", "Total 5.50", "Thank you")
    assert [field.path for field in read_words(words, *shipped(), own).fields] == [
        "supplier",
        "address",
        "date",
        "total",
    ]
