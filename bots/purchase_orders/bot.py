"""The rules of purchase-order entry: what needs a review, and what is done exactly once."""

from decimal import Decimal

from clerkwork import (
    BusinessException,
    PurchaseOrder,
    Receipt,
    Run,
    Screen,
    bot,
    enter_record,
    find_record,
)

LIMIT = Decimal(50_000)


@bot(queue="erp", target="portal")
def purchase_orders(order: PurchaseOrder, run: Run) -> Receipt:
    """Enter one purchase order in the purchasing system, exactly once."""
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
    return run.effect("enter", order, key="number", find=find_record, do=enter)


def enter(screen: Screen, order: PurchaseOrder) -> Receipt:
    """Enter *order* by the target's description; refuse it if its amounts do not add up."""
    if gaps := order.gaps():  # a person's correction may still not add up
        raise BusinessException(
            "sums_refused",
            "The target computes its sums itself and does not come to these amounts; look at the"
            " marked fields.",
            fields=tuple(gaps),
        )
    return enter_record(screen, order)
