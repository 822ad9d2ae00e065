"""The bot, the targets and the planted bugs of the part ``pages``.

A planted bug replaces ``enter_record``: in the browser's process, where the pages are
worked on, it takes a guard away from the product's modules and then calls it.
"""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clerkwork import OrderLine, PurchaseOrder, Receipt, Run, bot, enter_record, find_record
from clerkwork.browser.records import submit
from clerkwork.browser.records.confirmation import Messages
from clerkwork.browser.records.fill import Fields
from clerkwork.browser.records.login import PageState
from clerkwork.model.bots import Screen
from clerkwork.model.project.targets import Target

PROMISED_S = 1.0
WORKFLOWS = ("searchable_single", "searchable_row", "blind_single", "blind_row")
CONFIRMATIONS = {"single": "Receipt no.", "row": "Order {value} was saved"}
LINES = {
    "single": {"entry": "single", "add": "New line", "done": "Take over"},
    "row": {"entry": "row", "add": "Another line"},
}
SUPPLIERS = ("Northgate Logistics Pte Ltd", "苏州精工轴承有限公司", "Lakeside Packaging Ltd")


def target(name: str, address: str) -> Target:
    """Return the target that is called like its workflow: how it is looked up, and its form."""
    way, _, entry = name.partition("_")
    search = {
        "address": "/orders?ref={reference}",
        "column": "Our ref.",
        "confirmation": "Receipt no.",
    }
    form = {
        "reference": "number",
        "address": f"/{entry}",
        "submit": ["Save"],
        "confirmation": CONFIRMATIONS[entry],
        "fields": {"number": "Our ref.", "supplier": "Vendor", "order_date": "Date"},
        "lines": LINES[entry]
        | {"fields": {"code": "Article", "quantity": "Qty", "unit_price": "Price"}},
    }
    data = {"name": name, "base_url": address, "guarantee": way, "form": form}
    if way == "searchable":
        data["search"] = search
    return Target.model_validate(data | {"slowest_commit_s": PROMISED_S, "call_timeout_s": 60})


def order(seed: int, number: int) -> PurchaseOrder:
    """Return the order with this number; what it says follows from it."""
    lines = [
        OrderLine(
            code=f"A-{seed % 100}-{number}-{line}",
            description="Part",
            quantity=Decimal(1 + (number + line) % 9),
            unit_price=Decimal(f"{3 + line}.25"),
            amount=(1 + (number + line) % 9) * Decimal(f"{3 + line}.25"),
        )
        for line in range(1 + number % 3)
    ]
    return PurchaseOrder(
        number=f"PO-{number:04}",
        order_date=date(2026, 11, 2) + timedelta(days=number % 20),
        supplier=SUPPLIERS[number % len(SUPPLIERS)],
        currency="CNY",
        lines=lines,
        total=sum((line.amount for line in lines), Decimal(0)),
    )


def enter_and_read_back_early(screen: Screen, item: PurchaseOrder) -> Receipt:
    """Enter with a read-back that shows each field as it was when it was written."""
    write, shown = Fields.write, Fields.shown
    early: dict[str, str] = {}

    def write_and_note(fields: Fields, parts: Any) -> dict[str, str]:
        read = write(fields, parts)
        early.update(read)
        return read

    def shown_early(fields: Fields, parts: Any) -> dict[str, str]:
        if all(part.path in early for part in parts):
            return {part.path: early.pop(part.path) for part in parts}
        return shown(fields, parts)

    Fields.write = write_and_note  # type: ignore[method-assign] # planted
    Fields.shown = shown_early  # type: ignore[method-assign] # planted
    try:
        return enter_record(screen, item)
    finally:
        Fields.write, Fields.shown = write, shown  # type: ignore[method-assign] # as it was


def enter_and_believe_the_page(screen: Screen, item: PurchaseOrder) -> Receipt:
    """Accept any confirmation on the page after the submit, new or old."""

    def number(_: Any, words: str, before: PageState, seen: PageState, button: str) -> str | None:
        return seen.value(words)

    submit._number = number
    Messages.begin = lambda *_: None  # type: ignore[method-assign,assign] # planted
    return enter_record(screen, item)


ENTERING = [enter_record]  # a planted bug of this process stands in its place
MUTANTS = {
    "read-back before the last write": enter_and_read_back_early,
    "confirmation from before": enter_and_believe_the_page,
}


@bot(target=WORKFLOWS[0])
def entering_pages(order: PurchaseOrder, run: Run) -> Receipt:
    """Enter an order in the web system."""
    return run.effect("enter", order, key="number", find=find_record, do=ENTERING[0])
