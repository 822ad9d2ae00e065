"""Addresses and forms that no page of the console makes: a sentence, never a failure."""

import pytest

from clerkwork import clock
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.store.reviews import reviews
from tests.fixtures_console import Served
from tests.fixtures_portal import make_order

NUMBERS = ["9223372036854775807", "9223372036854775808", "100000000000000000000000", "-1"]
PLACES = [
    "/items/{}",
    "/items/{}/files/a",
    "/review/{}",
    "/review/{}/skip",
    "/runs/item-1-{}",
    "/runs/item-{}-1",
    "/items?before_id={}",
    "/runs?before={}",
    "/items/1?after={}",
    "/metrics?days={}",
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("place", PLACES)
def test_number_that_no_row_can_have_is_no_failure(served: Served, place: str, number: str) -> None:
    """A page that is not there, or a list without it."""
    with served.client() as client:
        answer = client.get(place.format(number))
    assert answer.status_code in {200, 303, 404, 422}


def open_review(served: Served) -> None:
    """Add an order that a person has to look at."""
    payload = make_order("PO-2026-0001").model_dump(mode="json")
    served.project.engine.submit(
        NewItem(workflow="purchase_orders", reference="PO-2026-0001", payload=payload),
        NewReview(
            step=None,
            code="doubt",
            message="Look at it.",
            model="clerkwork.model.orders.PurchaseOrder",
            shown=payload,
            fields=plain_fields(payload, ()),
        ),
    )


def test_page_of_a_withdrawn_review_says_so(served: Served) -> None:
    """An answer from a page that was still open is refused with the review's state."""
    open_review(served)
    with served.project.store.write() as db:
        reviews.withdraw(db, 1, who="ann", now=clock.now())
    with served.client() as client:
        shown = client.get("/review/1")
        answered = client.post("/review/1", data={"decision": "by_hand"})
    said = "This review was withdrawn because its item was closed or changed"
    refused = "The item was closed or changed in the meantime; your answer was not saved."
    assert (shown.status_code, said in shown.text, answered.status_code) == (200, True, 409)
    assert refused in answered.text


@pytest.mark.parametrize(
    "odd",
    [
        {"leaf.lines": "x"},
        {"leaf.number.1": "x"},
        {"leaf.lines.²": "x"},
    ],
    ids=["text over lines", "parts under a text", "odd digit"],
)
def test_fields_that_contradict_each_other_are_named(served: Served, odd: dict[str, str]) -> None:
    """The answer is not taken, and the page says why."""
    open_review(served)
    data = {"decision": "correct", "leaf.number": "PO-2026-0001", "leaf.lines.0.code": "c", **odd}
    with served.client() as client:
        review = client.post("/review/1", data=data)
        moved = client.post("/items/1/moves", data={"move": "edit", "why": "so", **data})
    assert (review.status_code, moved.status_code) == (422, 422)


@pytest.mark.parametrize("path", ["number." * 3000 + "1", f"lines.{'9' * 5000}.code"])
@pytest.mark.parametrize("page", ["/review/1", "/items/1/moves"])
def test_form_that_no_page_of_ours_has_is_refused(served: Served, page: str, path: str) -> None:
    """A path that is too deep, or a number that is too long to be one, is no failure."""
    open_review(served)
    data = {"decision": "correct", "move": "edit", "why": "so", f"leaf.{path}": "x"}
    with served.client() as client:
        answer = client.post(page, data=data)
    assert (answer.status_code, "This request cannot be read." in answer.text) == (422, True)
