"""The commands of operators: move items one by one or by filter, and put batches in."""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from tests.books import book, order
from tests.fixtures_cli import Shell
from tests.integration.test_long_commands import ORDERS_BOT, SCHEDULED


def test_without_yes_the_items_are_only_shown(worked: Shell) -> None:
    """Nothing is moved by a preview."""
    said = worked("items", "cancel", "--state", "in_review")
    (item,) = worked("items", "--state", "in_review", "--json").data
    assert (said.out.splitlines(), item["reference"]) == (
        [
            "2: expenses E-2 (in_review)",
            "1 items match (1 in_review); add --yes to cancel them.",
        ],
        "E-2",
    )


def test_items_are_cancelled_by_filter_and_requeued_by_number(worked: Shell) -> None:
    """The item in review is cancelled, the done one is refused; then it waits again."""
    cancelled = worked("items", "cancel", "--workflow", "expenses", "--why", "twice", "--yes")
    requeued = worked("items", "requeue", 2, "--yes")
    (item,) = worked("items", "--state", "waiting", "--json").data
    assert (cancelled.out.strip(), requeued.out.strip(), item["item"], item["run"]) == (
        "cancel: 1 done, 1 refused.",
        "requeue: 1 done, 0 refused.",
        2,
        "item-2-2",
    )


def test_a_move_that_the_states_refuse_says_why(worked: Shell) -> None:
    """The sentence names item and state, and the status is not 0."""
    said = worked("items", "cancel", 1, "--yes")
    assert (said.status, said.err.strip(), said.out.strip()) == (
        1,
        "1: refused: it is done",
        "cancel: 0 done, 1 refused.",
    )


def test_an_instant_may_be_of_another_zone(worked: Shell) -> None:
    """Any offset finds the same items; an instant without an offset is UTC."""
    (first, *_) = worked("items", "--state", "done", "--json").data
    arrived = datetime.fromisoformat(first["arrived"]).astimezone(UTC)
    found = []
    for late in (timedelta(seconds=-5), timedelta(hours=1)):
        moment = arrived + late
        shanghai = moment.astimezone(timezone(timedelta(hours=8)))
        typed = [f"{moment:%Y-%m-%dT%H:%M:%S}", f"{shanghai:%Y-%m-%dT%H:%M:%S%z}"]
        found += [len(worked("items", "--since", text, "--json").data) for text in typed]
    assert found == [2, 2, 0, 0]


def test_an_item_is_found_by_the_reason_that_it_waits_for(worked: Shell) -> None:
    """Without a person too, as where its disk was full."""
    with closing(sqlite3.connect(worked.root / "var" / "clerkwork.db")) as db, db:
        db.execute("UPDATE item SET state='postponed', reason_code='disk_full' WHERE id=2")
    (found,) = worked("items", "--code", "disk_full", "--json").data
    assert found["item"] == 2


def test_one_item_that_fails_does_not_end_the_others(worked: Shell) -> None:
    """It is named with its reason, and the rest is done."""
    said = worked("items", "edit", 1, 2, "--set", "number=E-2", "--set", "amount=5", "--yes")
    assert (said.status, said.out.splitlines()[-1], said.err.strip()) == (
        0,
        "edit: 1 done, 1 refused.",
        "1: refused: item 1 is E-1: its reference 'number' cannot be changed;"
        " cancel it and submit it again",
    )


def test_a_number_that_is_no_item_is_an_error(worked: Shell) -> None:
    """Nothing is done, also to those that are."""
    said = worked("items", "cancel", 2, 99, "--yes")
    (item,) = worked("items", "--state", "in_review", "--json").data
    assert (said.status, "there is no item 99" in said.err, item["item"]) == (2, True, 2)


def test_items_are_changed_while_other_files_are_wrong(worked: Shell) -> None:
    """Each faulty file is named; what needs none of them is done."""
    (worked.root / "workflows" / "wrong.yaml").write_text("a: [")
    folder = worked.root / "config" / "targets" / "wrong"
    folder.mkdir(parents=True)
    (folder / "target.yaml").write_text("name: wrong\n")
    edited = worked("items", "edit", 2, "--set", "amount=12.5", "--yes")
    cancelled = worked("items", "cancel", 2, "--yes")
    assert (edited.status, cancelled.status, cancelled.out.splitlines()[-1]) == (
        0,
        0,
        "cancel: 1 done, 0 refused.",
    )
    named = ["workflows/wrong.yaml" in edited.err, "wrong/target.yaml" in edited.err]
    assert named == [True, True]


def test_an_item_is_cancelled_while_its_own_workflow_is_wrong(worked: Shell) -> None:
    """An edit, which needs the workflow, is refused with a sentence."""
    (worked.root / "workflows" / "expenses.yaml").write_text("a: [")
    edited = worked("items", "edit", 2, "--set", "amount=12.5", "--yes")
    cancelled = worked("items", "cancel", 2, "--yes")
    assert (edited.status, "there is no workflow 'expenses'" in edited.err, cancelled.status) == (
        1,
        True,
        0,
    )


def test_an_edit_that_changes_nothing_says_so(worked: Shell) -> None:
    """It is no refusal."""
    said = worked("items", "edit", 2, "--set", "number=E-2", "--yes")
    assert (said.status, said.out.splitlines()) == (
        0,
        ["2: nothing changed", "edit: 1 done, 0 refused."],
    )


def test_an_edit_says_what_was_and_is(worked: Shell) -> None:
    """The difference is printed, and the item waits with its new data."""
    said = worked("items", "edit", 2, "--set", "amount=12.5", "--yes")
    payload = worked("items", "show", 2, "--json").data["payload"]
    assert (said.out.splitlines()[0], payload["amount"]) == ("2: amount: 900.0 -> 12.5", 12.5)


def test_a_move_of_all_items_by_accident_is_refused(worked: Shell) -> None:
    """No number and no option is a usage error."""
    assert worked("items", "cancel", "--yes").status == 2


def test_a_batch_with_a_wrong_count_adds_nothing(
    worked: Shell, request: pytest.FixtureRequest
) -> None:
    """The sentence says both counts; with the right one every order carries the batch."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    workbook = request.config.rootpath / "samples" / "orders" / "orders-2026-11.xlsx"
    batch = ("submit", "orders", workbook, "--batch", "B-7", "--json")
    wrong = worked(*batch, "--expect-count", 1)
    before = worked("items", "--batch", "B-7", "--json").data
    count = int(wrong.err.split(" items were declared, ")[1].split()[0])
    right = worked(*batch, "--expect-count", count)
    after = worked("items", "--batch", "B-7", "--json", "--limit", 1000).data
    assert (wrong.status, before, right.status, len(after)) == (2, [], 0, count)


def test_a_refused_item_makes_put_fail(worked: Shell, tmp_path: Path) -> None:
    """The row says refused and the status is 1; as a batch, no item of the file is added."""
    flow = SCHEDULED.rstrip() + "\non_conflict: reject\n"
    (worked.root / "workflows" / "orders.yaml").write_text(flow)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    file = tmp_path / "orders.xlsx"
    file.write_bytes(book(*order("PO-1")))
    worked("submit", "orders", file)
    file.write_bytes(book(*order("PO-1", quantity=7), *order("PO-2")))
    batch = worked("submit", "orders", file, "--batch", "B-8")
    single = worked("submit", "orders", file, "--json")
    assert (batch.status, single.status, [row["became"] for row in single.data]) == (
        1,
        1,
        ["refused", "new"],
    )
    assert "known with other content: PO-1 (item " in batch.err


def test_put_gives_the_items_of_a_file_their_terms(worked: Shell, tmp_path: Path) -> None:
    """Instants may carry an offset; the items are shown with them."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    file = tmp_path / "orders.xlsx"
    file.write_bytes(book(*order("PO-1")))
    terms = ("--priority", 7, "--due", "2999-01-02T09:00+08:00", "--not-before", "2999-01-01")
    (row,) = worked("submit", "orders", file, *terms, "--json").data
    with closing(sqlite3.connect(worked.root / "var" / "clerkwork.db")) as db:
        query = "SELECT priority, due_ms, not_before_ms, state FROM item WHERE id = ?"
        found = db.execute(query, (row["item"],)).fetchone()
    instants = [datetime(2999, 1, 2, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)]
    assert found == (7, *(int(at.timestamp() * 1000) for at in instants), "postponed")


def test_put_refuses_an_instant_that_is_none(worked: Shell) -> None:
    """The sentence shows how one is written."""
    said = worked("submit", "orders", worked.root / "workflows" / "expenses.yaml", "--due", "soon")
    assert (said.status, "--due soon: write an instant" in said.err) == (2, True)


def test_a_batch_put_in_twice_says_so(worked: Shell, tmp_path: Path) -> None:
    """The status is 0, for its items are in."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    file = tmp_path / "orders.xlsx"
    file.write_bytes(book(*order("PO-1")))
    worked("submit", "orders", file, "--batch", "B-8")
    again = worked("submit", "orders", file, "--batch", "B-8")
    said = "batch B-8 was added before with the same 1 items; nothing was added"
    assert (again.status, again.err.strip()) == (0, said)
