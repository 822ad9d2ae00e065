"""Effects with the same target, kind of record and key are one; changed content is a question."""

from decimal import Decimal
from typing import Any

import pytest
from pydantic import BaseModel

from clerkwork import ApplicationException, Receipt, Run, bot
from clerkwork.clock import from_ms
from clerkwork.model.project.workflows import Step, Workflow
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.model.work.reviews import Decision
from clerkwork.store.runs import effects
from clerkwork.store.schema import effect as effect_table
from tests.fixtures_engine import Bench, MakeBench, TestScreen

GUARANTEES = ["blind", "searchable", "unique-ref"]
entered: dict[str, list["Order"]] = {}


class Order(BaseModel):
    """What the bots of this module enter."""

    number: str
    amount: Decimal = Decimal(0)
    note: str = ""


def find(_screen: TestScreen, value: Order) -> list[Receipt]:
    """Look the record up by its number alone, as a careless page function does."""
    return shown("orders", value)


def enter(screen: TestScreen, value: Order) -> Receipt:
    return put("orders", screen, value)


def find_approval(_screen: TestScreen, value: Order) -> list[Receipt]:
    return shown("approvals", value)


def approve(screen: TestScreen, value: Order) -> Receipt:
    return put("approvals", screen, value)


def shown(register: str, value: Order) -> list[Receipt]:
    hits = [known for known in entered[register] if known.number == value.number]
    return [Receipt(confirmation=f"{register}-{hit.amount}", reference=hit.number) for hit in hits]


def put(register: str, screen: TestScreen, value: Order) -> Receipt:
    screen.about_to_submit()
    entered[register].append(value)
    return Receipt(confirmation=f"{register}-{value.amount}", reference=value.number)


@pytest.fixture(autouse=True)
def registers() -> None:
    entered.update(orders=[], approvals=[])


@bot(target="erp")
def orders(value: Order, run: Run) -> Receipt:
    """Enter an order."""
    return run.effect("enter", value, key="number", find=find, do=enter)


@bot(target="erp")
def invoices(value: Order, run: Run) -> Receipt:
    """Enter a record of another kind that has numbers of its own."""
    return run.effect("enter", value, key="number", find=find_approval, do=approve)


@bot(target="erp")
def both(value: Order, run: Run) -> Receipt:
    """Enter an order, then approve it."""
    run.effect("enter", value, key="number", find=find, do=enter)
    return run.effect("approve", value, key="number", find=find_approval, do=approve)


def settle(bench: Bench, amount: Any, workflow: str = "work", number: str = "1001") -> list[Any]:
    """Work on one item; return its state, reason code and the confirmation in its result."""
    item = bench.item(bench.put(number, amount, workflow))
    if not bench.workers:
        bench.start_worker()
    return end_of(bench, item.id)


def end_of(bench: Bench, item_id: int) -> list[Any]:
    item = bench.until(item_id)
    return [item.state.value, item.reason_code, (item.result or {}).get("confirmation")]


def amounts(register: str = "orders") -> list[int]:
    return [int(order.amount) for order in entered[register]]


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_two_effects_of_one_bot_are_two_acts(make_bench: MakeBench, guarantee: str) -> None:
    """An order that is entered is not approved yet, though both have its number."""
    bench = make_bench(both, guarantee=guarantee)
    ended = settle(bench, 3)
    assert (ended, amounts(), amounts("approvals")) == (["done", None, "approvals-3"], [3], [3])


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_number_of_an_order_and_of_an_invoice_is_two_records(
    make_bench: MakeBench, guarantee: str
) -> None:
    """Numbers of two bots may coincide."""
    bench = make_bench(orders, invoices, guarantee=guarantee)
    ended = [settle(bench, 3), settle(bench, 4, "next")]
    assert (ended, amounts(), amounts("approvals")) == (
        [["done", None, "orders-3"], ["done", None, "approvals-4"]],
        [3],
        [4],
    )


@pytest.mark.parametrize(
    ("guarantee", "again"), [*((name, 3) for name in GUARANTEES), ("blind", "3.00")]
)
def test_order_that_comes_through_two_workflows_is_one(
    make_bench: MakeBench, guarantee: str, again: Any
) -> None:
    """The second ends with the receipt of the first, for any spelling of its numbers."""
    bench = make_bench(orders, guarantee=guarantee)
    ended = [settle(bench, 3), settle(bench, again, "next")]
    assert (ended, amounts()) == ([["done", None, "orders-3"]] * 2, [3])


@pytest.mark.parametrize("guarantee", GUARANTEES)
def test_other_content_of_a_record_is_a_question(make_bench: MakeBench, guarantee: str) -> None:
    """The person reads what differs; the item never ends with the receipt of the first."""
    bench = make_bench(orders, guarantee=guarantee)
    settle(bench, 3)
    ended = settle(bench, 250, "next")
    (review,) = bench.open_reviews()
    doubtful = [field.path for field in review.fields if field.doubtful]
    assert (ended[:2], amounts(), review.facts["changes"], doubtful) == (
        ["in_review", "entered_with_other_content"],
        [3],
        "amount: 3 → 250",
        ["amount"],
    )


def test_person_lets_other_content_in_on_a_blind_target(make_bench: MakeBench) -> None:
    """It is entered once, in addition to the first, and its own receipt is the result."""
    bench = make_bench(orders, guarantee="blind")
    settle(bench, 3)
    second = bench.put("1001", 250, "next")
    bench.until(second, ItemState.IN_REVIEW)
    bench.answer()
    item = bench.until(second, ItemState.DONE)
    assert (item.outcome, (item.result or {})["confirmation"], amounts()) == (
        Outcome.ASSISTED,
        "orders-250",
        [3, 250],
    )


@pytest.mark.parametrize("guarantee", ["searchable", "unique-ref"])
def test_a_record_that_still_exists_is_not_other_content(
    make_bench: MakeBench, guarantee: str
) -> None:
    """A look-up that compares nothing comes to the first record; a person deletes it there."""
    bench = make_bench(orders, guarantee=guarantee)
    settle(bench, 3)
    second = bench.put("1001", 250, "next")
    bench.until(second, ItemState.IN_REVIEW)
    bench.answer()
    bench.until(second, ItemState.POSTPONED, ItemState.RUNNING)
    still = bench.until(second).reason
    entered["orders"].clear()
    bench.answer()
    item = bench.until(second, ItemState.DONE)
    with bench.store.read() as db:
        looked_up_nightly = [row.item_id for row in effects.entered(db, since=from_ms(0))]
    assert (
        (still or "")[:36],
        (item.result or {})["confirmation"],
        amounts(),
        looked_up_nightly,
    ) == ("1001 is in erp as orders-3, and item", "orders-250", [250], [second])


def test_known_reference_with_other_content_is_not_done_with_the_first_receipt(
    make_bench: MakeBench,
) -> None:
    """The answer to the conflict at intake is no leave for a second submit."""
    bench = make_bench(orders, guarantee="blind")
    settle(bench, 3)
    second = bench.put("1001", 250)
    bench.answer()
    bench.until(second, ItemState.WAITING, ItemState.RUNNING)
    asked = end_of(bench, second)
    bench.answer()
    item = bench.until(second, ItemState.DONE)
    assert (asked[:2], (item.result or {})["confirmation"], amounts()) == (
        ["in_review", "entered_with_other_content"],
        "orders-250",
        [3, 250],
    )


def test_person_corrects_other_content_to_what_was_entered(make_bench: MakeBench) -> None:
    """Equal content is the same record again: nothing is entered."""
    bench = make_bench(orders, guarantee="blind")
    settle(bench, 3)
    second = bench.put("1001", 250, "next")
    bench.until(second, ItemState.IN_REVIEW)
    bench.answer(amount="3.0")
    item = bench.until(second, ItemState.DONE)
    assert ((item.result or {})["confirmation"], amounts()) == ("orders-3", [3])


def test_question_that_is_rejected_leaves_the_first_record_protected(
    make_bench: MakeBench,
) -> None:
    """The first content comes a second time and is recognised."""
    bench = make_bench(orders, guarantee="blind")
    settle(bench, 3)
    settle(bench, 250, "next")
    bench.answer(Decision.REJECT)
    add_workflow(bench, "third", "orders")
    assert (settle(bench, 3, "third"), amounts()) == (["done", None, "orders-3"], [3])


def add_workflow(bench: Bench, name: str, bot_name: str) -> None:
    bench.engine.core.workflows[name] = Workflow(name=name, title=name, steps=[Step(bot=bot_name)])


def test_lost_answer_of_a_second_content_is_asked_about_again(make_bench: MakeBench) -> None:
    """The leave to enter other content is for one submit."""
    bench = make_bench(losing, guarantee="blind")
    settle(bench, 3)
    second = bench.put("1001", 250, "next")
    asked = []
    for _ in range(2):
        asked.append(bench.until(second, ItemState.IN_REVIEW).reason_code)
        bench.answer()
        bench.until(second, ItemState.POSTPONED, ItemState.RUNNING, ItemState.DONE)
    bench.until(second, ItemState.DONE)
    assert (asked, amounts()) == (["entered_with_other_content", "effect_unknown"], [3, 250, 250])


def lose_second(screen: TestScreen, value: Order) -> Receipt:
    receipt = enter(screen, value)
    if amounts() == [3, 250]:
        raise ApplicationException("no_answer", "The answer is lost.")
    return receipt


@bot(target="erp")
def losing(value: Order, run: Run) -> Receipt:
    """Lose the answer to the second submit."""
    return run.effect("enter", value, key="number", find=find, do=lose_second)


@bot(target="erp")
def mail_orders(value: Order, run: Run) -> Receipt:
    """Enter an order that came by mail."""
    return run.effect("enter", value, key="number", find=find, do=enter, record="order")


@bot(target="erp")
def sheet_orders(value: Order, run: Run) -> Receipt:
    """Enter an order that came in a workbook."""
    return run.effect("put", value, key="number", find=find, do=enter, record="order")


def test_bots_that_name_one_kind_of_record_enter_it_once(make_bench: MakeBench) -> None:
    """Two bots, two names of the effect, one kind of record."""
    bench = make_bench(mail_orders, sheet_orders, guarantee="blind")
    ended = [settle(bench, 3), settle(bench, 3, "next")]
    assert (ended, amounts()) == ([["done", None, "orders-3"]] * 2, [3])


def test_kind_that_a_step_names_later_is_the_kind_of_what_it_entered_before(
    make_bench: MakeBench,
) -> None:
    """A project that adds ``record=`` keeps its protection."""
    bench = make_bench(mail_orders, guarantee="blind")
    settle(bench, 3)
    row = {"record": "mail_orders: enter"}
    with bench.store.write() as db:
        db.execute(effect_table.update().values(**row))
    assert (settle(bench, 3, "next"), amounts()) == (["done", None, "orders-3"], [3])


@pytest.mark.parametrize("gone", [False, True])
def test_same_act_of_another_bot_is_a_question_where_no_kind_is_named(
    make_bench: MakeBench, gone: bool
) -> None:
    """It has the same data, or its bot was renamed: it may be this very record."""
    bench = make_bench(orders, invoices, guarantee="blind")
    settle(bench, 3)
    if gone:
        with bench.store.write() as db:
            old = {"name": "before: enter", "record": "before: enter", "digest": "", "value": None}
            db.execute(effect_table.update().values(**old))
    ended = settle(bench, 3, "next")
    bench.answer()
    item = bench.until(2, ItemState.DONE)
    assert (ended[:2], (item.result or {})["confirmation"]) == (
        ["in_review", "entered_by_other_step"],
        "approvals-3",
    )


@pytest.mark.parametrize("guarantee", GUARANTEES)
@pytest.mark.parametrize(
    ("step", "amount", "code"),
    [
        ("orders: enter", 3, None),
        ("orders: enter", 4, "entered_with_other_content"),
        ("another: act", 3, "entered_by_other_step"),
    ],
)
def test_row_of_a_version_without_kinds_protects_every_kind(
    make_bench: MakeBench, guarantee: str, step: str, amount: int, code: str | None
) -> None:
    """The step that wrote it knows it; any other leaves it to a person."""
    bench = make_bench(orders, guarantee=guarantee)
    settle(bench, 3)
    with bench.store.write() as db:
        db.execute(effect_table.update().values(record=None, name=step))
    if code == "entered_by_other_step":
        entered["orders"].clear()
    before = amounts()
    ended = settle(bench, amount, "next")
    assert (ended[1], amounts()) == (code, before)


def test_digest_of_an_older_version_is_no_other_content(make_bench: MakeBench) -> None:
    """The data is compared where digests differ; the old digest counts where it is gone."""
    bench = make_bench(orders, guarantee="blind")
    settle(bench, 3)
    old = "42c8de0aa5a95ff8e5da2fb9a4dfa7d5ad4ab5ec6b3ee6cbc3fd8a7b9cdb6f6f"
    with bench.store.write() as db:
        db.execute(effect_table.update().values(digest=old, record=None))
    assert (settle(bench, 3, "next"), amounts()) == (["done", None, "orders-3"], [3])


def test_numbers_of_a_key_are_distinct_in_the_ledger(make_bench: MakeBench) -> None:
    """Each act is a row of its own, confirmed with its own receipt."""
    bench = make_bench(both, guarantee="blind")
    settle(bench, 3)
    with bench.store.read() as db:
        rows = effects.of_key(db, "erp", "1001")
    assert [(row.no, row.record, (row.receipt or {})["confirmation"]) for row in rows] == [
        (1, "both: enter", "orders-3"),
        (2, "both: approve", "approvals-3"),
    ]
