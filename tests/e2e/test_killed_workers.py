"""kill -9 of the worker at every step boundary: nothing is lost and nothing is entered twice."""

import signal
from collections import Counter

import pytest

from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items
from clerkwork.store.runs import events
from tests.fixtures_project import HOME, Project, make_order, until

BOUNDARIES = 60  # more than any run has; the test ends with the last one there is


def state_of(project: Project, item_id: int) -> ItemState:
    with project.app.store.read() as db:
        item = items.get(db, item_id)
    assert item is not None
    return item.state


@pytest.mark.slow
def test_a_worker_killed_at_any_boundary_loses_and_doubles_nothing(project: Project) -> None:
    """One item for each boundary; its worker dies there, and the next worker ends the item."""
    script = str(HOME / "tests/e2e/killing_worker.py")
    item_ids = []
    for boundary in range(1, BOUNDARIES):
        item_ids.append(project.submit(make_order(f"PO-{boundary:03}")))
        process = project.spawn(script, str(project.root), str(item_ids[-1]), str(boundary))
        if process.wait() == 9:
            break
        assert process.returncode == -signal.SIGKILL
    project.worker()
    settled = {ItemState.DONE, ItemState.IN_REVIEW}
    until(lambda: {state_of(project, number) for number in item_ids} <= settled, "all settled")
    orders = [entry.order for entry in project.portal.orders()]
    assert Counter(order.number for order in orders) == Counter(
        f"PO-{number:03}" for number in range(1, len(item_ids) + 1)
    )
    assert orders == [make_order(order.number) for order in orders]
    assert [state_of(project, number) for number in item_ids] == [ItemState.DONE] * len(item_ids)
    assert len(item_ids) > 14


def test_the_log_of_a_killed_run_is_readable_to_its_last_line(project: Project) -> None:
    """It has whole lines only: the first events of the store, all but those of the last commit."""
    item_id = project.submit(make_order("PO-1"))
    script = str(HOME / "tests/e2e/killing_worker.py")
    project.spawn(script, str(project.root), str(item_id), "6").wait()
    with project.app.store.read() as db:
        stored = [str(e.number) for e in events.after(db, 0, run_id=f"item-{item_id}-1")]
    lines = (project.root / f"logs/runs/item-{item_id}-1.jsonl").read_text("utf-8").splitlines()
    numbers = [line.split('"number": ')[1].split(",")[0] for line in lines]
    assert numbers == stored[:6]
