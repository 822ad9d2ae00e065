"""A worker that is asked to end while an item takes longer than ``worker.drain_s``."""

import signal
from datetime import timedelta

import pytest

from clerkwork import clock
from clerkwork.cli.stopping import BEYOND_DRAIN_S
from clerkwork.model.work.items import CLOSED, ItemState
from clerkwork.store.items import items
from tests.fixtures_project import until
from tests.fixtures_workers import Hosts, MakeHosts

BOT = '''
"""Works until a file says that it may end, in one step or in many."""
import itertools
import threading
from pathlib import Path

from pydantic import BaseModel

from clerkwork import Run, bot

GO = Path(__file__).parent.parent / "go"
PAUSE = threading.Event()


class Number(BaseModel):
    """The smallest payload."""

    number: str


def hang() -> None:
    while not GO.exists():
        PAUSE.wait(0.05)


@bot()
def hanging(value: Number, run: Run) -> None:
    """Hang in one step."""
    run.step("hang", hang)


@bot()
def stepping(value: Number, run: Run) -> None:
    """Take many short steps."""
    for number in itertools.count():
        if GO.exists():
            return
        run.step(f"step {number}", PAUSE.wait, 0.2)
'''
WORKFLOW = "name: work\ntitle: Work\nretry: {{attempts: 1, takeovers: 1}}\nsteps:\n  - bot: {bot}\n"
SETTINGS = "[worker]\npoll_s = 0.05\nsweep_s = 0.2\ndrain_s = {drain_s}\n"
BOUND = timedelta(seconds=1 + BEYOND_DRAIN_S + 2)  # two for a busy machine
RESTARTS = 2


def make_project(make_hosts: MakeHosts, bot: str, drain_s: int = 1) -> Hosts:
    return make_hosts(
        {
            "bots/work.py": BOT,
            "workflows/work.yaml": WORKFLOW.format(bot=bot),
            "config/default.toml": SETTINGS.format(drain_s=drain_s),
        }
    )


def begun(hosts: Hosts, life: int) -> bool:
    with hosts.app.store.read() as db:
        item = items.get(db, 1)
    return item is not None and (item.state, item.attempt) == (ItemState.RUNNING, life)


def ended(hosts: Hosts) -> tuple[ItemState, int, int]:
    with hosts.app.store.read() as db:
        item = items.get(db, 1)
    assert item is not None
    return item.state, item.failures, item.takeovers


@pytest.mark.parametrize("bot", ["hanging", "stepping"])
def test_a_restart_counts_nothing_against_an_item_at_work(make_hosts: MakeHosts, bot: str) -> None:
    """However often: each worker ends in time without a traceback, and the last ends the item."""
    hosts = make_project(make_hosts, bot)
    hosts.put("A-1")
    statuses, late = [], []
    for life in range(1, RESTARTS + 1):
        worker = hosts.start()
        until(lambda life=life: begun(hosts, life), f"life {life}")
        asked = clock.monotonic()
        worker.send_signal(signal.SIGTERM)
        statuses.append(worker.wait(30))
        late.append(max(clock.monotonic() - asked - BOUND, timedelta()))
    (hosts.root / "go").touch()
    hosts.start()
    until(lambda: ended(hosts)[0] in CLOSED | {ItemState.IN_REVIEW}, "the end")
    assert (
        ended(hosts),
        statuses,
        late,
        "Traceback" in (hosts.root / "processes.log").read_text(),
    ) == (
        (ItemState.DONE, 0, 0),
        [0] * RESTARTS,
        [timedelta()] * RESTARTS,
        False,
    )


def test_a_second_signal_ends_a_worker_at_once(make_hosts: MakeHosts) -> None:
    """Though a step hangs; the status is that of an interrupted command."""
    hosts = make_project(make_hosts, "hanging", drain_s=600)
    hosts.put("A-1")
    worker = hosts.start()
    until(lambda: begun(hosts, 1), "the item is at work")
    worker.send_signal(signal.SIGTERM)
    worker.send_signal(signal.SIGINT)
    assert worker.wait(30) == 130
