"""The rules of purchase-order entry: what goes to a person, and what is done exactly once."""

from decimal import Decimal

from bots.purchase_orders import pages
from clerkwork import PurchaseOrder, Receipt, Run, bot

LIMIT = Decimal(50_000)


@bot(queue="erp", target="portal")
def purchase_orders(order: PurchaseOrder, run: Run) -> Receipt:
    """Enter one purchase order in the purchasing portal, exactly once."""
    gaps = order.gaps()
    order = run.check(
        order,
        not gaps,
        "sum_mismatch",
        "The amounts do not add up; look at the marked fields.",
        fields=gaps,
    )
    order = run.check(
        order,
        order.total <= LIMIT,
        "over_limit",
        "The total {total} is over the limit of {limit}.",
        fields=["total"],
        total=order.total,
        limit=LIMIT,
    )
    return run.effect("enter", order, key="number", find=pages.find, do=pages.enter)
