"""The bot's pages against the real portal in a real browser."""

import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest

from bots.purchase_orders.bot import enter
from clerkwork import Receipt, find_record
from clerkwork.errors import ApplicationException, BusinessException, Fenced
from clerkwork.testing.portal import Fault, Faults, Portal, RequestKind
from tests.fixtures_portal import as_form, eventually, make_order


def next_submit(portal: Portal, *faults: Fault) -> None:
    portal.set_faults(Faults(next={RequestKind.SUBMIT: list(faults)}, late_commit_ms=300))


def test_order_is_in_the_portal_exactly_as_given(portal, visitor):
    """Every field and all four lines, English and Chinese, are equal in the database."""
    order = make_order()
    receipt = visitor(enter, order)
    (entered,) = portal.orders()
    assert (entered.order, receipt) == (
        order,
        Receipt(confirmation=entered.confirmation, reference=order.number),
    )


def test_pictures_are_kept_before_and_after_the_one_question(visitor):
    """The worker is asked once, between what is kept of the form and of the confirmation."""
    visitor(enter, make_order())
    told = [data["name"] if kind == "evidence" else kind for kind, data in visitor.messages]
    assert [word for word in told if word != "log"] == [
        "fields",
        "before_submit",
        "form",
        "about_to_submit",
        "confirmation",
    ]


def test_amount_rounded_otherwise_than_the_portal_does_is_entered_as_ordered(portal, visitor):
    """The portal computes 17.50, the order says 17.49: the order's amount is what is stored."""
    order = make_order()
    order.lines[2].amount -= Decimal("0.01")
    order.total -= Decimal("0.01")
    visitor(enter, order)
    assert [entered.order for entered in portal.orders()] == [order]


def test_nothing_is_found_before_and_no_difference_after(portal, visitor):
    """Looking finds exactly what was entered."""
    order = make_order()
    before = visitor(find_record, order)
    receipt = visitor(enter, order)
    assert (before, visitor(find_record, order)) == ([], [receipt])


def test_only_the_exact_number_is_found(visitor):
    """The portal's search also shows numbers that only contain ours."""
    visitor(enter, make_order("PO-2026-00010"))
    assert visitor(find_record, make_order("PO-2026-0001")) == []


def test_all_pages_of_the_search_are_read(portal, visitor, clerk):
    """An order on the second page of the hits is found too."""
    for number in ["PO-7", *(f"PO-7{tail:02}" for tail in range(20))]:
        clerk.post("/orders", data=as_form(make_order(number)))
    assert [hit.reference for hit in visitor(find_record, make_order("PO-7"))] == ["PO-7"]


def test_changed_line_is_seen_as_a_difference(portal, visitor):
    """A line that somebody changed in the portal is named with both values."""
    order = make_order()
    visitor(enter, order)
    with closing(sqlite3.connect(portal.database)) as db, db:
        db.execute("UPDATE order_lines SET quantity = '13' WHERE position = 2")
    (receipt,) = visitor(find_record, order)
    said = "lines.1.quantity (BRG-6204): portal shows 13.000, the order says 12.000."
    assert receipt.differences == [said]


def test_missing_line_is_seen_as_a_difference(portal, visitor):
    """A line that is gone is named with all that it says."""
    order = make_order()
    visitor(enter, order)
    with closing(sqlite3.connect(portal.database)) as db, db:
        db.execute("DELETE FROM order_lines WHERE position = 4")
    (receipt,) = visitor(find_record, order)
    assert receipt.differences == [
        "lines.3: portal does not show this line of the order:"
        " 标签-01, 不干胶标签 100×150, 1200.000, 0.0875, 105.00."
    ]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"supplier": "Northgate"}, "unknown_supplier", "supplier"),
        ({"supplier": "Nobody & Sons"}, "unknown_supplier", "supplier"),
        ({"currency": "XAU"}, "unknown_currency", "currency"),
    ],
)
def test_what_the_portal_does_not_offer_goes_to_a_person(portal, visitor, changes, code, field):
    """A part of a supplier's name is not that supplier; nothing is submitted."""
    error = visitor.fails(enter, make_order(**changes))
    assert (type(error), error.code, error.fields) == (BusinessException, code, (field,))
    assert (visitor.kept(), portal.orders()) == (["failure"], [])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"currency": "XAU"}, "XAU for Currency; it offers: CNY; EUR; GBP"),
        ({"supplier": "Northgate"}, "Northgate for Supplier; it offers: "),
        ({"supplier": "Nobody & Sons"}, "Nobody & Sons for Supplier."),
    ],
)
def test_error_lists_the_possible_choices(visitor, changes, said):
    """A person who answers need not look into the target for it."""
    error = visitor.fails(enter, make_order(**changes))
    assert said in str(error)


@pytest.mark.parametrize(
    ("fault", "code", "stored"),
    [
        (Fault.ERROR_500, "no_confirmation", 0),
        (Fault.SESSION_EXPIRY, "session_lost", 0),
        (Fault.LOST_ANSWER, "no_confirmation", 1),
        (Fault.ERROR_AFTER_COMMIT, "no_confirmation", 1),
        (Fault.GATEWAY_TIMEOUT, "no_confirmation", 1),
    ],
)
def test_failed_submit_is_reported_and_never_sent_again(portal, visitor, fault, code, stored):
    """Even where the answer is lost, one click stores at most one order."""
    order = make_order()
    next_submit(portal, fault, fault, fault)
    error = visitor.fails(enter, order)
    assert (type(error), error.code) == (ApplicationException, code)
    assert eventually(lambda: len(portal.orders()) >= stored)
    assert [hit.differences for hit in visitor(find_record, order)] == [[]] * stored


def test_late_commit_is_waited_for(portal, visitor):
    """A slow portal that confirms in the end is a success."""
    next_submit(portal, Fault.LATE_COMMIT)
    receipt = visitor(enter, make_order())
    assert [entered.confirmation for entered in portal.orders()] == [receipt.confirmation]


def test_session_that_ended_between_two_calls_is_renewed(portal, visitor):
    """The bot logs in again and goes on to the page it wanted."""
    visitor(find_record, make_order())
    portal.set_faults(Faults(next={RequestKind.PAGE: [Fault.SESSION_EXPIRY]}))
    visitor(enter, make_order())
    assert len(portal.orders()) == 1


def test_session_is_kept_from_call_to_call(visitor):
    """The second call does not log in again."""
    visitor(find_record, make_order())
    visitor.messages.clear()
    visitor(find_record, make_order())
    assert visitor.messages == []


def test_session_that_ends_while_the_form_is_filled_is_survived(portal, visitor):
    """After a login the form is filled again in the same call, and submitted once."""
    portal.set_faults(Faults(next={RequestKind.API: [Fault.NONE, Fault.SESSION_EXPIRY]}))
    visitor(enter, make_order())
    asked = [kind for kind, _ in visitor.messages if kind == "about_to_submit"]
    assert (len(asked), [one.order for one in portal.orders()]) == (1, [make_order()])


def test_session_that_ends_again_and_again_is_named(portal, visitor):
    """Nothing is submitted; the next attempt starts with a login."""
    portal.set_faults(Faults(next={RequestKind.API: [Fault.SESSION_EXPIRY] * 3}))
    error = visitor.fails(enter, make_order())
    assert (error.code, "about_to_submit" in dict(visitor.messages)) == ("session_lost", False)


def test_login_outlives_a_call_that_failed(portal, visitor):
    """The failure was not the login's; the next call uses the same session."""
    visitor.target = visitor.target.model_copy(update={"username": "clerk", "name": "afresh"})
    portal.set_faults(Faults(next={RequestKind.API: [Fault.ERROR_500] * 3}))
    visitor.fails(enter, make_order())
    visitor.messages.clear()
    visitor(find_record, make_order())
    assert visitor.messages == []


@pytest.mark.parametrize("kind", [RequestKind.PAGE, RequestKind.API])
def test_failing_portal_is_named_before_anything_is_submitted(portal, visitor, kind):
    """HTTP 500 of a page or its resources is retried twice, then ends the call."""
    visitor(find_record, make_order())
    portal.set_faults(Faults(next={kind: [Fault.ERROR_500] * 3}))
    error = visitor.fails(enter, make_order())
    assert (error.code, "about_to_submit" in dict(visitor.messages)) == ("target_error", False)


@pytest.mark.parametrize("kind", [RequestKind.PAGE, RequestKind.API])
def test_portal_that_fails_once_before_the_submit_is_asked_again(portal, visitor, kind):
    """The portal has the order once, and the worker was called once."""
    visitor(find_record, make_order())
    visitor.messages.clear()
    portal.set_faults(Faults(next={kind: [Fault.ERROR_500]}))
    visitor(enter, make_order())
    asked = [kind for kind, _ in visitor.messages if kind == "about_to_submit"]
    assert (len(asked), [one.order for one in portal.orders()]) == (1, [make_order()])


def test_fenced_run_does_not_click(portal, visitor):
    """When the worker says that the item was taken over, nothing is submitted."""

    def taken_over() -> None:
        raise Fenced("The item was taken over.")

    visitor.answer = taken_over
    error = visitor.fails(enter, make_order())
    assert (type(error), portal.orders()) == (Fenced, [])


def test_wrong_password_says_where_to_correct_it(visitor):
    """The sentence names the user and the file of the target."""
    visitor.target = visitor.target.model_copy(update={"username": "stranger"})
    error = visitor.fails(find_record, make_order())
    assert (error.code, "config/targets/portal/target.yaml" in str(error)) == ("login_failed", True)
