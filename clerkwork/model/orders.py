"""The purchase order, the data of both shipped bots, against which intake checks rows."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Money = Annotated[Decimal, Field(max_digits=14, decimal_places=2)]


class OrderLine(BaseModel):
    """One line of a purchase order; the amount is in the order's currency."""

    model_config = ConfigDict(extra="forbid")

    code: Text = Field(title="Code")
    description: Text = Field(title="Description")
    quantity: Annotated[Decimal, Field(gt=0, max_digits=12, decimal_places=3)] = Field(
        title="Quantity"
    )
    unit_price: Annotated[Decimal, Field(ge=0, max_digits=14, decimal_places=4)] = Field(
        title="Unit price"
    )
    amount: Money = Field(title="Amount")


class PurchaseOrder(BaseModel):
    """A purchase order for the purchasing system.

    ``total`` is the sum of the line amounts plus ``tax``; ``gaps`` returns where it is not.
    """

    model_config = ConfigDict(extra="forbid")

    number: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9/_.-]{2,39}$")] = (
        Field(title="Order number")
    )
    order_date: date = Field(title="Order date")
    supplier: Text = Field(title="Supplier")
    currency: Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")] = Field(title="Currency")
    lines: Annotated[list[OrderLine], Field(min_length=1, max_length=500)] = Field(title="Lines")
    tax: Money = Field(title="Tax", default=Decimal(0))
    total: Money = Field(title="Total")

    def gaps(self) -> list[str]:
        """Return the field paths where the sums do not add up to the cent; empty when they do."""
        cent = Decimal("0.01")
        found = [
            f"lines.{index}.amount"
            for index, line in enumerate(self.lines)
            if abs(line.quantity * line.unit_price - line.amount) >= cent
        ]
        if sum((line.amount for line in self.lines), Decimal(0)) + self.tax != self.total:
            found.append("total")
        return found

    def digest(self) -> str:
        """Return a SHA-256 over the order's canonical content; equal orders have equal digests."""
        parts = [self.number, self.order_date.isoformat(), self.supplier, self.currency]
        parts += [f"{self.tax:.2f}", f"{self.total:.2f}"]
        for line in self.lines:
            parts += [line.code, line.description]
            parts += [f"{line.quantity:.3f}", f"{line.unit_price:.4f}", f"{line.amount:.2f}"]
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


class Receipt(BaseModel):
    """A record in the target system.

    Attributes:
        confirmation: The target's number of the record.
        reference: Our reference as the target shows it.
        differences: A sentence for each field where the record differs from our data; empty if
            everything is equal.
    """

    confirmation: str
    reference: str
    differences: list[str] = Field(default_factory=list)


class Document(BaseModel):
    """One file for a form-extraction bot.

    Attributes:
        file: Path of the stored file.
        name: The file's original name.
    """

    file: str
    name: str
