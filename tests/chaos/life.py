"""What the campaign's child processes do: submit, work, drain, and read the end state.

Each function runs in a process forked for it alone, because a store that is open must not be
forked and a worker process must be one that can be killed.
"""

import json
import os
import sys
import threading
import traceback
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from loguru import logger

from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.engine import Engine
from clerkwork.engine.runlog import RunLog
from clerkwork.engine.worker import Worker
from clerkwork.model.items import CLOSED, ItemState, NewItem
from clerkwork.model.retry import Retry
from clerkwork.model.targets import Target
from clerkwork.model.workflows import Fallback, Step, Workflow
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, _create, open_store
from clerkwork.store.schema import item as item_table
from tests.chaos.bot import HttpBrowser, NoReader, Order, entering

SLOWEST_COMMIT_S = 1.0  # what the target promises; the quiet period is three times that
ENDED = {str(state) for state in CLOSED | {ItemState.IN_REVIEW}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a campaign's lane keeps things, and how its workers work."""

    root: Path
    url: str
    address: str
    lease_s: float = 5.0
    concurrency: int = 4


def order(seed: int, number: int) -> Order:
    """Return the order with this number; its lines follow from it."""
    lines = [f"{seed}.{number}.{line} 办公椅" for line in range(1 + number % 4)]
    return Order(number=f"PO-{number:06}", lines=lines)


@contextmanager
def engine(place: Place) -> Iterator[Engine]:
    """Open the lane's store and its engine."""
    logger.remove()
    store = open_store(place.url, place.root)
    target = Target(name="erp", base_url=place.address, slowest_commit_s=SLOWEST_COMMIT_S)
    work = Workflow(
        name="work",
        title="Work",
        steps=[Step(bot=entering.name)],
        retry=Retry(attempts=5, wait_s=0.2),
        fallback=Fallback(),
    )
    made = Engine(
        store,
        RunLog(store, place.root / "logs", Redactor([])),
        workflows={"work": work},
        targets={"erp": target},
        bots={entering.name: entering},
        root=place.root,
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


def work(place: Place, started: int) -> None:
    """Work until somebody kills this process; write a byte to *started* when work begins."""
    with engine(place) as made:
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
        threading.Event().wait()


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


def open_items(store: Store) -> int:
    """Return how many items are neither closed nor with a person."""
    count = sa.select(sa.func.count()).where(item_table.c.state.not_in(ENDED))
    with store.read() as db:
        return int(db.execute(count).scalar_one())


def state(place: Place) -> dict[str, Any]:
    """Return how many items are open, and state, reason and takeovers of each item."""
    store = Store(_create(place.url, place.root))  # migrating would wait for a frozen writer
    columns = (
        item_table.c.reference,
        item_table.c.state,
        item_table.c.reason_code,
        item_table.c.takeovers,
    )
    with store.read() as db:
        rows = [list(row) for row in db.execute(sa.select(*columns))]
    return {"open": open_items(store), "items": rows}


def forked(action: Callable[[], Any]) -> int:
    """Run *action* in a child process and return its id; the child ends with it."""
    pid = os.fork()
    if pid:
        return pid
    try:
        action()
        os._exit(0)
    except BaseException:  # noqa: BLE001 - the border of a process
        traceback.print_exc()
        sys.stderr.flush()
        os._exit(1)


def answer_of(action: Callable[[], Any]) -> Any:
    """Return what *action* returns in a child process, which must not fail."""
    reading, writing = os.pipe()
    pid = forked(lambda: os.write(writing, json.dumps(action()).encode()) and None)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        text = pipe.read()
    if os.waitpid(pid, 0)[1]:
        raise RuntimeError("a child of the campaign failed")
    return json.loads(text)
