"""The annotation of a field chooses its widget, and the texts of the form become its values."""

from datetime import date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import Annotated, Any, Literal

import pytest
from pydantic import BaseModel, Field

from clerkwork import PurchaseOrder
from clerkwork.model.work.field_types import FieldType, type_at
from clerkwork.model.work.reviews import AnswerInvalid, rebuild
from clerkwork.review.forms import FormField
from clerkwork.web import labels
from clerkwork.web.form_data import leaves_of
from clerkwork.web.widgets import widget_of

LONG = {"widget": "long_text"}


class Terms(StrEnum):
    NET = "net"
    PREPAID = "prepaid"


class Priority(IntEnum):
    LOW = 1
    HIGH = 2


class Address(BaseModel):
    city: str
    since: date | None = None
    country: Literal["CN", "DE"] | None = None


class Line(BaseModel):
    code: str
    note: str = ""
    urgent: bool = False
    due: date | None = None
    count: int = 1


class Everything(BaseModel):
    plain: str = ""
    limited: Annotated[str, Field(max_length=40)] = ""
    wide: Annotated[str, Field(max_length=2000)] = ""
    marked: str = Field(default="", json_schema_extra=LONG)
    unknown_mark: str = Field(default="", json_schema_extra={"widget": "no_such_widget"})
    amount: Annotated[Decimal, Field(max_digits=9)] = Decimal(0)
    maybe_amount: Decimal | None = None
    day: date = date(2026, 1, 1)
    moment: datetime | None = None
    terms: Terms = Terms.NET
    priority: Priority = Priority.LOW
    rate: Literal[7, 19] = 19
    agreed: bool = False
    perhaps: bool | None = None
    address: Address | None = None
    lines: list[Line] = Field(default_factory=list)
    tags: list[Annotated[str, Field(json_schema_extra=LONG)]] = Field(default_factory=list)
    days: tuple[date, ...] = ()
    extra: dict[str, Decimal] = Field(default_factory=dict)
    either: int | str = 0


def field_at(path: str, value: str = "", model: type[BaseModel] | None = Everything) -> FormField:
    return FormField(path=path, title="", value=value, shown=value, type=type_at(model, path))


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("plain", "text"),
        ("limited", "text"),
        ("wide", "long_text"),
        ("marked", "long_text"),
        ("unknown_mark", "text"),
        ("amount", "number"),
        ("maybe_amount", "number"),
        ("day", "date"),
        ("moment", "text"),
        ("terms", "choice"),
        ("priority", "choice"),
        ("rate", "choice"),
        ("agreed", "check_box"),
        ("perhaps", "check_box"),
        ("address.city", "text"),
        ("address.since", "date"),
        ("address.country", "choice"),
        ("lines.0.urgent", "check_box"),
        ("lines.{index}.due", "date"),
        ("lines.12.count", "number"),
        ("tags.0", "long_text"),
        ("days.1", "date"),
        ("extra.freight", "number"),
        ("either", "text"),
        ("missing", "text"),
        ("address.missing.deeper", "text"),
    ],
)
def test_annotation_chooses_the_widget(path: str, name: str) -> None:
    """Optional values, nested models, lists and dictionaries included."""
    assert widget_of(field_at(path)).name == name


@pytest.mark.parametrize(
    ("value", "name"), [("short", "text"), ("two\nlines", "long_text"), ("x" * 250, "long_text")]
)
def test_long_value_gets_a_tall_input(value: str, name: str) -> None:
    """Also where no model says anything about it."""
    chosen = [widget_of(field_at("plain", value, model)).name for model in (Everything, None)]
    assert chosen == [name, name]


def test_fields_of_a_purchase_order() -> None:
    """The shipped model needs no marker."""
    paths = ("number", "order_date", "supplier", "lines.0.description", "lines.0.amount", "total")
    assert [widget_of(field_at(path, "", PurchaseOrder)).name for path in paths] == [
        *("text", "date", "text", "text", "number", "number"),
    ]


def test_type_says_what_the_annotation_says() -> None:
    """Options, the default and the length limit are found through ``Annotated`` and ``None``."""
    assert [type_at(Everything, path) for path in ("rate", "address.country", "limited")] == [
        FieldType(names=("typing.Literal",), options=("7", "19"), default="19"),
        FieldType(names=("typing.Literal",), options=("CN", "DE"), optional=True),
        FieldType(names=("builtins.str",), longest=40),
    ]


def rebuilt(**leaves: str) -> dict[str, Any]:
    given = {path.replace("__", "."): text for path, text in leaves.items()}
    return rebuild(Everything, given).model_dump(mode="json", exclude_unset=True)


def test_texts_become_the_listed_options() -> None:
    """Numbers in a literal and members of an enumeration are posted as text."""
    assert rebuilt(rate="7", priority="2", terms="prepaid", agreed="True") == {
        "rate": 7,
        "priority": 2,
        "terms": "prepaid",
        "agreed": True,
    }


def test_empty_text_is_the_default_or_none_at_every_depth() -> None:
    """A date that may be missing can be left empty in a line as well."""
    assert rebuilt(lines__0__code="A", lines__0__due="", lines__0__count="", perhaps="") == {
        "lines": [{"code": "A"}]
    }


def test_empty_text_of_a_nested_text_field_stays() -> None:
    """Correcting one field changes no other."""
    assert rebuilt(address__city="", address__since="2026-01-02") == {
        "address": {"city": "", "since": "2026-01-02"}
    }


@pytest.mark.parametrize("text", ["0", "1793836800", "20261105", "2026-13-01", "05.11.2026"])
def test_only_a_full_date_is_a_date(text: str) -> None:
    """A bare number would become a day of 1970 or later, counted in seconds."""
    with pytest.raises(AnswerInvalid) as refused:
        rebuild(Everything, {"day": text, "days.0": text})
    said = {path: labels.problem(problem) for path, problem in refused.value.problems.items()}
    expected = "Write a date that exists as YYYY-MM-DD, such as 2026-11-30."
    assert said == {"day": expected, "days.0": expected}


@pytest.mark.parametrize(
    ("path", "text", "sentence"),
    [
        ("amount", "1,5", "Write a number, such as 1234.50."),
        ("amount", "NaN", "Write a number, such as 1234.50."),
        ("lines.0.count", "1.5", "Write a whole number, such as 12."),
        ("agreed", "perhaps", "Choose yes or no."),
        ("terms", "later", "Choose one of: net, prepaid."),
        ("rate", "8", "Choose one of: 7, 19."),
        ("moment", "noon", "Write date and time, such as 2026-11-30 14:30."),
        ("limited", "x" * 41, "String should have at most 40 characters"),
    ],
)
def test_refusal_says_what_to_write(path: str, text: str, sentence: str) -> None:
    """Pydantic's own words are about its parser."""
    with pytest.raises(AnswerInvalid) as refused:
        rebuild(Everything, {"lines.0.code": "A", path: text})
    assert labels.problem(refused.value.problems[path]) == sentence


@pytest.mark.parametrize(
    ("posted", "leaves"),
    [
        ({"else.agreed": "False"}, {"agreed": "False"}),
        ({"else.agreed": "False", "leaf.agreed": "True"}, {"agreed": "True"}),
        ({"leaf.plain": "x"}, {"plain": "x"}),
        (
            {"leaf.lines.0.code": "A", "else.lines.0.urgent": "False"},
            {"lines.0.code": "A", "lines.0.urgent": "False"},
        ),
        (
            {"leaf.lines.0.code": " ", "else.lines.0.urgent": "False"},
            {"lines.0.code": " ", "lines.0.urgent": ""},
        ),
        ({"else.flags.0": "False"}, {"flags.0": "False"}),
        ({"leaf.note": "a\r\nb"}, {"note": "a\nb"}),
    ],
    ids=["off", "on", "not there", "in a line", "in an empty line", "line of its own", "breaks"],
)
def test_check_box_is_off_only_where_the_form_has_one(
    posted: dict[str, str], leaves: dict[str, str]
) -> None:
    """A form without the box says nothing about its value."""
    assert leaves_of(posted) == leaves
