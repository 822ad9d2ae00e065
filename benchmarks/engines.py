"""The subject of the engine benchmarks: a project with bots that do almost nothing, and workers."""

import os
import sys
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from loguru import logger
from pydantic import BaseModel

from clerkwork import Run, bot
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.workers.worker import Worker
from clerkwork.model.project.workflows import Step, Workflow
from clerkwork.model.work.items import NewItem
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, open_store
from clerkwork.store.schema import event, item

PAUSE = threading.Event()  # never set


class Number(BaseModel):
    """The smallest payload."""

    number: str
    rest_s: float = 0
    steps: int = 0


def wait(seconds: float) -> float:
    """A step that takes some time."""
    PAUSE.wait(seconds)
    return seconds


def count(step: int) -> int:
    """A step that takes no time."""
    return step


@bot()
def nothing(value: Number, run: Run) -> Number:
    """Do nothing, run some empty steps, or wait in one step."""
    for step in range(value.steps):
        run.step(f"step {step}", count, step)
    if value.rest_s:
        run.step("wait", wait, value.rest_s)
    return value


class NoTool:
    """Replaces the browser and the document reader, which these bots do not use."""

    def call(self, *_: Any, **__: Any) -> Any:
        """Never be called."""
        raise AssertionError("no browser is used in a benchmark")

    def read(self, *_: Any) -> Any:
        """Never be called."""
        raise AssertionError("no document is read in a benchmark")

    def close(self) -> None:
        """Have nothing to close."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A project to measure."""

    root: Path
    url: str = "sqlite:///store.db"

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Open the store and the engine."""
        logger.remove()
        store = open_store(self.url, self.root)
        made = Engine(
            Core(
                store,
                RunLog(store, self.root / "logs", Redactor([])),
                workflows={
                    "work": Workflow(name="work", title="Work", steps=[Step(bot=nothing.name)])
                },
                targets={},
                bots={nothing.name: nothing},
                root=self.root,
            )
        )
        yield made
        made.close()
        store.close()

    @contextmanager
    def working(self, **settings: Any) -> Iterator[Engine]:
        """Open the engine with a worker in this process; the worker ends with the process."""
        with self.engine() as made:
            start_worker(made, **settings)
            yield made


def start_worker(made: Engine, **settings: Any) -> Worker:
    """Start a worker in this process."""
    worker = Worker(
        made,
        name=f"w-{uuid.uuid4()}",
        settings=WorkerSettings(**settings),
        browser=NoTool(),
        reader=NoTool(),
    )
    worker.start()
    return worker


def submit(made: Engine, first: int, count: int, rest_s: float = 0, steps: int = 0) -> None:
    """Submit *count* items, one by one."""
    for number in range(first, first + count):
        payload = {"number": str(number), "rest_s": rest_s, "steps": steps}
        made.submit(NewItem(workflow="work", reference=str(number), payload=payload))


def done(store: Store, at_least: int = 0) -> int:
    """Return the number of done items with an id of *at_least* or more.

    With *at_least*, only the last rows are read, which is fast after many done items. Without it,
    the index of states is used, which is fast if many items are waiting and few are done.
    """
    wanted = [item.c.state == "done"]
    if at_least:
        wanted = [item.c.outcome == "by_bot", item.c.id >= at_least]
    query = sa.select(sa.func.count()).where(*wanted)
    with store.read() as db:
        return int(db.execute(query).scalar_one())


def wait_done(store: Store, count: int, at_least: int = 0, patience_s: float = 300) -> None:
    """Wait until *count* items are done."""
    deadline = time.monotonic() + patience_s
    while done(store, at_least) < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{done(store, at_least)} of {count} items are done")
        PAUSE.wait(0.05)


def starts_ms(store: Store, at_least: int) -> list[tuple[int, int]]:
    """Return arrival and first start, in ms, of items with an id of *at_least* or more."""
    query = (
        sa.select(item.c.arrived_ms, sa.func.min(event.c.at_ms))
        .where(item.c.id >= at_least, event.c.item_id == item.c.id)
        .where(event.c.kind == "run_started")
        .group_by(item.c.id, item.c.arrived_ms)
    )
    with store.read() as db:
        return [(row[0], row[1]) for row in db.execute(query)]


def highest_id(store: Store) -> int:
    """Return the highest item id, or 0 without items."""
    with store.read() as db:
        return int(db.execute(sa.select(sa.func.max(item.c.id))).scalar_one() or 0)


def own_cpu_s() -> float:
    """Return the processor time of this process in seconds."""
    times = os.times()
    return times.user + times.system


def say(text: str) -> None:
    """Tell who waits."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
