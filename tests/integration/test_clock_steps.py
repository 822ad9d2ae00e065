"""Steps of the wall clock in a real process: libfaketime sets the clock that the process sees."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from clerkwork import clock
from clerkwork.model.work.schedules import PlannedRun, PlannedState
from clerkwork.store.database import Store, open_store
from clerkwork.store.runs import planned_runs

HERE = Path(__file__).parent
LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
PATIENCE = timedelta(seconds=60)
PAUSE = threading.Event()  # never set: gives the processor away between two looks
RAN = {PlannedState.RAN, PlannedState.LATE}

pytestmark = pytest.mark.skipif(not LIBRARIES, reason="needs libfaketime (package faketime)")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = open_store("sqlite:///store.db", tmp_path)
    yield store
    store.close()


@pytest.fixture
def set_clock(tmp_path: Path, store: Store) -> Iterator[Callable[[str], None]]:
    """Start the process, and return what sets its clock."""
    offset = tmp_path / "offset"

    def set_clock(text: str) -> None:
        partial = tmp_path / "offset.part"
        partial.write_text(f"{text}\n")
        partial.replace(offset)

    set_clock("+0s")
    process = subprocess.Popen(
        [sys.executable, HERE / "stepping_clock.py", tmp_path],
        env=os.environ
        | {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(HERE.parent.parent),
        },
    )
    yield set_clock
    process.kill()
    process.wait()


def runs(store: Store, after: datetime, before: datetime) -> list[PlannedRun]:
    """Return what was run of the instants between *after* and *before*."""
    with store.read() as db:
        found = planned_runs.list_between(db, "orders", since=after, until=before)
    return [row for row in found if row.state in RAN]


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = clock.monotonic() + PATIENCE
    while not condition():
        assert clock.monotonic() < deadline
        PAUSE.wait(0.05)


@pytest.mark.parametrize("step", [timedelta(hours=-1), timedelta(hours=2)])
def test_runs_go_on_after_a_step_and_after_the_clock_is_right_again(store, set_clock, step):
    """Within seconds, in each kind of wait during which the clock was set."""
    start = clock.now() - timedelta(minutes=10)

    def count(shift: timedelta) -> int:
        around = clock.now() + shift
        return len(runs(store, around - timedelta(minutes=10), around + timedelta(minutes=10)))

    wait_for(lambda: count(timedelta()) >= 2)
    set_clock(f"{int(step.total_seconds()):+d}s")
    wait_for(lambda: count(step) >= 2)
    set_clock("+0s")
    before = count(timedelta())
    wait_for(lambda: count(timedelta()) >= before + 2)
    assert len(runs(store, start, clock.now() + timedelta(minutes=10))) >= before + 2
