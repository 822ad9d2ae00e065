"""What an operator does on the page of an item: each move is confirmed with a reason."""

import re

import pytest

from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.store.items import items
from clerkwork.store.runs import events
from clerkwork.store.schema import item as item_table
from tests.fixtures_console import Served

ORDER = {
    "number": "PO-9",
    "supplier": "Nord",
    "order_date": "2026-11-23",
    "currency": "CNY",
    "lines": [{"code": "A", "description": "a", "quantity": "1", "unit_price": "2", "amount": "2"}],
    "tax": "0",
    "total": "2",
}


def put(served: Served, state: ItemState = ItemState.WAITING) -> int:
    new = NewItem(workflow="purchase_orders", reference="PO-9", payload=ORDER)
    number = served.project.engine.submit(new).item_id
    with served.project.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == number).values(state=state))
    return number


def post(served: Served, number: int, **form: str) -> tuple[int, str]:
    with served.client() as client:
        answer = client.post(f"/items/{number}/moves", data=form)
    return answer.status_code, answer.text


def state_of(served: Served, number: int) -> ItemState:
    with served.project.store.read() as db:
        found = items.get(db, number)
    assert found is not None
    return found.state


def test_a_move_with_a_reason_is_made_and_logged(served: Served) -> None:
    """The page comes back with its timeline, which names who and why."""
    number = put(served)
    status, _ = post(served, number, move="cancel", why="came twice")
    with served.project.store.read() as db:
        said = [e for e in events.after(db, 0, item_id=number) if e.kind is Kind.ITEM_CHANGED]
    assert (status, state_of(served, number), said[0].data["who"], said[0].data["why"]) == (
        303,
        ItemState.CANCELLED,
        "local",
        "came twice",
    )


def test_a_move_without_a_reason_is_not_made(served: Served) -> None:
    """Also when a page of our own did not ask for it."""
    number = put(served)
    status, text = post(served, number, move="cancel", why=" ")
    assert (status, "Write the reason first." in text, state_of(served, number)) == (
        422,
        True,
        ItemState.WAITING,
    )


def test_a_move_that_the_table_does_not_have_is_refused_with_a_sentence(served: Served) -> None:
    """A done item stays done."""
    number = put(served, ItemState.DONE)
    status, text = post(served, number, move="cancel", why="x")
    assert (status, "Nothing was changed" in text, state_of(served, number)) == (
        409,
        True,
        ItemState.DONE,
    )


def test_changed_data_is_taken_over_and_wrong_data_is_not(served: Served) -> None:
    """The model checks what a person writes, and the sentence names the field."""
    number = put(served)
    wrong, text = post(served, number, move="edit", why="typo", **{"leaf.total": "two"})
    right, _ = post(served, number, move="edit", why="typo", **{"leaf.supplier": "Süd"})
    with served.project.store.read() as db:
        found = items.get(db, number)
    assert found is not None
    assert (wrong, "total:" in text, right, found.payload["supplier"], found.run_no) == (
        422,
        True,
        303,
        "Süd",
        2,
    )


def test_the_fields_of_a_change_are_called_what_people_call_them(served: Served) -> None:
    """In both languages, lines counted from one; never by their path in the data."""
    number = put(served)
    with served.client() as client:
        pages = {lang: client.get(f"/items/{number}?lang={lang}").text for lang in ("en", "zh")}
    named = re.compile(r"<label>([^<]*)<(?:span class=\"date\"><)?input name=\"leaf")
    labels = {
        language: [" ".join(label.split()) for label in named.findall(page)]
        for language, page in pages.items()
    }
    assert labels["en"] == [
        *("Order number", "Supplier", "Order date", "Currency", "Lines 1 Code"),
        *("Lines 1 Description", "Lines 1 Quantity", "Lines 1 Unit price", "Lines 1 Amount"),
        *("Tax", "Total"),
    ]
    assert labels["zh"][:5] == ["订单号", "供应商", "订单日期", "币种", "明细行 1 编码"]


def test_a_refused_change_comes_back_with_what_was_typed(served: Served) -> None:
    """Each problem in the reader's language, the form open, nothing to type again."""
    number = put(served)
    form = {"move": "edit", "why": "typo", "leaf.total": "two", "leaf.supplier": "Süd"}
    with served.client() as client:
        text = client.post(f"/items/{number}/moves?lang=zh", data=form).text
    wanted = [
        "total: 请填写数字，例如 1234.50。",
        'value="two"',
        'value="Süd"',
        'value="typo"',
        "<details open>",
    ]
    assert [part for part in wanted if part not in text] == []


def test_a_value_of_several_lines_keeps_its_line_breaks(served: Served) -> None:
    """A text area holds it, and what a browser posts of it is no change."""
    payload = ORDER | {"supplier": "Nord\nSüd"}
    new = NewItem(workflow="purchase_orders", reference="PO-9", payload=payload)
    number = served.project.engine.submit(new).item_id
    with served.client() as client:
        page = client.get(f"/items/{number}").text
    status, text = post(served, number, move="edit", why="x", **{"leaf.supplier": "Nord\r\nSüd"})
    area = re.search(r'<textarea name="leaf.supplier"[^>]*>\n([^<]*)</textarea>', page)
    assert area is not None
    assert (area[1], status, "Nothing was changed" in text) == ("Nord\nSüd", 409, True)


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        (ItemState.WAITING, ["cancel", "expire", "edit", "requeue"]),
        (ItemState.RUNNING, ["cancel"]),
        (ItemState.IN_REVIEW, ["cancel", "expire", "edit", "requeue"]),
        (ItemState.CANCELLED, ["requeue"]),
        (ItemState.DONE, []),
    ],
)
def test_only_moves_of_the_table_are_offered(
    served: Served, state: ItemState, offered: list[str]
) -> None:
    """Each behind a form of its own that asks for the reason."""
    number = put(served, state)
    with served.client() as client:
        page = client.get(f"/items/{number}").text
    found = [part.split('"')[0] for part in page.split('<button name="move" value="')[1:]]
    assert (found, page.count('name="why" required')) == (offered, len(offered))


def test_a_cancelled_item_is_worked_on_again(served: Served) -> None:
    """It waits in its queue under a new run."""
    number = put(served)
    post(served, number, move="cancel", why="slip")
    status, _ = post(served, number, move="requeue", why="it is wanted", step="")
    assert (status, state_of(served, number)) == (303, ItemState.WAITING)
