"""What the campaign's child processes do: submit, work, drain, and read the end state.

Each function runs in a process forked for it alone, because a store that is open must not be
forked and a worker process must be one that can be killed.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import tempfile
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from loguru import logger

from clerkwork.cli import stopping
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.workers.worker import Worker
from clerkwork.errors import ExitStatus, StoreLost
from clerkwork.intake.extensions import shipped
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Fallback, Step
from clerkwork.model.work.items import CLOSED, ItemState, NewItem
from clerkwork.model.work.retry import Retry
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, _create, open_store
from clerkwork.store.schema import item as item_table
from tests.chaos.bot import HttpBrowser, NoReader, Order, entering

MEMORY = Path("/dev/shm")  # noqa: S108 - a killed process leaves the kernel's pages alone
PAUSE = threading.Event()  # never set: gives the processor away between two looks
# What the target promises, from the moment a worker begins to send; the quiet period is three times
# that. On a busy machine most of it is the worker's own waiting for a processor.
SLOWEST_COMMIT_S = 3.0
LOOK_S = 0.5  # between two looks at the store's file, as a service has them
DRAIN_S = 0.5  # shorter than many items take
MOST_DEATHS = 20  # the toolkit's 5 is meant for workers that do not die every half second
ENDED = {str(state) for state in CLOSED | {ItemState.IN_REVIEW}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a campaign's lane keeps things, and how its workers work."""

    root: Path
    url: str
    address: str
    promised_s: float = SLOWEST_COMMIT_S
    lease_s: float = 5.0
    concurrency: int = 4


Opened = Callable[[Place], AbstractContextManager[Engine]]


def order(seed: int, number: int) -> Order:
    """Return the order with this number; its lines follow from it."""
    lines = [f"{seed}.{number}.{line} 办公椅" for line in range(1 + number % 4)]
    return Order(number=f"PO-{number:06}", lines=lines)


@contextmanager
def folder() -> Iterator[Path]:
    """Make a folder, in memory where there is such a place: kills are what is tried, not disks."""
    place = MEMORY if os.access(MEMORY, os.W_OK) else None
    root = Path(tempfile.mkdtemp(prefix="clerkwork-chaos-", dir=place))
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


@contextmanager
def engine(place: Place) -> Iterator[Engine]:
    """Open the lane's store and its engine."""
    logger.remove()
    store = open_store(place.url, place.root)
    target = Target(name="erp", base_url=place.address, slowest_commit_s=place.promised_s)
    work = shipped().workflow(  # type: ignore[call-arg]  # keys of a source
        name="work",
        title="Work",
        steps=[Step(bot=entering.name)],
        retry=Retry(attempts=5, wait_s=0.2, takeovers=MOST_DEATHS),
        fallback=Fallback(),
        source={"folder": "work", "reader": "document", "settle_s": 0.01},
    )
    made = Engine(
        Core(
            store,
            RunLog(store, place.root / "logs", Redactor([])),
            workflows={"work": work},
            targets={"erp": target},
            bots={entering.name: entering},
            root=place.root,
        )
    )
    yield made
    made.close()
    store.close()


def submit(place: Place, seed: int, numbers: range) -> None:
    """Submit these orders."""
    with engine(place) as made:
        for number in numbers:
            new = order(seed, number)
            made.submit(NewItem(workflow="work", reference=new.number, payload=new.model_dump()))


def work(place: Place, started: int, opened: Opened) -> None:
    """Work until somebody kills this process or asks it to end, as `clerkwork work` does.

    A byte is written to *started* when work begins.
    """
    with stopping.stop_signals(DRAIN_S) as stop, opened(place) as made:
        worker = Worker(
            made,
            name=f"w-{uuid.uuid4()}",
            settings=WorkerSettings(
                poll_s=0.05, sweep_s=0.2, lease_s=place.lease_s, concurrency=place.concurrency
            ),
            browser=HttpBrowser(),
            reader=NoReader(),
        )
        worker.start()
        os.write(started, b"!")
        while not stop.wait(LOOK_S):
            made.core.store.check()
        worker.stop(patience=timedelta(seconds=DRAIN_S))


def started(
    place: Place, before: Callable[[], None] = lambda: None, opened: Opened = engine
) -> int:
    """Start a worker, after *before* in its process, and return its id once it works."""
    reading, writing = os.pipe()

    def begin() -> None:
        before()
        work(place, writing, opened)

    pid = forked(begin)
    os.close(writing)
    select.select([reading], [], [], 60)
    os.close(reading)
    return pid


def traced(pid: int, log: Path, paths: list[Path], options: list[str]) -> subprocess.Popen[str]:
    """Attach strace to every thread of a process, for its calls on *paths*, and return it.

    Raises:
        FileNotFoundError: There is no strace.
    """
    command = ["strace", "-f", "-o", str(log), "-p", str(pid), *options]
    for path in paths:
        command += ["-P", str(path)]
    tracer = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    for line in tracer.stderr or ():
        if "attached" in line:
            return tracer
    raise RuntimeError("strace could not attach; is another tracer at work, or ptrace forbidden?")


def damage(place: Place) -> int:
    """Return how many faults SQLite finds in the store's file."""
    with _reading(place) as store, store.read() as db:
        found = db.exec_driver_sql("PRAGMA integrity_check").scalars().all()
    return sum(line != "ok" for line in found)


def no_writer(place: Place) -> None:
    """Return when no thread of this process writes to a SQLite store.

    A process that is frozen inside a write holds everybody up until it wakes; nothing is taken
    over meanwhile, and nothing is tried.
    """
    store = Store(_create(place.url, place.root))
    if store.engine.dialect.name == "sqlite":
        with store.write():
            pass
    store.close()


def create(place: Place) -> None:
    """Create the lane's store."""
    with engine(place):
        pass


def figures(place: Place) -> dict[str, int]:
    """Return how many items are neither closed nor with a person, and the takeovers so far."""
    open_items = sa.func.count().filter(item_table.c.state.not_in(ENDED))
    takeovers = sa.func.coalesce(sa.func.sum(item_table.c.takeovers), 0)
    with _reading(place) as store, store.read() as db:
        row = db.execute(sa.select(open_items, takeovers).select_from(item_table)).one()
    return {"open": int(row[0]), "takeovers": int(row[1])}


def state(place: Place) -> list[list[Any]]:
    """Return reference, state, reason and takeovers of each item."""
    columns = (
        item_table.c.reference,
        item_table.c.state,
        item_table.c.reason_code,
        item_table.c.takeovers,
    )
    with _reading(place) as store, store.read() as db:
        return [list(row) for row in db.execute(sa.select(*columns))]


@contextmanager
def _reading(place: Place) -> Iterator[Store]:
    store = Store(_create(place.url, place.root))  # migrating would wait for a frozen writer
    yield store
    store.close()


def forked(action: Callable[[], Any]) -> int:
    """Run *action* in a child process and return its id; the child ends with it."""
    pid = os.fork()
    if pid:
        return pid
    try:
        action()
        os._exit(0)
    except StoreLost:  # the process of a service ends then, with a message
        os._exit(ExitStatus.FAILED)
    except BaseException:  # noqa: BLE001 - the border of a process
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def answer_of(action: Callable[[], Any]) -> Any:
    """Return what *action* returns in a child process, which must not fail."""
    return asked(action)()


def asked(action: Callable[[], Any]) -> Callable[[], Any]:
    """Begin *action* in a child process, and return what waits for its answer."""
    reading, writing = os.pipe()
    pid = forked(lambda: os.write(writing, json.dumps(action()).encode()))
    os.close(writing)

    def read() -> Any:
        with os.fdopen(reading, "rb") as pipe:
            text = pipe.read()
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError("a child of the campaign failed; its error is above")
        return json.loads(text)

    return read
