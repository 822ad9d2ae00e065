"""The engine against plain DBOS: the same steps, on a store that is opened in the same way."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import sqlalchemy as sa
from dbos import DBOS, DBOSClient, DBOSConfig, EnqueueOptions

from benchmarks import engines
from benchmarks.engines import PAUSE, Project, say, submit
from clerkwork.engine.core import SERIALIZER
from clerkwork.store.database import Store, open_store
from tests.chaos import life

STEPS = 3
AT_ONCE, POLL_S, WARM_UP = 8, 0.05, 16
SUCCEEDED = sa.text("SELECT count(*) FROM workflow_status WHERE status = 'SUCCESS'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """The cost of items, from submitting the first to the end of the last.

    Attributes:
        rate: Items per second.
        cpu_ms: Processor time per item.
    """

    rate: float
    cpu_ms: float


@DBOS.workflow(name="bare")
def bare(number: str) -> dict[str, str]:
    """Run the steps of ``engines.nothing``."""
    for step in range(STEPS):
        DBOS.run_step({"name": f"step {step}"}, engines.count, step)
    return {"number": number}


def of_engine(root: Path, count: int) -> Cost:
    """Return the cost of an item in the engine."""

    def run() -> Cost:
        with Project(root=root).working(concurrency=AT_ONCE, poll_s=POLL_S, sweep_s=5) as made:
            return _measured(
                count,
                lambda first, more: submit(made, first, more, steps=STEPS),
                partial(_wait, made.core.store),
            )

    return _in_own_process(run)


def of_dbos(root: Path, count: int) -> Cost:
    """Return the cost of a workflow with the same steps in plain DBOS."""

    def run() -> Cost:
        store = open_store("sqlite:///store.db", root)
        client = _launched(store)

        def enqueue(first: int, more: int) -> None:
            for number in range(first, first + more):
                options: EnqueueOptions = {
                    "queue_name": "bare",
                    "workflow_name": "bare",
                    "workflow_id": str(number),
                }
                client.enqueue(options, str(number))

        return _measured(count, enqueue, partial(_wait, store))

    return _in_own_process(run)


def _launched(store: Store) -> DBOSClient:
    DBOS.migrate(store.engine.url.render_as_string(hide_password=False))
    config: DBOSConfig = {
        "name": "bare",
        "system_database_engine": store.engine,
        "run_migrations": False,
        "serializer": SERIALIZER,
        "log_level": "ERROR",
        "console_log_level": "ERROR",
    }
    DBOS(config=config)
    DBOS.listen_queues(["bare"])
    DBOS.launch()
    DBOS.register_queue("bare", worker_concurrency=AT_ONCE, polling_interval_sec=POLL_S)
    return DBOSClient(system_database_engine=store.engine, serializer=SERIALIZER)


def _wait(store: Store, count: int) -> None:
    while True:
        with store.read() as db:
            if db.execute(SUCCEEDED).scalar_one() >= count:
                return
        PAUSE.wait(POLL_S)


def _measured(
    count: int, submit: Callable[[int, int], None], wait_until_done: Callable[[int], None]
) -> Cost:
    submit(count, WARM_UP)
    wait_until_done(WARM_UP)
    started, cpu_s = time.monotonic(), engines.own_cpu_s()
    submit(0, count)
    wait_until_done(count + WARM_UP)
    cpu_ms = (engines.own_cpu_s() - cpu_s) * 1000
    return Cost(rate=count / (time.monotonic() - started), cpu_ms=cpu_ms / count)


def _in_own_process(run: Callable[[], Cost]) -> Cost:
    def answer() -> list[float]:
        cost = run()
        return [cost.rate, cost.cpu_ms]

    rate, cpu_ms = life.answer_of(answer)
    return Cost(rate=rate, cpu_ms=cpu_ms)


def rounds(folder: Path, count: int, turns: int) -> list[tuple[Cost, Cost]]:
    """Return the costs of items in the engine and in plain DBOS, measured in turns."""
    found = []
    for turn in range(turns):
        costs = []
        for name, measure in (("engine", of_engine), ("dbos", of_dbos)):
            root = folder / f"{name}{turn}"
            root.mkdir()
            costs.append(measure(root, count))
            say(f"  {name} {costs[-1].rate:.0f}/s, {costs[-1].cpu_ms:.1f} ms an item")
        found.append((costs[0], costs[1]))
    return found
