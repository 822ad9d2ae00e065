"""A review whose form has a field for every widget."""

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Any, Literal

from pydantic import BaseModel, Field

from clerkwork.model.work.reviews import form_fields
from clerkwork.store.schema import review
from tests.fixtures_console import ConsoleProject


class Carrier(StrEnum):
    """Who brings the goods."""

    ROAD = "road"
    RAIL = "rail"
    SEA = "sea"


class Parcel(BaseModel):
    """One line of a delivery."""

    code: str = Field(title="Code")
    quantity: Decimal = Field(title="Quantity")
    unit: Literal["pcs", "kg"] = Field(title="Unit")
    packed: date | None = Field(title="Packed on", default=None)
    fragile: bool = Field(title="Fragile", default=False)


class Delivery(BaseModel):
    """One field for every widget."""

    number: str = Field(title="Order number")
    total: Decimal = Field(title="Total")
    order_date: date = Field(title="Order date")
    carrier: Carrier = Field(title="Carrier")
    currency: Literal["EUR", "USD", "CNY"] | None = Field(title="Currency", default=None)
    insured: bool = Field(title="Insured", default=False)
    signed: bool | None = Field(title="Signed", default=None)
    description: str = Field(
        title="Description", default="", json_schema_extra={"widget": "long_text"}
    )
    lines: list[Parcel] = Field(title="Lines")


SHOWN: dict[str, Any] = {
    "number": "D-2026-07",
    "total": "1234.50",
    "order_date": "2026-11-30",
    "carrier": "rail",
    "currency": "EUR",
    "insured": True,
    "signed": None,
    "description": "Leave at gate 3.\nCall first.",
    "lines": [
        {"code": "A", "quantity": "2", "unit": "pcs", "packed": "2026-11-27", "fragile": True},
        {"code": "B", "quantity": "7.5", "unit": "kg", "packed": None, "fragile": False},
    ],
}


def delivery(
    project: ConsoleProject, *, doubtful: tuple[str, ...] = (), shown: dict[str, Any] = SHOWN
) -> int:
    """Add a delivery that waits for a person, and return its review."""
    number = project.filler().order("D-2026-07")
    fields = [field.model_dump(mode="json") for field in form_fields(shown, doubtful, None)]
    model = f"{Delivery.__module__}.{Delivery.__qualname__}"
    with project.store.write() as db:
        changed = review.update().where(review.c.number == number)
        db.execute(changed.values(model=model, shown=shown, fields=fields))
    return number
