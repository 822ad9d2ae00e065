"""The form of a review, drawn from a model and from what was read."""

from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from clerkwork import PurchaseOrder
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.work.reviews import Review, ReviewState
from clerkwork.review.forms import Form, FormTable, build, title_of

NOW = datetime(2026, 11, 23, tzinfo=UTC)
LINES = [
    {"code": "A", "description": "Pump", "quantity": "1", "unit_price": "2.00", "amount": "2.00"},
    {"code": "B", "description": "Seal", "quantity": "3", "unit_price": "1.00", "amount": "3.00"},
]


def review_of(shown: dict[str, Any], fields: list[FieldEvidence] | None = None) -> Review:
    return Review(
        number=1,
        item_id=1,
        run_no=1,
        workflow="orders",
        reference="PO-1",
        state=ReviewState.OPEN,
        step="check",
        code="low_confidence",
        message="",
        facts={},
        model="clerkwork.model.orders.PurchaseOrder",
        shown=shown,
        fields=fields or [],
        pages=[],
        decision=None,
        answer=None,
        note="",
        who=None,
        claimed_by=None,
        claimed_until=None,
        created=NOW,
        due=NOW,
        answered=None,
        handling_ms=None,
    )


def read(path: str, value: str, **more: Any) -> FieldEvidence:
    return FieldEvidence(path=path, value=value, confidence=0.9, **more)


def outline(form: Form) -> list[str | tuple[str, int]]:
    return [
        (part.path, len(part.rows)) if isinstance(part, FormTable) else part.path
        for part in form.parts
    ]


def test_fields_stand_in_the_order_of_the_review_and_missing_ones_follow():
    """A person also gets the fields of which nothing was read."""
    fields = [read("total", "5.00"), read("number", "PO-1")]
    form = build(review_of({"total": "5.00", "number": "PO-1"}, fields), PurchaseOrder)
    assert outline(form) == [
        "total",
        "number",
        "order_date",
        "supplier",
        "currency",
        ("lines", 0),
        "tax",
    ]


def test_lines_are_one_table_with_a_blank_line_to_add():
    """The columns are the line model's fields with their titles."""
    table = build(review_of({"lines": LINES}), PurchaseOrder).parts[0]
    assert isinstance(table, FormTable)
    assert (table.title, table.columns, [row.index for row in table.rows]) == (
        "Lines",
        ("Code", "Description", "Quantity", "Unit price", "Amount"),
        [0, 1],
    )
    assert [cell.path for cell in table.blank][:2] == [
        "lines.{index}.code",
        "lines.{index}.description",
    ]


def test_what_a_person_typed_stays_and_its_problem_is_at_the_field():
    """Nothing that was typed is lost over a wrong value."""
    form = build(
        review_of({"total": "5.00"}),
        PurchaseOrder,
        leaves={"total": "5,x"},
        problems={"total": "Input should be a valid decimal", "": "Odd"},
    )
    total = form.fields()[0]
    assert (total.value, total.shown, total.changed, total.problem, total.wants_eyes) == (
        "5,x",
        "5.00",
        True,
        "Input should be a valid decimal",
        True,
    )
    assert form.problems == ("Odd",)


def test_removed_line_is_gone_and_added_line_is_there_after_a_wrong_value():
    """The table shows the lines that were typed, not those that were read."""
    form = build(
        review_of({"lines": LINES}),
        PurchaseOrder,
        leaves={"lines.1.code": "B", "lines.2.code": "C"},
    )
    table = form.parts[0]
    assert isinstance(table, FormTable)
    assert [row.index for row in table.rows] == [1, 2]


def test_evidence_of_a_field_reaches_the_form():
    """Raw text, certainty, reason and candidates stand at the field."""
    evidence = read("total", "5.00", raw="5.OO", doubtful=True, candidates=["5.00", "6.00"])
    field = build(review_of({}, [evidence]), PurchaseOrder).fields()[0]
    assert (field.raw, field.confidence, field.doubtful, field.candidates) == (
        "5.OO",
        0.9,
        True,
        ("5.00", "6.00"),
    )


def test_form_without_its_model_is_drawn_from_the_data():
    """The data of a removed bot can still be read."""
    form = build(review_of({"order_no": "7", "lines": [{"code": "A"}]}), None)
    assert outline(form) == ["order_no", ("lines", 1)]
    assert form.fields()[0].title == "Order no"


def test_list_of_plain_values_is_a_table_of_one_column():
    """A line without fields of its own keeps its path."""

    class Tagged(BaseModel):
        tags: list[str] = Field(title="Tags")

    table = build(review_of({"tags": ["a", "b"]}), Tagged).parts[0]
    assert isinstance(table, FormTable)
    assert [cell.path for row in table.rows for cell in row.cells] == ["tags.0", "tags.1"]


def test_title_of_a_nested_field_is_its_own():
    """A field inside a model in a model is called what its model calls it."""

    class Inner(BaseModel):
        city: str = Field(title="City")

    class Outer(BaseModel):
        address: Inner

    assert title_of(Outer, "address.city") == "City"
