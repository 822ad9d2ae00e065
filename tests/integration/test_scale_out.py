"""Several workers on one store, as processes of their own: limits, draining, and schedulers."""

import json
import signal
from collections.abc import Callable

import pytest

from clerkwork.model.work.items import ItemState
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.runs import planned_runs
from tests.fixtures_project import until
from tests.fixtures_workers import Hosts, MakeHosts

BOT = '''
"""Works for a moment, and notes when it begins and when it ends."""
import os
import threading
from pathlib import Path

from pydantic import BaseModel

from clerkwork import PurchaseOrder, Run, bot

TURNS = Path(__file__).parent.parent / "turns"
GATE = Path(__file__).parent.parent / "gate"


class Number(BaseModel):
    """The smallest payload."""

    number: str


def note(what: str) -> None:
    with TURNS.open("a") as turns:
        turns.write(f"{what}\\n")


def work(value: Number) -> None:
    note("begin")
    threading.Event().wait(0.2)
    while GATE.exists():
        threading.Event().wait(0.02)
    note("end")


@bot(queue="erp")
def slow(value: Number, run: Run) -> Number:
    """Work slowly."""
    run.step("work", work, value)
    return value


@bot()
def orders(order: PurchaseOrder, run: Run) -> PurchaseOrder:
    """Take an order."""
    return order
'''
WORKFLOW = "name: work\ntitle: Work\nsteps:\n  - bot: slow\n"
SETTINGS = """
[store]
url = {url}

[worker]
poll_s = 0.05
sweep_s = 0.2
concurrency = 2
limits = {{ erp = {limit} }}
"""
SCHEDULED = """
name: scheduled
title: Scheduled
source: {folder: in, pattern: "*.xlsx", reader: workbook}
schedule: {every_s: 0.5}
steps:
  - bot: orders
"""


NewHosts = Callable[[int], Hosts]


@pytest.fixture
def new_hosts(make_hosts: MakeHosts, store_url: str) -> NewHosts:
    """Return what makes the project with a limit of its queue."""

    def make(limit: int) -> Hosts:
        return make_hosts(
            {
                "bots/slow.py": BOT,
                "workflows/work.yaml": WORKFLOW,
                "workflows/scheduled.yaml": SCHEDULED,
                "config/default.toml": SETTINGS.format(url=json.dumps(store_url), limit=limit),
            }
        )

    return make


def most_at_once(turns: list[str]) -> int:
    now, most = 0, 0
    for turn in turns:
        now += 1 if turn == "begin" else -1
        most = max(most, now)
    return most


def test_workers_of_all_hosts_keep_the_limit_of_a_queue(new_hosts: NewHosts) -> None:
    """Three workers with two places each never work on more items than the limit allows."""
    hosts = new_hosts(2)
    for number in range(16):
        hosts.put(f"A-{number}")
    for _ in range(3):
        hosts.start("--queues", "erp")
    until(lambda: hosts.states() == [ItemState.DONE] * 16, "all items are done")
    assert (most_at_once(hosts.turns()), len(hosts.turns())) == (2, 32)


def test_a_worker_asked_to_end_finishes_its_item_and_takes_no_other(
    new_hosts: NewHosts,
) -> None:
    """After SIGTERM the running item is done, the next one waits, and the status is 0."""
    hosts = new_hosts(1)
    gate = hosts.root / "gate"
    gate.touch()
    hosts.put("A-1")
    hosts.put("A-2")
    worker = hosts.start()
    until(lambda: hosts.turns() == ["begin"], "the first item is at work")
    worker.send_signal(signal.SIGTERM)
    until(lambda: b"Ending after" in (hosts.root / "processes.log").read_bytes(), "it was asked")
    gate.unlink()
    status = worker.wait(60)
    assert (status, hosts.states(), hosts.turns()) == (
        0,
        [ItemState.DONE, ItemState.WAITING],
        ["begin", "end"],
    )


def test_planned_runs_end_on_either_of_two_hosts(new_hosts: NewHosts) -> None:
    """With a scheduler on each host, no due run is left unfinished or blocked."""
    hosts = new_hosts(1)
    for _ in range(2):
        hosts.start("--scheduler")

    def ended() -> set[PlannedState] | None:
        with hosts.app.store.read() as db:
            rows = planned_runs.list_recent(db, schedule="scheduled")
        states = {row.state for row in rows[3:]}
        return states if states and PlannedState.STARTED not in states else None

    assert until(ended, "planned runs end") <= {
        PlannedState.RAN,
        PlannedState.LATE,
        PlannedState.MERGED,
    }
