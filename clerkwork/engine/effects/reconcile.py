"""The nightly verification: looks up every recent entry in its target.

Each effect looks the record up before and after entering it. This check comes later and relies on
neither: a record that is missing, duplicated or has other data goes to a person.
"""

import threading
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clerkwork.config.settings import ReconcileSettings
from clerkwork.discover import dotted_name, load_function, load_model
from clerkwork.engine import target_gate
from clerkwork.engine.effects.record_check import missing, wrong_with
from clerkwork.engine.facade import Engine
from clerkwork.engine.runs.execution import Browser
from clerkwork.engine.submit.add import present
from clerkwork.errors import ApplicationException, BotException, ClerkworkError
from clerkwork.model.orders import Receipt
from clerkwork.model.project.calendars import minute_of
from clerkwork.model.project.egress import Unfenced
from clerkwork.model.project.targets import Target
from clerkwork.model.work.events import Kind, Level
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.reviews import NewReview, plain_fields
from clerkwork.store.instants import Milestone, reach, reached
from clerkwork.store.items import items
from clerkwork.store.runs import effects

PATIENCE = 3  # failed lookups in a row after which a target is skipped this time
PLACE_WAITS = 30  # seconds to wait for a free login slot
RIGHT, BLIND, NOT_LOOKED_UP = "right", "blind", "not_looked_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """The result of one lookup.

    Attributes:
        item_id: The item that entered the record.
        result: ``right``, ``blind`` (the target has no lookup), ``not_looked_up``, or the reason
            code of the review that was opened.
        reason: The reason as a sentence, or an empty string.
    """

    target: str
    key: str
    item_id: int
    result: str
    reason: str = ""

    @property
    def wrong(self) -> bool:
        """Return whether a person is asked about it."""
        return self.result not in {RIGHT, BLIND, NOT_LOOKED_UP}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """Compares the effect ledger with the targets."""

    engine: Engine
    browser: Browser
    settings: ReconcileSettings
    timezone: str

    def nightly(self, now: datetime, stopping: threading.Event | None = None) -> list[Looked]:
        """Look up all recent entries once a night; does nothing when another process does it.

        The first night starts when a scheduler first runs. A night that was interrupted is covered
        by the next one, which looks back over both.
        """
        due = _last(now, self.settings.at, ZoneInfo(self.timezone))
        with self.engine.core.store.write() as db:
            first = reached(db, Milestone.RECONCILED) is None
            mine = reach(db, Milestone.RECONCILED, now=now, before=due)
        return self.run(now, stopping=stopping) if mine and not first else []

    def run(
        self,
        now: datetime,
        hours: float | None = None,
        targets: Collection[str] = (),
        stopping: threading.Event | None = None,
    ) -> list[Looked]:
        """Look up recent entries, and open a review for each difference.

        Args:
            now: The present instant.
            hours: How far to look back; None: the setting.
            targets: Only these targets; empty: all.
            stopping: When set, no further lookup begins.
        """
        since = now - timedelta(hours=self.settings.hours if hours is None else hours)
        with self.engine.core.store.read() as db:
            entered = effects.entered(db, since=since)
        wanted = [entry for entry in entered if not targets or entry.target in targets]
        failures: dict[str, list[str]] = {}
        stopping = stopping or threading.Event()
        try:
            looked = [self._looked(entry, failures, stopping) for entry in wanted]
        finally:
            self.browser.close()
        self._report(looked)
        return looked

    def _looked(
        self, entry: effects.Entered, failures: dict[str, list[str]], stopping: threading.Event
    ) -> Looked:
        """Look one entry up; a failure does not stop the lookups of the others.

        Args:
            entry: The entry.
            failures: Reasons of the failures in a row, by target.
            stopping: See ``run``.
        """
        failed = failures.setdefault(entry.target, [])
        target = self.engine.core.targets.get(entry.target)
        if stopping.is_set():
            return _result(entry, NOT_LOOKED_UP, "The check was stopped.")
        if target is None:
            return _result(entry, NOT_LOOKED_UP, f"There is no target {entry.target}.")
        if target.guarantee == "blind":
            return _result(entry, BLIND)
        if len(failed) >= PATIENCE:
            return _result(entry, NOT_LOOKED_UP, failed[-1])
        try:
            found = self._look(entry, target, stopping)
        except Exception as error:  # noqa: BLE001 - such as a missing bot: affects this entry only
            own = isinstance(error, ClerkworkError)
            said = str(error) if own else f"{type(error).__name__}: {error}"
            failed += [said] if isinstance(error, ApplicationException) else []
            return _result(entry, NOT_LOOKED_UP, said)
        failed.clear()
        return found

    def _look(self, entry: effects.Entered, target: Target, stopping: threading.Event) -> Looked:
        value = load_model(entry.model).model_validate(entry.value)
        hits = self._hits(target, load_function(entry.find), value, stopping)
        wrong = _judged(entry, hits)
        if wrong is None:
            return _result(entry, RIGHT)
        return _result(entry, wrong.code, f"{wrong}{self._asked(entry, value, wrong)}")

    def _hits(
        self,
        target: Target,
        find: Callable[..., list[Receipt]],
        value: BaseModel,
        stopping: threading.Event,
    ) -> list[Receipt]:
        """Return the records found in the target, after waiting for a free login slot.

        Raises:
            ApplicationException: The target failed or is blocked.
        """
        waits = 0
        while True:
            try:
                with target_gate.visiting(self.engine.core, target):
                    hits: list[Receipt] = self.browser.call(
                        target,
                        find,
                        value,
                        on_message=lambda _kind, _data: None,
                        fence=Unfenced(),
                    )
                return hits
            except ApplicationException as error:
                waits += 1
                if error.code != target_gate.BUSY or waits > PLACE_WAITS or stopping.wait(1):
                    raise

    def _asked(self, entry: effects.Entered, value: BaseModel, wrong: BotException) -> str:
        """Open a review; return why that failed, or an empty string."""
        try:
            self._ask(entry, value, wrong)
        except Exception as error:  # noqa: BLE001 - such as a missing workflow
            said = f" No review could be opened: {error}"
            facts = {**wrong.facts, "code": wrong.code}
            self.engine.core.write(
                Kind.NOTE, wrong.message + said, facts, level=Level.ERROR, item_id=entry.item_id
            )
            return said
        return ""

    def _ask(self, entry: effects.Entered, value: BaseModel, wrong: BotException) -> None:
        """Add an item for a person next to the closed one; once for each kind of difference."""
        with self.engine.core.store.read() as db:
            item = present(items.get(db, entry.item_id))
        takes = self.engine.core.first_bot(item.workflow).takes
        payload = value.model_dump(mode="json") if isinstance(value, takes) else item.payload
        self.engine.submit(
            NewItem(
                workflow=item.workflow,
                reference=f"{item.reference} ({wrong.code})",
                payload=payload,
                group_key=item.group_key,
                source={"name": "reconcile", "item": item.id},
                parent_id=item.id,
            ),
            NewReview(
                step=None,
                code=wrong.code,
                message=wrong.message,
                facts=wrong.facts,
                model=dotted_name(takes),
                shown=payload,
                fields=plain_fields(payload, ()),
            ),
        )

    def _report(self, looked: list[Looked]) -> None:
        wrong = sum(found.wrong for found in looked)
        left = sum(found.result == NOT_LOOKED_UP for found in looked)
        self.engine.core.event(
            Kind.NOTE,
            "Looked up {count} entries in their targets: {wrong} wrong, {left} not looked up.",
            level=Level.WARNING if wrong or left else Level.INFO,
            count=len(looked),
            wrong=wrong,
            left=left,
        )


def _judged(entry: effects.Entered, hits: list[Receipt]) -> BotException | None:
    """Return what is wrong, or None.

    An entry that was never confirmed belongs to an item that a person closed. Such a record may be
    in the target once, with any data, or be missing, but must not be there twice.
    """
    if entry.confirmed and not hits:
        return missing(entry.key, entry.target)
    return wrong_with(hits, entry.key, entry.target) if entry.confirmed or len(hits) > 1 else None


def _result(entry: effects.Entered, result: str, reason: str = "") -> Looked:
    return Looked(
        target=entry.target, key=entry.key, item_id=entry.item_id, result=result, reason=reason
    )


def _last(now: datetime, at: str, zone: ZoneInfo) -> datetime:
    """Return the latest instant not after *now* at which it is *at* o'clock."""
    local = now.astimezone(zone)
    minute = minute_of(at)
    due = local.replace(hour=minute // 60, minute=minute % 60, second=0, microsecond=0)
    return due if due <= local else due - timedelta(days=1)
