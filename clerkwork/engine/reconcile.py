"""The sweep for duplicates: looks in the target for everything that was entered of late.

The way of one item looks before and after it enters anything. This comes later and trusts none of
it: whatever is not there, stands there twice, or stands there with other data, goes to a person.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from pydantic import BaseModel

from clerkwork.config.settings import ReconcileSettings
from clerkwork.discover import dotted_name, load_function, load_model
from clerkwork.engine.adding import present
from clerkwork.engine.effects import missing, wrong_with
from clerkwork.engine.engine import Engine
from clerkwork.engine.execution import Browser
from clerkwork.errors import BotException, ClerkworkError
from clerkwork.model.calendars import minute_of
from clerkwork.model.egress import Unfenced
from clerkwork.model.events import Kind, Level
from clerkwork.model.items import NewItem
from clerkwork.model.orders import Receipt
from clerkwork.model.reviews import NewReview, plain_fields
from clerkwork.store import effects, items
from clerkwork.store.milestones import Milestone, reach, reached

PATIENCE = 3  # look-ups that fail one after the other, before a target is left for another time
RIGHT, BLIND, NOT_LOOKED_UP = "right", "blind", "not_looked_up"


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What became of one look-up.

    Attributes:
        item_id: The item that it was entered for.
        result: ``right``, ``blind`` (its target cannot be looked into), ``not_looked_up``, or the
            code of the reason for which a person is asked.
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

    def nightly(self, now: datetime) -> list[Looked]:
        """Look everything up once a night; nothing if it is not time or another process does it.

        The first night begins when a scheduler first looks.
        """
        due = _last(now, self.settings.at, ZoneInfo(self.timezone))
        with self.engine.store.write() as db:
            first = reached(db, Milestone.RECONCILED) is None
            mine = reach(db, Milestone.RECONCILED, now=now, before=due)
        return self.run(now) if mine and not first else []

    def run(
        self, now: datetime, hours: float | None = None, targets: Collection[str] = ()
    ) -> list[Looked]:
        """Look up what was entered of late, and ask a person about what is wrong.

        Args:
            now: The present instant.
            hours: How far back to look; None: as the settings say.
            targets: Only these; all where none is named.
        """
        since = now - timedelta(hours=self.settings.hours if hours is None else hours)
        with self.engine.store.read() as db:
            entered = effects.entered(db, since=since)
        looked: list[Looked] = []
        failures: dict[str, int] = {}
        try:
            for entry in entered:
                if targets and entry.target not in targets:
                    continue
                if failures.get(entry.target, 0) >= PATIENCE:
                    looked.append(_result(entry, NOT_LOOKED_UP, "The target does not answer."))
                    continue
                looked.append(self._look(entry))
                failed = looked[-1].result == NOT_LOOKED_UP
                failures[entry.target] = failures.get(entry.target, 0) + 1 if failed else 0
        finally:
            self.browser.close()
        self._report(looked)
        return looked

    def _look(self, entry: effects.Entered) -> Looked:
        target = self.engine.targets.get(entry.target)
        if target is None:
            return _result(entry, NOT_LOOKED_UP, f"There is no target {entry.target} any more.")
        if target.guarantee == "blind":
            return _result(entry, BLIND)
        try:
            value = load_model(entry.model).model_validate(entry.value)
            hits: list[Receipt] = self.browser.call(
                target,
                load_function(entry.find),
                value,
                on_message=lambda _kind, _data: None,
                fence=Unfenced(),
            )
        except (ClerkworkError, ValueError) as error:
            return _result(entry, NOT_LOOKED_UP, str(error))
        wrong = _judged(entry, hits)
        if wrong is None:
            return _result(entry, RIGHT)
        self._ask(entry, value, wrong)
        return _result(entry, wrong.code, str(wrong))

    def _ask(self, entry: effects.Entered, value: BaseModel, wrong: BotException) -> None:
        """Open an item for a person beside the one that is closed; once for each kind of fault."""
        with self.engine.store.read() as db:
            item = present(items.get(db, entry.item_id))
        takes = self.engine.first_bot(item.workflow).takes
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
        self.engine.event(
            Kind.NOTE,
            "Looked up {count} entries in their targets: {wrong} wrong, {left} not looked up.",
            level=Level.WARNING if wrong or left else Level.INFO,
            count=len(looked),
            wrong=wrong,
            left=left,
        )


def _judged(entry: effects.Entered, hits: list[Receipt]) -> BotException | None:
    """Return what is wrong, or None.

    What was never confirmed belongs to an item that a person closed: it may stand there as they
    entered it, or not at all, but not twice.
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
