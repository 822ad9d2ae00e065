"""An intake of files on a real store, with a clock that only a test advances."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from clerkwork import Document, PurchaseOrder, bot
from clerkwork.config.settings import DocumentSettings, Settings
from clerkwork.documents.reader import DocumentReader
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.intake.contract import ReaderContext, SourceContext
from clerkwork.intake.extensions import shipped
from clerkwork.intake.file_to_items import FileTaker
from clerkwork.intake.ports import Taken
from clerkwork.intake.sources.folder import FolderIntake
from clerkwork.model.project.workflows import Step, Workflow
from clerkwork.model.work.events import Kind
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import open_store
from clerkwork.store.schema import event, item
from tests.books import book, order

NOW = datetime(2026, 11, 2, 8, 0, tzinfo=UTC)
STAMP = "20261102T080000000000Z"
TWO = book(*order("PO-1"), *order("PO-2"))


@bot()
def enter(order: PurchaseOrder, run: object) -> None:
    """Enter."""


@bot()
def read(document: Document, run: object) -> PurchaseOrder:
    """Read."""


def flow(name: str, reader: Any, pattern: str, **more: Any) -> Workflow:
    source = {"folder": "in", "pattern": pattern, "reader": reader}
    return shipped().workflow(name=name, title=name, source=source, **more)  # type: ignore[call-arg]  # keys of a source


WORKFLOWS = {
    "orders": flow("orders", "workbook", "*.xlsx", steps=[Step(bot="enter")], group_key="supplier"),
    "scans": flow("scans", "document", "*.pdf", steps=[Step(bot="read")], reference="name"),
    "later": Workflow(name="later", title="Later", steps=[Step(bot="enter")]),
}


@dataclass
class Desk:
    """An intake on a real store, with a clock that only a test advances."""

    root: Path
    engine: Engine
    taker: FileTaker
    make: Callable[[], FolderIntake]
    elapsed: timedelta = timedelta()
    share_ns: int | None = None  # the time of the file system, if anybody knows it
    meanwhile: Callable[[], bool] = lambda: False  # what happens in a pause; True ends it

    def __post_init__(self) -> None:
        self.intake = self.make()

    @property
    def folder(self) -> Path:
        return self.root / "inbox" / "in"

    def drop(self, name: str, data: bytes) -> Path:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / name).write_bytes(data)
        return self.folder / name

    def wait(self, seconds: float) -> None:
        self.elapsed += timedelta(seconds=seconds)

    def pause(self, seconds: float) -> bool:
        self.wait(seconds)
        return self.meanwhile()

    def lies_there_for(self, file: Path, seconds: float) -> None:
        """Let the last change of *file* be so long ago by the clock of its file system."""
        self.share_ns = file.stat().st_ctime_ns + int(seconds * 1e9)

    def put(self, file: Path, workflow: str) -> Taken:
        """Take one file by its name."""
        return self.taker.take(file, workflow)

    def scan_once(self, workflow: str = "orders") -> int:
        """Look once."""
        return self.intake.scan(WORKFLOWS[workflow])

    def scan(self, workflow: str = "orders") -> int:
        """Look, let a file settle, and look again."""
        self.scan_once(workflow)
        self.wait(2)
        return self.scan_once(workflow)

    def look(self, workflow: str = "orders") -> int:
        """Look as a planned run does."""
        return self.intake.look(WORKFLOWS[workflow])

    def left(self, workflow: str = "orders") -> str:
        """Return what the last look left."""
        return self.intake.left(WORKFLOWS[workflow])

    def files(self) -> list[str]:
        found = [file for file in self.folder.rglob("*") if file.is_file()]
        return sorted(file.relative_to(self.folder).as_posix() for file in found)

    def references(self) -> list[str]:
        with self.engine.core.store.read() as db:
            return sorted(row.reference for row in db.execute(item.select()))

    def events(self, kind: Kind) -> list[dict[str, Any]]:
        with self.engine.core.store.read() as db:
            rows = db.execute(event.select().where(event.c.kind == kind))
            return [row.data for row in rows]


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    logger.remove()
    store = open_store("sqlite:///store.db", tmp_path)
    engine = Engine(
        Core(
            store,
            RunLog(store, tmp_path / "logs", Redactor([])),
            workflows=WORKFLOWS,
            targets={},
            bots={"enter": enter, "read": read},
            root=tmp_path,
        )
    )
    reader = DocumentReader(DocumentSettings(), tmp_path / "var/evidence")
    reading = ReaderContext(root=tmp_path, settings=Settings(), engine=engine, documents=reader)
    files = FileTaker(WORKFLOWS, shipped().readers, reading)
    context = SourceContext(
        root=tmp_path,
        inbox=tmp_path / "inbox",
        workflows=WORKFLOWS,
        store=store,
        engine=engine,
        files=files,
    )

    def pause(seconds: float) -> bool:
        return desk.pause(seconds)  # type: ignore[attr-defined]  # dynamic

    def make() -> FolderIntake:
        return FolderIntake(
            context,
            now=lambda: NOW,
            monotonic=lambda: desk.elapsed,  # type: ignore[attr-defined]  # dynamic
            folder_clock=lambda _: desk.share_ns,  # type: ignore[attr-defined]  # dynamic
            pause=pause,
        )

    desk = Desk(root=tmp_path, engine=engine, taker=files, make=make)
    yield desk
    files.close()
    reader.close()
    engine.close()
    store.close()
