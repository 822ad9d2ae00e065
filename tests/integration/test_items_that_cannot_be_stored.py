"""A value that one of the databases cannot store is refused, or given to a person, before it."""

import json
from collections.abc import Callable

import pytest
from pydantic import BaseModel

from clerkwork import Run, bot, clock
from clerkwork.engine.operate.operations import Operations
from clerkwork.intake.readers.workbook import doubted
from clerkwork.intake.sources.webhook import HookIntake, HookRefused, Request, Webhook, sign
from clerkwork.intake.spreadsheet.rows import OrderRows
from clerkwork.model.project.workflows import Step
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.model.work.queues import Batch
from clerkwork.model.work.reviews import NotStorable
from clerkwork.store.schema import delivery, event, item
from tests.books import book, order
from tests.fixtures_engine import Bench, MakeBench, Number
from tests.fixtures_intake import STAMP, Desk

VARIABLE = "TEST_HOOK_SECRET"


class Trip(BaseModel):
    number: str
    group: str = ""
    weight: float = 0


@bot()
def ship(trip: Trip, run: Run) -> Trip:
    """Ship."""
    return trip


@bot()
def double(value: Number, run: Run) -> Trip:
    """Return what no database stores."""
    return Trip(number=value.number, weight=float("inf"))


@pytest.fixture
def shipping(make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv(VARIABLE, "known")
    bench = make_bench(ship)
    bench.engine.core.workflows["work"] = bench.engine.core.workflow("work").model_copy(
        update={"group_key": "group", "webhook": Webhook(secret_variable=VARIABLE)}
    )
    return bench


@pytest.fixture
def deliver(shipping: Bench) -> Callable[[bytes], object]:
    intake = HookIntake(shipping.engine.core.workflows, shipping.store, shipping.engine)

    def send(body: bytes) -> object:
        stamp = str(int(clock.now().timestamp()))
        made = sign(b"known", "d-1", stamp, body)
        headers = {
            "webhook-id": "d-1",
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{made}",
        }
        return intake.receive("work", Request(headers=headers, body=body))

    return send


def rows(bench: Bench) -> list[int]:
    """Return how many items, deliveries and events are stored."""
    with bench.store.read() as db:
        return [len(db.execute(table.select()).all()) for table in (item, delivery, event)]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        ('"weight": 1e999', "'weight' is not a finite number"),
        ('"weight": -Infinity', "'weight' is not a finite number"),
        ('"parts": [{"weight": NaN}]', "'parts.0.weight' is not a finite number"),
        ('"group": "a\\u0000b"', "'group' contains the character NUL (U+0000)"),
        ('"a\\u0000": 1', "'a\ufffd' contains the character NUL (U+0000)"),
        ('"group": "\\udc00"', "'group' contains half a character (a surrogate)"),
        (f'"group": "{"x" * 201}"', "'group' has 201 characters, at most 200 can be stored"),
        ('"weight": 1, "weight": 2', "'weight' occurs twice in its object"),
    ],
)
def test_a_delivery_with_an_item_that_cannot_be_stored_is_refused_whole(
    shipping: Bench, deliver: Callable[[bytes], object], bad: str, said: str
) -> None:
    """The sender reads which item and field; nothing is stored, at the first try and the next."""
    body = f'[{{"number": "A-1"}}, {{"number": "A-2", {bad}}}, {{"number": "A-3"}}]'.encode()
    answers = []
    for _ in range(2):
        with pytest.raises(HookRefused) as refused:
            deliver(body)
        answers.append((refused.value.status, str(refused.value)))
    assert (answers, rows(shipping)) == (
        [(422, f"Item 2: {said}; nothing was added.")] * 2,
        [0, 0, 0],
    )


def test_a_value_that_breaks_only_the_bot_s_model_is_stored(
    shipping: Bench, deliver: Callable[[bytes], object]
) -> None:
    """A person corrects it; the sender need not know the model."""
    deliver(b'[{"number": "A-1", "weight": "heavy"}, {"number": "A-2", "group": 5}]')
    assert rows(shipping) == [2, 1, 2]


def test_a_batch_with_an_item_that_cannot_be_stored_adds_nothing(shipping: Bench) -> None:
    """One sentence names the field."""
    items = [
        NewItem(workflow="work", reference=name, payload={"number": name, "group": group})
        for name, group in (("A-1", ""), ("A-2", "x" * 201))
    ]
    with pytest.raises(NotStorable, match="group: has 201 characters, at most 200"):
        shipping.engine.submit_all([(new, None) for new in items], Batch(id="B-1"))
    assert rows(shipping) == [0, 0, 0]


def test_a_conflict_about_the_longest_reference_is_stored(shipping: Bench) -> None:
    """The newcomer gets a reference of its own, which is not longer."""
    name = "x" * 200
    for weight in (1, 2):
        new = NewItem(workflow="work", reference=name, payload={"number": name, "weight": weight})
        shipping.engine.submit(new)
    with shipping.store.read() as db:
        found = [len(row.reference) for row in db.execute(item.select())]
    assert found == [200, 200]


def test_a_result_that_cannot_be_stored_goes_to_a_person(make_bench: MakeBench) -> None:
    """No further attempt gives another one."""
    bench = make_bench(double, ship, steps=[Step(bot="double"), Step(submit="next")])
    item_id = bench.put("A-1")
    bench.start_worker()
    found = bench.until(item_id)
    assert (found.state, found.reason_code, found.attempt, found.reason) == (
        ItemState.IN_REVIEW,
        "not_storable",
        1,
        "The result cannot be submitted to next: weight is not a finite number.",
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"weight": "inf"}, "weight: is not a finite number"),
        ({"group": "x" * 201}, "group: has 201 characters, at most 200 can be stored"),
    ],
)
def test_a_correction_that_cannot_be_stored_changes_nothing(
    shipping: Bench, changes: dict[str, str], said: str
) -> None:
    """The person reads which field and why."""
    payload = {"number": "A-1", "group": "g", "weight": 1.0}
    new = NewItem(workflow="work", reference="A-1", payload=payload)
    item_id = shipping.engine.submit(new).item_id
    with pytest.raises(NotStorable) as refused:
        Operations(shipping.engine.core, who="ann", why="").edit(item_id, changes)
    assert (str(refused.value), json.dumps(shipping.item(item_id).payload)) == (
        said,
        json.dumps(payload),
    )


def test_an_order_whose_number_is_too_long_goes_to_a_person_and_the_others_on(desk: Desk) -> None:
    """Its file is taken; it goes by the row where it begins."""
    long = {"supplier": "S" * 201}
    desk.drop("a.xlsx", book(*order("PO-1"), *order("9" * 201), *order("PO-3", **long)))
    desk.scan()
    with desk.engine.core.store.read() as db:
        found = [
            (row.reference.partition(" ")[2] or row.reference, row.state)
            for row in db.execute(item.select().order_by(item.c.id))
        ]
    assert (found, desk.files()) == (
        [("PO-1", "waiting"), ("row 4", "in_review"), ("PO-3", "in_review")],
        [f"accepted/{STAMP}-a.xlsx"],
    )


@pytest.mark.parametrize("text", ["A\0", "\ud800"])
def test_a_cell_that_cannot_be_stored_is_marked_for_a_person(text: str) -> None:
    """The form shows what is left of it."""
    payload = {"number": "PO-1", "lines": [{"code": text}]}
    made = doubted(OrderRows(number="PO-1", rows=[2], payload=payload), "lines.0.code")
    assert (made.payload["lines"], [(each.row, each.path) for each in made.problems]) == (
        [{"code": text.replace(text[-1], "\ufffd")}],
        [(2, "lines.0.code")],
    )
