"""Several workers on one store, as processes of their own: limits, draining, and schedulers."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from loguru import logger

from clerkwork.app import App, open_app
from clerkwork.model.items import ItemState, NewItem
from clerkwork.model.schedules import PlannedState
from clerkwork.store import items, planned
from tests.fixtures_project import HOME, until

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


@dataclass
class Hosts:
    """A project, and workers on it that are processes of their own."""

    root: Path
    app: App
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def put(self, number: str) -> int:
        new = NewItem(workflow="work", reference=number, payload={"number": number})
        return self.app.engine.submit(new).item_id

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        with (self.root / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "clerkwork", "work", *options],
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": str(HOME)},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def turns(self) -> list[str]:
        file = self.root / "turns"
        return file.read_text().split() if file.exists() else []

    def states(self) -> list[ItemState]:
        with self.app.store.read() as db:
            found = items.search(db, items.Filter(workflow="work"))
        return [item.state for item in reversed(found)]


MakeHosts = Callable[..., Hosts]


@pytest.fixture
def make_hosts(tmp_path: Path, store_url: str) -> Iterator[MakeHosts]:
    logger.remove()
    made: list[Hosts] = []

    def make(*, limit: int) -> Hosts:
        root = tmp_path / "project"
        for folder, name, text in (
            ("bots", "__init__.py", '"""Bots."""\n'),
            ("bots", "slow.py", BOT),
            ("workflows", "work.yaml", WORKFLOW),
            ("workflows", "scheduled.yaml", SCHEDULED),
            ("config", "default.toml", SETTINGS.format(url=json.dumps(store_url), limit=limit)),
        ):
            (root / folder).mkdir(parents=True, exist_ok=True)
            (root / folder / name).write_text(text)
        hosts = Hosts(root=root, app=open_app(root))
        made.append(hosts)
        return hosts

    yield make
    for hosts in made:
        for process in hosts.processes:
            process.kill()
            process.wait()
        hosts.app.close()
        shutil.rmtree(hosts.root / "bots")


def most_at_once(turns: list[str]) -> int:
    now, most = 0, 0
    for turn in turns:
        now += 1 if turn == "begin" else -1
        most = max(most, now)
    return most


def test_workers_of_all_hosts_keep_the_limit_of_a_queue(make_hosts: MakeHosts) -> None:
    """Three workers with two places each never work on more items than the limit allows."""
    hosts = make_hosts(limit=2)
    for number in range(16):
        hosts.put(f"A-{number}")
    for _ in range(3):
        hosts.start("--queues", "erp")
    until(lambda: hosts.states() == [ItemState.DONE] * 16, "all items are done")
    assert (most_at_once(hosts.turns()), len(hosts.turns())) == (2, 32)


def test_a_worker_asked_to_end_finishes_its_item_and_takes_no_other(
    make_hosts: MakeHosts,
) -> None:
    """SIGTERM while an item is at work: it is done, the next one waits, the status is 0."""
    hosts = make_hosts(limit=1)
    gate = hosts.root / "gate"
    gate.touch()
    hosts.put("A-1")
    hosts.put("A-2")
    worker = hosts.start()
    until(lambda: hosts.turns() == ["begin"], "the first item is at work")
    worker.send_signal(signal.SIGTERM)
    until(lambda: b"Ends after" in (hosts.root / "processes.log").read_bytes(), "it was asked")
    gate.unlink()
    status = worker.wait(60)
    assert (status, hosts.states(), hosts.turns()) == (
        0,
        [ItemState.DONE, ItemState.WAITING],
        ["begin", "end"],
    )


def test_planned_runs_end_whichever_of_two_hosts_takes_them(make_hosts: MakeHosts) -> None:
    """With a scheduler on each host no due instant is left begun and none is blocked."""
    hosts = make_hosts(limit=1)
    for _ in range(2):
        hosts.start("--scheduler")

    def ended() -> set[PlannedState] | None:
        with hosts.app.store.read() as db:
            rows = planned.list_recent(db, schedule="scheduled")
        states = {row.state for row in rows[3:]}
        return states if states and PlannedState.STARTED not in states else None

    assert until(ended, "planned runs end") <= {
        PlannedState.RAN,
        PlannedState.LATE,
        PlannedState.MERGED,
    }
