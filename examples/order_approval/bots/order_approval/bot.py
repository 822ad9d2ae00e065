"""Approves purchase orders: small ones automatically, large ones after a review by a person."""

from decimal import Decimal

from pydantic import BaseModel

from clerkwork import PurchaseOrder, Run, bot

LIMIT = Decimal(1000)


class Approval(BaseModel):
    """The result of an order."""

    text: str


def approve(order: PurchaseOrder) -> Approval:
    """Return the approval of an order."""
    return Approval(text=f"{order.number}: {order.total} {order.currency} approved")


@bot()
def order_approval(order: PurchaseOrder, run: Run) -> Approval:
    """Approve one purchase order."""
    small, doubt = order.total <= LIMIT, "{total} is over the limit."
    order = run.check(order, small, "over_limit", doubt, fields=["total"], total=str(order.total))
    return run.step("approve", approve, order)
