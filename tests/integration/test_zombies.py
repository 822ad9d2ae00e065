"""A worker that was frozen beyond its lease and wakes: another one has its item, it does nothing.

On PostgreSQL: a process that is frozen inside a write of SQLite holds everybody up, and nothing is
taken over meanwhile.
"""

import json
import signal
from dataclasses import dataclass

import pytest

from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items
from clerkwork.store.runs import events
from tests.fixtures_project import until
from tests.fixtures_workers import Hosts, MakeHosts

BOT = '''
"""Stops at a gate, in a step or between two, and notes which process is where."""
import os
import threading
from pathlib import Path

from pydantic import BaseModel

from clerkwork import Run, bot

TURNS = Path(__file__).parent.parent / "turns"
GATE = Path(__file__).parent.parent / "gate"


class Number(BaseModel):
    """The smallest payload."""

    number: str


def pass_gate(place: str) -> dict[str, int]:
    """The first who comes waits until the gate is open."""
    with TURNS.open("a") as turns:
        turns.write(f"{place}-{os.getpid()}\\n")
    if not (mine := Path(f"{GATE}-{place}")).exists():
        mine.touch()
        while not GATE.exists():
            threading.Event().wait(0.02)
    return {"by": os.getpid()}


@bot(queue="erp")
def in_step(value: Number, run: Run) -> Number:
    """Stop inside a step, that is, before its checkpoint."""
    run.step("first", pass_gate, "first")
    run.step("second", lambda: None)
    return value


@bot(queue="erp")
def at_end(value: Number, run: Run) -> Number:
    """Stop after the last step, that is, before completion or submission."""
    run.step("first", lambda: {"by": os.getpid()})
    pass_gate("end")
    return value


@bot(queue="later")
def later(value: Number, run: Run) -> Number:
    """Is never run here."""
    return value
'''
SETTINGS = """
[store]
url = {url}

[worker]
poll_s = 0.05
sweep_s = 0.2
lease_s = 2.0
drain_s = 10
"""
STEPS = {
    "checkpoint": "steps: [{bot: in_step}]",
    "completion": "steps: [{bot: at_end}]",
    "submission": "steps: [{bot: at_end}, {submit: next}]",
}


@dataclass
class Taken:
    """What was seen of an item whose worker was frozen, and taken over by another one."""

    hosts: Hosts
    number: int
    zombie: int
    second: int

    def log(self) -> list[Event]:
        with self.hosts.app.store.read() as db:
            return events.after(db, 0, item_id=self.number)


def frozen(hosts: Hosts) -> Taken:
    """Freeze a worker at the gate, let another one end its item, wake it, and wait for its end."""
    number = hosts.put("A-1")
    zombie = hosts.start("--queues", "erp", "--name", "zombie")
    until(hosts.turns, "the worker is at the gate")
    zombie.send_signal(signal.SIGSTOP)
    second = hosts.start("--queues", "erp", "--name", "second")
    until(lambda: hosts.states() == [ItemState.DONE], "the second worker ends the item")
    (hosts.root / "gate").touch()
    zombie.send_signal(signal.SIGCONT)
    zombie.send_signal(signal.SIGTERM)
    zombie.wait(90)
    return Taken(hosts=hosts, number=number, zombie=zombie.pid, second=second.pid)


@pytest.mark.parametrize("place", sorted(STEPS))
def test_a_worker_that_wakes_after_its_lease_changes_nothing(
    make_hosts: MakeHosts, postgres_url: str, place: str
) -> None:
    """Frozen before a checkpoint, a completion or a submission, it ends as fenced out."""
    hosts = make_hosts(
        {
            "bots/waiting.py": BOT,
            "workflows/work.yaml": f"name: work\ntitle: Work\n{STEPS[place]}\n",
            "workflows/next.yaml": "name: next\ntitle: Next\nsteps: [{bot: later}]\n",
            "config/default.toml": SETTINGS.format(url=json.dumps(postgres_url)),
        }
    )
    taken = frozen(hosts)
    with hosts.app.store.read() as db:
        item = items.get(db, taken.number)
        caused = items.children(db, taken.number)
    assert item is not None
    steps = hosts.app.engine.core.client.list_workflow_steps(item.run_id)
    results = [step["output"] for step in steps if step["function_name"].endswith("first")]
    # Only a step that was finished before the worker froze keeps that worker's result.
    doer = taken.second if place == "checkpoint" else taken.zombie
    assert (item.worker, item.attempt, item.takeovers, len(caused), results) == (
        "second",
        2,
        1,
        int(place == "submission"),
        [{"by": doer}],
    )
    ended = [event.worker for event in taken.log() if event.kind is Kind.RUN_ENDED]
    assert ended == ["second"]
