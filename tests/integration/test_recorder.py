"""From a recording to a target that is known to replay, on the portal."""

import pytest

from clerkwork import PurchaseOrder, Receipt, enter_record
from clerkwork.browser.recorder.describe import describe
from clerkwork.browser.recorder.plan import plan_recording
from clerkwork.browser.recorder.replay import replay
from clerkwork.browser.recorder.sample import parts_of
from clerkwork.browser.recorder.script import read_script
from clerkwork.browser.recorder.walk import walk
from clerkwork.errors import UsageError
from clerkwork.model.project.targets import Target
from tests import recordings
from tests.fixtures_portal import as_form, make_order
from tests.integration.test_target_pages import SUPPLIER, address, at  # noqa: F401 - fixtures


@pytest.fixture
def recorded(portal, clerk):
    """The recording of an order that the portal then has."""
    clerk.post("/orders", data=as_form(PurchaseOrder.model_validate(recordings.FIRST)))
    script = read_script(recordings.portal_script(portal.url), "recorded.py")
    return plan_recording(script, parts_of(recordings.FIRST))


def test_recorded_way_becomes_the_description_of_the_portal(visitor, recorded):
    """Fields by their words, the grid by its columns, what is offered or computed said so."""
    walked = visitor(walk, recorded)
    found = describe(walked, parts_of(recordings.FIRST), recorded.reference)
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


SEARCHED = """page.goto("PAGES/no_labels.html")
page.locator("[name=f1]").fill("PO-1")
page.locator("[name=f2]").select_option("Northgate Logistics Pte Ltd")
page.locator("[name=f3]").fill("2026-11-02")
page.locator(".lines input").nth(0).fill("PAP-A4")
page.locator(".lines input").nth(1).fill("25")
page.locator(".lines input").nth(2).fill("4.5")
page.get_by_role("button", name="Save").click()
page.goto("PAGES/searched.html?how=HOW")
page.get_by_role("textbox", name="Our ref.").fill("PO-1")
START
page.get_by_role("cell", name="T-1").dblclick()
"""
SEARCHED_ITEM = {
    "number": "PO-1",
    "supplier": SUPPLIER,
    "order_date": "2026-11-02",
    "lines": [{"code": "PAP-A4", "quantity": "25", "unit_price": "4.5"}],
}
BUTTON = """page.get_by_role("button", name="Search").click()"""
ENTER = """page.get_by_role("textbox", name="Our ref.").press("Enter")"""


def searched(visitor, how, start):
    """Return *visitor* with a recording of an order that its pages then show."""
    visitor(enter_record, make_order("PO-1", supplier=SUPPLIER))
    script = SEARCHED.replace("PAGES", visitor.target.base_url).replace("HOW", how)
    acts = read_script(script.replace("START", start), "recorded.py")
    return plan_recording(acts, parts_of(SEARCHED_ITEM))


@pytest.mark.parametrize(
    ("how", "start", "button"),
    [("script", BUTTON, {"button": "Search"}), ("post", ENTER, {})],
)
def test_search_by_a_field_is_described_and_replays(at, how, start, button):  # noqa: F811 - fixture
    """Its field, what starts it, and what its list says of nothing; another order is entered."""
    visitor = at("no_labels")
    plan = searched(visitor, how, start)
    keys = describe(visitor(walk, plan), parts_of(SEARCHED_ITEM), plan.reference).keys
    own = visitor.target.model_dump(include={"name", "base_url", "username"})
    target = Target.model_validate({**own, **keys})
    receipt = replay(visitor.host, target, make_order("PO-2", supplier=SUPPLIER))
    assert (keys["search"], receipt) == (
        {
            "address": f"/searched.html?how={how}",
            "field": "Our ref.",
            **button,
            "column": "Our ref.",
            "none": "No records",
            "opened_by": "double_click",
            "confirmation": "Receipt no.",
        },
        Receipt(confirmation="T-2", reference="PO-2"),
    )


def test_search_of_several_acts_is_refused(at):  # noqa: F811 - fixture
    """What is clicked besides the button may be a filter, which no description holds."""
    visitor = at("no_labels")
    plan = searched(visitor, "script", f"{BUTTON}\n{BUTTON}")
    error = visitor.fails(walk, plan)
    assert (type(error), "followed by nothing but Enter or one button" in str(error)) == (
        UsageError,
        True,
    )
