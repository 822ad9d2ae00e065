"""From a recording to a target that is known to replay, on the portal."""

import pytest

from clerkwork import PurchaseOrder
from clerkwork.browser.recorder.describe import described
from clerkwork.browser.recorder.plan import planned
from clerkwork.browser.recorder.sample import parts_of
from clerkwork.browser.recorder.script import read_script
from clerkwork.browser.recorder.walk import walk
from tests import recordings
from tests.fixtures_portal import as_form


@pytest.fixture
def recorded(portal, clerk):
    """The recording of an order that stands in the portal since."""
    clerk.post("/orders", data=as_form(PurchaseOrder.model_validate(recordings.FIRST)))
    script = read_script(recordings.portal_script(portal.url), "recorded.py")
    return planned(script, parts_of(recordings.FIRST))


def test_recorded_way_becomes_the_description_of_the_portal(visitor, recorded):
    """Fields by their words, the grid by its columns, what is offered or computed said so."""
    walked = visitor(walk, recorded)
    found = described(walked, parts_of(recordings.FIRST), recorded.reference)
    assert (found.username, found.missing, found.keys) == (
        "clerk",
        (),
        {
            "login": {"user": "User", "password": "Password", "button": "Log in"},
            "search": {
                "address": "/orders?reference={reference}",
                "column": "Order number",
                "confirmation": "Confirmation",
            },
            "form": {
                "reference": "number",
                "address": "/orders/new",
                "fields": {
                    "number": "Order number",
                    "order_date": "Order date",
                    "supplier": {"words": "Supplier", "entry": "offered"},
                    "currency": "Currency",
                    "tax": "Tax",
                    "total": {"words": "Total", "entry": "computed"},
                },
                "lines": {
                    "item": "lines",
                    "add": "Add line",
                    "fields": {
                        "code": "Code",
                        "description": "Description",
                        "quantity": "Quantity",
                        "unit_price": "Unit price",
                        "amount": {"words": "Amount", "entry": "computed"},
                    },
                },
                "submit": ["Submit order"],
                "confirmation": "Confirmation",
            },
        },
    )


def test_way_is_gone_without_storing_anything(visitor, recorded, portal):
    """The order that was recorded stays the only one."""
    visitor(walk, recorded)
    assert [one.order.number for one in portal.orders()] == ["PO-REC-1"]
