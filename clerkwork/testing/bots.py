"""Runs a bot on one item, for the bot's own tests, with the real engine and a temporary store.

Nothing is simulated: steps are checkpointed, questions wait for an answer, and effects go through
the ledger. A browser or a document reader is only started if the bot uses one.
"""

import secrets
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from clerkwork import clock
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.settings import BrowserSettings, DocumentSettings, WorkerSettings
from clerkwork.documents.reader import DocumentReader
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.workers.worker import Worker
from clerkwork.errors import ApplicationException, UsageError
from clerkwork.model.bots import Bot
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Step, Workflow
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import CLOSED, ItemState, NewItem, Outcome, WorkItem
from clerkwork.model.work.retry import Retry
from clerkwork.model.work.reviews import Decision, Review
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store, open_store
from clerkwork.store.items import items
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events

POLL_S = 0.01
Answers = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRun:
    """The result of running a bot on one item.

    Attributes:
        item: The item after the run.
        review: The open review, or None if the item is closed.
        events: The run log, in order.
    """

    item: WorkItem
    review: Review | None
    events: list[Event]

    @property
    def outcome(self) -> Outcome | None:
        """Return the outcome of the item, or None if it is in review."""
        return self.item.outcome

    @property
    def code(self) -> str | None:
        """Return the reason code of the open review, or None."""
        return None if self.review is None else self.review.code

    @property
    def result(self) -> dict[str, Any] | None:
        """Return the bot's return value as JSON data, or None."""
        return self.item.result

    def summary(self) -> dict[str, Any]:
        """Return outcome, code and result, for one comparison in a test."""
        return {"outcome": self.outcome, "code": self.code, "result": self.result}


def run_bot(
    bot: Bot,
    payload: BaseModel | Mapping[str, Any],
    *,
    answers: Answers | None = None,
    targets: Mapping[str, Target] | None = None,
    timeout_s: float = 60,
) -> BotRun:
    """Run *bot* on one item until it is closed, or in a review without an answer in *answers*.

    Args:
        bot: The bot.
        payload: The item's data, as the bot's model or as JSON data.
        answers: The corrections of a person, by reason code: values by field name, which replace
            those in the review. Application exceptions are not retried here, so they can be
            answered, too.
        targets: The targets of its effects, by name.
        timeout_s: Seconds after which to stop waiting for the run.

    Raises:
        ApplicationException: ``bot_timeout``: the bot did not finish in time.
        UsageError: No review asked for one of the answers.
    """
    left = dict(answers or {})
    deadline = clock.monotonic() + timedelta(seconds=timeout_s)
    with (
        tempfile.TemporaryDirectory(prefix="clerkwork-bot-") as folder,
        _engine(bot, Path(folder), dict(targets or {})) as engine,
        _worker(engine),
    ):
        item_id = _submit(engine, bot, payload)
        ended = _settled(engine.core.store, item_id, deadline)
        while ended.review is not None and ended.review.code in left:
            _answer(engine, ended.review, left.pop(ended.review.code))
            ended = _settled(engine.core.store, item_id, deadline)
    if left:
        raise UsageError(f"no review asked about {', '.join(left)} before the bot ended")
    return ended


@contextmanager
def _engine(bot: Bot, folder: Path, targets: dict[str, Target]) -> Iterator[Engine]:
    workflow = Workflow(
        name=bot.name,
        title=bot.summary or bot.name,
        steps=[Step(bot=bot.name)],
        retry=Retry(attempts=1),
    )
    store = open_store("sqlite:///store.db", folder)
    passwords = [target.password.get_secret_value() for target in targets.values()]
    engine = Engine(
        Core(
            store,
            RunLog(store, folder / "logs", Redactor(passwords)),
            workflows={workflow.name: workflow},
            targets=targets,
            bots={bot.name: bot},
            root=folder,
        )
    )
    try:
        yield engine
    finally:
        engine.close()
        store.close()


@contextmanager
def _worker(engine: Engine) -> Iterator[None]:
    evidence = engine.core.root / "evidence"
    worker = Worker(
        engine,
        name=f"test-{secrets.token_hex(6)}",
        settings=WorkerSettings(poll_s=0.02, sweep_s=0.05),
        browser=BrowserHost(BrowserSettings(), evidence),
        reader=DocumentReader(DocumentSettings(), evidence),
    )
    worker.start()
    patience = timedelta(seconds=10)  # after a timeout, the bot may still be running
    try:
        yield
        patience = timedelta()
    finally:
        worker.stop(patience=patience)


def _submit(engine: Engine, bot: Bot, payload: BaseModel | Mapping[str, Any]) -> int:
    value = bot.takes.model_validate(payload)
    new = NewItem(workflow=bot.name, reference="test", payload=value.model_dump(mode="json"))
    return engine.submit(new).item_id


def _settled(store: Store, item_id: int, deadline: timedelta) -> BotRun:
    pause = threading.Event()
    while clock.monotonic() < deadline:
        with store.read() as db:
            item = items.get(db, item_id)
            asked = [review for review in reviews.open_reviews(db) if review.item_id == item_id]
            log = events.after(db, 0, limit=100_000)
            if item is not None and _at_rest(item, log):
                return BotRun(item=item, review=asked[0] if asked else None, events=log)
        pause.wait(POLL_S)
    raise ApplicationException("bot_timeout", "The bot did not finish in time.")


def _at_rest(item: WorkItem, log: list[Event]) -> bool:
    ended = any(event.kind is Kind.RUN_ENDED and event.attempt == item.attempt for event in log)
    return ended and (item.state in CLOSED or item.state is ItemState.IN_REVIEW)


def _answer(engine: Engine, review: Review, values: Mapping[str, Any]) -> None:
    engine.answer(
        review.number,
        decision=Decision.CORRECT,
        data={**review.shown, **values},
        note="",
        who="test",
    )
