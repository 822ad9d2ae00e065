"""Measures how long other writers wait while a large batch is added and cancelled.

Run with ``python -m benchmarks.large_batches [ITEMS]``. Another process writes one row every 20 ms
in the meantime, as a webhook or a worker does. The result is its longest wait.
"""

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path

from loguru import logger
from pydantic import BaseModel

from clerkwork import Run, bot, clock
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.operate.operations import Operations
from clerkwork.engine.run_log import RunLog
from clerkwork.model.project.workflows import Step, Workflow
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.queues import Batch
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import open_store
from clerkwork.store.instants import Milestone, reach
from clerkwork.store.items import items

URL = "sqlite:///store.db"
ITEMS = 20_000


class Order(BaseModel):
    """An order of one line."""

    number: str
    supplier: str
    total: float


@bot()
def enter(order: Order, run: Run) -> None:
    """Enter."""


def write_meanwhile(root: Path, ending: Event, waits: "multiprocessing.Queue[float]") -> None:
    """Write one row every 20 ms until *ending*; put the longest wait into *waits*."""
    store, longest = open_store(URL, root), 0.0
    while not ending.wait(0.02):
        began = clock.monotonic()
        with store.write() as db:
            reach(db, Milestone.TIDIED, now=clock.now())
        longest = max(longest, (clock.monotonic() - began).total_seconds())
    waits.put(longest)
    store.close()


def measured(root: Path, what: str, work: Callable[[], object]) -> None:
    """Run *work* next to the other writer; print its time and the writer's longest wait."""
    start = multiprocessing.get_context("spawn")
    ending, waits = start.Event(), start.Queue()
    other = start.Process(target=write_meanwhile, args=(root, ending, waits))
    other.start()
    began, used = clock.monotonic(), sum(os.times()[:2])
    work()
    used = sum(os.times()[:2]) - used
    seconds = (clock.monotonic() - began).total_seconds()
    ending.set()
    longest = waits.get()
    other.join()
    took = f"{seconds:.1f} s, {used:.1f} s of processor time"
    sys.stdout.write(f"{what}: {took}; another writer waited for {longest:.2f} s at the most\n")
    sys.stdout.flush()


def main(count: int) -> None:
    """Add a batch of *count* items and cancel all of them."""
    logger.remove()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        store = open_store(URL, root)
        flow = Workflow(name="orders", title="Orders", steps=[Step(bot="enter")])
        engine = Engine(
            Core(
                store,
                RunLog(store, root / "logs", Redactor([])),
                workflows={"orders": flow},
                targets={},
                bots={"enter": enter},
                root=root,
            )
        )
        arrivals = [
            (
                NewItem(
                    workflow="orders",
                    reference=f"PO-{number}",
                    payload={"number": f"PO-{number}", "supplier": "S-1", "total": 12.5},
                ),
                None,
            )
            for number in range(count)
        ]
        measured(
            root,
            f"batch of {count} items",
            lambda: engine.submit_all(arrivals, Batch(id="B-1")),
        )
        with store.read() as db:
            numbers = [found.id for found in items.search(db, items.Filter(), limit=count)]
        them = Operations(engine.core, who="ann", why="benchmark")
        measured(
            root,
            f"cancel of {count} items",
            lambda: them.each(numbers, lambda them, number: them.cancel(number)),
        )
        engine.close()
        store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS)
