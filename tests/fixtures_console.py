"""A console over a real store and the real engine, with a bot that only takes orders."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn

from clerkwork import PurchaseOrder, Run, bot, clock
from clerkwork.config.settings import Settings
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.model.orders import Document
from clerkwork.model.project.workflows import Schedule, Step, Workflow
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, open_store
from clerkwork.testing.filled_store import Filler
from clerkwork.web.console import create_console, make_server

PATIENCE = timedelta(seconds=15)
PAUSE = threading.Event()  # never set: gives the processor away between two looks


@bot(queue="portal")
def purchase_orders(order: PurchaseOrder, run: Run) -> None:
    """Take an order."""


@bot(queue="documents")
def form_extraction(document: Document, run: Run) -> None:
    """Take a document."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleProject:
    """The part of a project that the console needs."""

    root: Path
    settings: Settings
    workflows: dict[str, Workflow]
    store: Store
    engine: Engine
    evidence: Path
    refusals: list[str] = field(default_factory=list)

    def no_intake(self) -> str:
        return self.refusals[-1] if self.refusals else ""

    def filler(self) -> Filler:
        return Filler(store=self.store, evidence=self.evidence, now=clock.now())


class Served:
    """A console that is being served on a free port of the loopback."""

    def __init__(self, project: ConsoleProject) -> None:
        self.project = project
        self.server: uvicorn.Server = make_server(create_console(project), "127.0.0.1", 0)
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        deadline = clock.monotonic() + PATIENCE
        while not self.server.started:
            assert clock.monotonic() < deadline, "the console did not start"
            PAUSE.wait(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}"

    def client(self) -> httpx.Client:
        """Return a client that sends what a browser sends from the console's own pages."""
        return httpx.Client(
            base_url=self.address, headers={"Sec-Fetch-Site": "same-origin"}, timeout=30
        )

    def stop(self) -> None:
        self.server.should_exit = True
        self.thread.join(PATIENCE.total_seconds())
        assert not self.thread.is_alive()


@pytest.fixture(scope="session")
def new_console_project(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], ConsoleProject]:
    """Return what makes an empty project; the caller closes its engine and store."""

    def make() -> ConsoleProject:
        root = tmp_path_factory.mktemp("console")
        store = open_store("sqlite:///var/clerkwork.db", root)
        workflows = {
            "purchase_orders": Workflow(
                name="purchase_orders",
                title="Purchase orders",
                title_zh="采购订单",
                steps=[Step(bot="purchase_orders")],
                schedule=Schedule(every_s=60),
            ),
            "form_extraction": Workflow(
                name="form_extraction",
                title="Form extraction",
                title_zh="单据识别",
                steps=[Step(bot="form_extraction")],
            ),
        }
        bots = {"purchase_orders": purchase_orders, "form_extraction": form_extraction}
        log = RunLog(store, root / "logs", Redactor([]))
        engine = Engine(Core(store, log, workflows=workflows, targets={}, bots=bots, root=root))
        return ConsoleProject(
            root=root,
            settings=Settings(),
            workflows=workflows,
            store=store,
            engine=engine,
            evidence=root / "var/evidence",
        )

    return make


@pytest.fixture
def console_project(
    new_console_project: Callable[[], ConsoleProject],
) -> Iterator[ConsoleProject]:
    """Return an empty project."""
    project = new_console_project()
    yield project
    project.engine.close()
    project.store.close()


@pytest.fixture(scope="session")
def full_console_project(
    new_console_project: Callable[[], ConsoleProject],
) -> Iterator[ConsoleProject]:
    """Return a project with 90 items, shared by tests that only read."""
    project = new_console_project()
    project.filler().fill(90)
    yield project
    project.engine.close()
    project.store.close()


@pytest.fixture
def served(console_project: ConsoleProject) -> Iterator[Served]:
    """Return a served console of an empty project."""
    console = Served(console_project)
    yield console
    console.stop()


@pytest.fixture(scope="session")
def served_full(full_console_project: ConsoleProject) -> Iterator[Served]:
    """Return a served console with 90 items, shared by tests that only read."""
    console = Served(full_console_project)
    yield console
    console.stop()
