"""The sources of several workflows: what is wrong with one of them holds up no other."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from loguru import logger

from clerkwork import Document, PurchaseOrder, bot
from clerkwork.config.settings import DocumentSettings, Settings
from clerkwork.documents.reader import DocumentReader
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.errors import ApplicationException
from clerkwork.intake.extensions import shipped
from clerkwork.intake.intake import Intake
from clerkwork.intake.sources.mail import Mail
from clerkwork.model.project.workflows import Step
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import open_store
from tests.books import book, order

PATIENCE_S = 10.0
MakeSources = Callable[[Mail], Intake]


@bot()
def enter(order: PurchaseOrder, run: object) -> None:
    """Enter."""


@bot()
def read(document: Document, run: object) -> PurchaseOrder:
    """Read."""


@pytest.fixture
def silent() -> Iterator[socket.socket]:
    """Serve as a mail server that takes a connection and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(PATIENCE_S)
        yield server


@pytest.fixture
def make_sources(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[MakeSources]:
    logger.remove()
    monkeypatch.setenv("CLERKWORK_TEST_MAIL", "secret")
    store = open_store("sqlite:///store.db", tmp_path)
    reader = DocumentReader(DocumentSettings(), tmp_path / "var/evidence")
    bots = {"enter": enter, "read": read}
    made: list[Intake] = []

    def make(mail: Mail) -> Intake:
        workflows = {
            name: shipped().workflow(  # type: ignore[call-arg]  # keys of a source
                name=name,
                title=name,
                source={"folder": name, "reader": "workbook"},
                mail=mail if name == "posted" else None,
                steps=[Step(bot="enter")],
            )
            for name in ("posted", "quick")
        }
        log = RunLog(store, tmp_path / "logs", Redactor([]))
        engine = Engine(Core(store, log, workflows=workflows, targets={}, bots=bots, root=tmp_path))
        intake = Intake(
            tmp_path,
            Settings(),
            shipped(),
            workflows,
            store=store,
            engine=engine,
            documents=reader,
        )
        made.append(intake)
        return intake

    yield make
    for intake in made:
        intake.close()
    reader.close()
    store.close()


def test_a_mailbox_that_does_not_answer_holds_up_no_other_workflow(make_sources, silent, tmp_path):
    """The other's file is taken while the first one still waits for its mail server."""
    place = {"host": "127.0.0.1", "port": silent.getsockname()[1], "tls": False}
    mail = Mail(username="u", password_variable="CLERKWORK_TEST_MAIL", timeout_s=60, **place)
    sources = make_sources(mail)
    file = tmp_path / "inbox" / "quick" / "a.xlsx"
    file.parent.mkdir(parents=True)
    file.write_bytes(book(*order("PO-1")))

    def look() -> None:
        with suppress(ApplicationException):
            sources.look("posted")

    waiting = threading.Thread(target=look, daemon=True)
    waiting.start()
    connection, _ = silent.accept()
    try:
        assert (sources.look("quick"), waiting.is_alive()) == (1, True)
    finally:
        connection.close()
        waiting.join(PATIENCE_S)
