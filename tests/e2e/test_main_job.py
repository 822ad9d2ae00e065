"""The main job in real Chromium: sample input in, orders in the portal's database exactly once."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from clerkwork import PurchaseOrder
from clerkwork.intake.spreadsheet.parse import parse_workbook
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.reviews import Decision
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import planned_runs
from clerkwork.testing.portal import records
from tests.fixtures_project import HOME, Project, make_order, until

WORKBOOK = HOME / "samples/orders/orders-2026-11.xlsx"
EXPECTED = HOME / "samples/documents/expected.json"
KEPT_BACK = {"over_limit", "unknown_supplier", "bad_row"}


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo once; return its project's folder and what it said."""
    folder = tmp_path_factory.mktemp("demo") / "project"
    command = [sys.executable, "-m", "clerkwork.testing.demo", "--once", "--port", "0"]
    done = subprocess.run(
        [*command, "--folder", str(folder)], cwd=HOME, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder, done.stdout


def entered(folder: Path) -> dict[str, list[PurchaseOrder]]:
    found: dict[str, list[PurchaseOrder]] = {}
    for entry in records.everything(folder / "var/portal.db"):
        found.setdefault(entry.order.number, []).append(entry.order)
    return found


def test_every_good_sample_order_is_in_the_portal_once_with_right_lines(
    demo: tuple[Path, str],
) -> None:
    """What was entered is what the senders wrote, to the last line, and nothing else."""
    book = parse_workbook(None, WORKBOOK, WORKBOOK.name)
    wanted = {
        order.number: [PurchaseOrder.model_validate(order.payload)]
        for order in book.orders
        if not order.problems
        and float(order.payload["total"]) <= 50_000
        and order.payload["supplier"] in records.SUPPLIERS
    }
    documents = json.loads(EXPECTED.read_text("utf-8"))
    wanted |= {
        order["number"]: [PurchaseOrder.model_validate(order)]
        for name, order in documents.items()
        if not name.startswith("hard")
    }
    assert entered(demo[0]) == wanted


def test_every_doubt_of_the_samples_waits_for_a_person(demo: tuple[Path, str]) -> None:
    """Two bad rows, one order over the limit, one unknown supplier and two hard documents."""
    output = demo[1]
    waiting = next(line for line in output.splitlines() if "waiting for a person" in line)
    assert (waiting.split("│")[2].strip(), [code for code in KEPT_BACK if code not in output]) == (
        "6",
        [],
    )


def test_all_sample_files_leave_the_inbox_as_accepted(demo: tuple[Path, str]) -> None:
    """Each file is in the folder of its time of acceptance; none is rejected or left."""
    inbox = demo[0] / "inbox"
    left = [file.name for file in inbox.glob("*/*") if file.is_file()]
    assert (left, len(list(inbox.glob("*/accepted/*")))) == ([], 9)


def put(project: Project, file: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "clerkwork", "submit", "purchase_orders", str(file)],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_same_workbook_put_in_twice_makes_no_second_order(project: Project) -> None:
    """The second time every order is merged with the item that is there."""
    put(project, WORKBOOK)
    with project.app.store.read() as db:
        before = items.count(db, Filter())
    put(project, WORKBOOK)
    with project.app.store.read() as db:
        after = items.count(db, Filter())
    assert (before, after) == (20, 20)


def test_a_review_answered_after_a_full_restart_is_carried_out(project: Project) -> None:
    """Everything is killed while a person decides; the answer is entered by the next worker."""
    order = make_order("PO-1", supplier="Unlisted Traders LLC")
    item_id = project.submit(order)
    first = project.worker()
    until(lambda: waiting(project), "the supplier is asked about")
    first.kill()
    first.wait()
    (number,) = waiting(project)
    answer = {**order.model_dump(mode="json"), "supplier": "Lakeside Packaging Ltd"}
    project.app.engine.answer(number, decision=Decision.CORRECT, data=answer, note="", who="ann")
    project.worker()
    until(lambda: state(project, item_id) is ItemState.DONE, "the item is done")
    assert [entry.order for entry in project.portal.orders()] == [
        make_order("PO-1", supplier="Lakeside Packaging Ltd")
    ]


def waiting(project: Project) -> list[int]:
    with project.app.store.read() as db:
        return [review.number for review in reviews.open_reviews(db)]


def state(project: Project, item_id: int) -> ItemState | None:
    with project.app.store.read() as db:
        item = items.get(db, item_id)
    return None if item is None else item.state


def test_two_schedulers_make_one_planned_run_of_each_instant(project: Project) -> None:
    """Both processes are due at the same instants; each instant has one row, by one of them."""
    (project.root / "inbox/orders").mkdir(parents=True)
    shutil.copy(WORKBOOK, project.root / "inbox/orders")
    for _ in range(2):
        project.spawn("-m", "clerkwork", "dev", "--port", "0", "--no-worker")
    until(lambda: len({worker for _, worker in runs(project)}) == 2, "planned runs of both")
    until(lambda: len(runs(project)) >= 8, "eight planned runs")
    found = runs(project)
    with project.app.store.read() as db:
        added = items.count(db, Filter())
    assert (len({run for run, _ in found}), added) == (len(found), 20)


def runs(project: Project) -> list[tuple[tuple[str, str], str]]:
    with project.app.store.read() as db:
        recent = planned_runs.list_recent(db, limit=100)
    return [((run.schedule, run.planned.isoformat()), run.worker) for run in recent]
