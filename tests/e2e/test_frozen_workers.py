"""SIGSTOP of a worker with a click on its way: what leaves late reaches nothing."""

import os
import signal
from pathlib import Path

import pytest

from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items
from tests.fixtures_project import HOME, Project, make_order, until


def stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def state_of(project: Project, item_id: int) -> ItemState:
    with project.app.store.read() as db:
        item = items.get(db, item_id)
    assert item is not None
    return item.state


@pytest.mark.slow
def test_the_late_submit_of_a_frozen_worker_is_refused(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker enters the order; then the first wakes with the form on its way."""
    monkeypatch.setenv("CLERKWORK_WORKER__LEASE_S", "3")
    item_id = project.submit(make_order("PO-1"))
    zombie = project.spawn(str(HOME / "tests/e2e/freezing_worker.py"), str(project.root))
    until(lambda: stopped(zombie.pid), "frozen with the form on its way")
    assert project.portal.orders() == []
    project.worker()
    until(lambda: state_of(project, item_id) is ItemState.DONE, "entered by the other worker")
    os.kill(zombie.pid, signal.SIGCONT)
    (project.root / "woken").touch()
    log = project.root / "processes.log"
    until(lambda: "tried to send it" in log.read_text("utf-8"), "the form on its way again")
    until(lambda: "was taken over" in log.read_text("utf-8"), "found out by the first worker")
    assert [entered.order for entered in project.portal.orders()] == [make_order("PO-1")]
