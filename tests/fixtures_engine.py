"""An engine with bots made for a test, a real store and a real worker; only the target is ours."""

import threading
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from loguru import logger
from pydantic import BaseModel

from clerkwork import ApplicationException, BusinessException, clock
from clerkwork.config.settings import WorkerSettings
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.workers.worker import Worker
from clerkwork.model.bots import Bot
from clerkwork.model.orders import Receipt
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Fallback, Step, Workflow
from clerkwork.model.work.items import CLOSED, ItemState, NewItem, WorkItem
from clerkwork.model.work.retry import Retry
from clerkwork.model.work.reviews import Decision, Review
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, open_store
from clerkwork.store.items import items
from clerkwork.store.reviews import reviews

PATIENCE = timedelta(seconds=20)
PAUSE = threading.Event()  # never set: gives the processor away between two looks
SECRET = "s3cret-of-the-target"


class Number(BaseModel):
    """The smallest payload."""

    number: str
    amount: int = 0


@dataclass
class Ledger:
    """A target system in memory: what was entered, and how it misbehaves next."""

    entered: list[Number] = field(default_factory=list)
    lose_answers: int = 0
    unique: bool = False
    renames: bool = False
    looked: int = 0
    fail_looks: int = 0
    before_submit: Callable[[], None] | None = None
    after_submit: Exception | None = None

    def find(self, _screen: "TestScreen", value: Number) -> list[Receipt]:
        self.looked += 1
        if self.entered and self.fail_looks:
            self.fail_looks -= 1
            raise ApplicationException("target_failed", "The list did not come.")
        hits = [entry for entry in self.entered if entry.number == value.number]
        hits = [] if self.renames else hits
        return [
            Receipt(
                confirmation=f"C-{entry.number}",
                reference=entry.number,
                differences=[] if entry == value else ["amount differs"],
            )
            for entry in hits
        ]

    def enter(self, screen: "TestScreen", value: Number) -> Receipt:
        if self.before_submit is not None:
            self.before_submit()
        screen.about_to_submit()
        if self.after_submit is not None:
            raise self.after_submit
        if self.unique and value.number in {entry.number for entry in self.entered}:
            raise BusinessException("refused", "The number is taken.")
        self.entered.append(value)
        if self.lose_answers:
            self.lose_answers -= 1
            raise ApplicationException("no_confirmation", "The page did not answer.")
        return Receipt(confirmation=f"C-{value.number}", reference=value.number)


@dataclass
class TestScreen:
    """The part of a screen that the ledger needs."""

    __test__ = False
    on_message: Callable[[str, Any], Any]

    def about_to_submit(self) -> None:
        self.on_message("about_to_submit", None)


class DirectBrowser:
    """Calls a page function in this process, without a browser."""

    def call(
        self,
        _target: Target,
        function: Callable[..., Any],
        *arguments: Any,
        on_message: Callable[[str, Any], Any],
        **_: object,
    ) -> Any:
        return function(TestScreen(on_message), *arguments)

    def close(self) -> None:
        pass


class NoReader:
    """A worker without documents."""

    def read(self, _file: Path, _name: str) -> Any:
        raise AssertionError("no document is read in this test")

    def close(self) -> None:
        pass


@dataclass
class Bench:
    """What an engine test works with."""

    engine: Engine
    store: Store
    ledger: Ledger
    logs: Path
    workers: list[Worker] = field(default_factory=list)

    def start_worker(
        self,
        concurrency: int = 4,
        reader: Any = None,
        browser: Any = None,
        labels: Sequence[str] = (),
        sweep_s: float = 0.05,
        **more: Any,
    ) -> Worker:
        worker = Worker(
            self.engine,
            name=f"w-{uuid.uuid4()}",
            settings=WorkerSettings(
                poll_s=0.02,
                sweep_s=sweep_s,
                lease_s=5,
                concurrency=concurrency,
                labels=list(labels),
            ),
            browser=browser or DirectBrowser(),
            reader=reader or NoReader(),
            **more,
        )
        worker.start()
        self.workers.append(worker)
        return worker

    def stop_worker(self) -> None:
        self.workers.pop().stop(patience=timedelta(seconds=5))

    def put(self, number: str, amount: int = 0, workflow: str = "work", **more: Any) -> int:
        new = NewItem(
            workflow=workflow,
            reference=number,
            payload={"number": number, "amount": amount},
            **more,
        )
        return self.engine.submit(new).item_id

    def item(self, item_id: int) -> WorkItem:
        with self.store.read() as db:
            found = items.get(db, item_id)
        assert found is not None
        return found

    def until(self, item_id: int, *states: ItemState) -> WorkItem:
        """Return the item once it is in one of *states* (default: closed or in review)."""
        wanted = set(states) or CLOSED | {ItemState.IN_REVIEW}
        deadline = clock.monotonic() + PATIENCE
        while clock.monotonic() < deadline:
            item = self.item(item_id)
            if item.state in wanted:
                return item
            PAUSE.wait(0.01)
        raise AssertionError(f"still {item.state} ({item.reason}) after {PATIENCE}")

    def open_reviews(self) -> list[Review]:
        with self.store.read() as db:
            return reviews.open_reviews(db)

    def answer(self, decision: Decision = Decision.CORRECT, **data: Any) -> bool:
        """Answer the only open review; *data* is put over what it shows."""
        (review,) = self.open_reviews()
        return self.engine.answer(
            review.number,
            decision=decision,
            data={**review.shown, **data} if decision is Decision.CORRECT else None,
            note="",
            who="ann",
        )


MakeBench = Callable[..., Bench]


@pytest.fixture
def make_bench(tmp_path: Path, store_url: str) -> Iterator[MakeBench]:
    logger.remove()  # the run log keeps its own files; the rest is noise here
    made: list[Bench] = []

    def make(
        *bots: Bot,
        retry: Retry | None = None,
        steps: list[Step] | None = None,
        guarantee: str = "searchable",
    ) -> Bench:
        workflows = {
            "work": Workflow(
                name="work",
                title="Work",
                steps=steps or [Step(bot=bots[0].name)],
                retry=retry or Retry(attempts=3, wait_s=0.05),
                fallback=Fallback(),
            ),
            "next": Workflow(name="next", title="Next", steps=[Step(bot=bots[-1].name)]),
        }
        target = Target(
            name="erp",
            base_url="http://127.0.0.1:9",
            slowest_commit_s=0.1,
            password=SECRET,
            guarantee=guarantee,
        )
        store = open_store(store_url, tmp_path)
        log = RunLog(store, tmp_path / "logs", Redactor([SECRET]))
        engine = Engine(
            Core(
                store,
                log,
                workflows=workflows,
                targets={"erp": target},
                bots={bot.name: bot for bot in bots},
                root=tmp_path,
            )
        )
        bench = Bench(engine=engine, store=store, ledger=Ledger(), logs=tmp_path / "logs")
        made.append(bench)
        return bench

    yield make
    for bench in made:
        for worker in bench.workers:
            worker.stop(patience=timedelta(seconds=5))
        bench.engine.close()
        bench.store.close()
