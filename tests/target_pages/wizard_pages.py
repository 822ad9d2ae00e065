"""Asks the wizard for the form of the order's currency."""

from clerkwork import PurchaseOrder, Screen


def open_form(screen: Screen, item: PurchaseOrder) -> None:
    """Choose the currency that the form is for."""
    screen.field("Which currency?").fill(item.currency)
    screen.button("Go on").click()
