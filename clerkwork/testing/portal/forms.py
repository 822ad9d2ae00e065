"""Parses the submitted order form into an order, or into error messages."""

from pydantic import ValidationError
from starlette.datastructures import FormData

from clerkwork.model.orders import OrderLine, PurchaseOrder
from clerkwork.testing.portal.records import CURRENCIES, SUPPLIERS

MAX_FIELDS = 5_000


def read_order(form: FormData) -> tuple[PurchaseOrder | None, list[str]]:
    """Return the order in *form* and an empty list, or None and the error messages."""
    columns = [[str(value) for value in form.getlist(name)] for name in OrderLine.model_fields]
    head = {name: str(form.get(name, "")) for name in PurchaseOrder.model_fields if name != "lines"}
    lines = [
        dict(zip(OrderLine.model_fields, cells, strict=True))
        for cells in zip(*columns, strict=False)
        if any(cells)
    ]
    try:
        order = PurchaseOrder.model_validate({**head, "tax": head["tax"] or "0", "lines": lines})
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        return None, [
            f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in found
        ]
    problems = []
    if order.supplier not in SUPPLIERS:
        problems.append("supplier: choose one from the list")
    if order.currency not in CURRENCIES:
        problems.append("currency: choose one from the list")
    return (None, problems) if problems else (order, [])
