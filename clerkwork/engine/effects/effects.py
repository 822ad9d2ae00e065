"""Effects: irreversible acts on other systems, each done exactly once.

A row of the ledger goes through the states intent, sent and confirmed. The parent process makes
``sent`` durable just before the click, when the child process asks, and only while this attempt
still owns the item. After a possible submit, no lookup is trusted before the target's quiet period
is over: an earlier lookup can miss a record that the target is still storing, and entering it again
would create a duplicate.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy.engine import Connection

from clerkwork import clock
from clerkwork.discover import dotted_name
from clerkwork.engine import target_gate
from clerkwork.engine.effects.ledger import LedgerEntry
from clerkwork.engine.effects.record_check import (
    doubtful,
    missing,
    not_verified,
    other_content,
    unknown,
    unseen,
    wrong_with,
)
from clerkwork.engine.runs.execution import Execution
from clerkwork.engine.signals import Postponed, StepFailed
from clerkwork.errors import BotException, Fenced
from clerkwork.model.bots import Do, Find
from clerkwork.model.orders import Receipt
from clerkwork.model.project.targets import Target
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import plain_reference
from clerkwork.model.work.reviews import NewReview, form_fields
from clerkwork.store.instants import Milestone, reached
from clerkwork.store.items import restored_lookups, transitions
from clerkwork.store.maintenance.recovery import FENCE_STEP
from clerkwork.store.runs.effects import Effect

NEVER = datetime.min.replace(tzinfo=UTC)

M = TypeVar("M", bound=BaseModel)


def perform(
    execution: Execution,
    *,
    step: str,
    target: Target,
    value: M,
    key: str,
    find: Find[M],
    do: Do[M],
    record: str | None = None,
    released_by: int = 0,
) -> Receipt:
    """Perform the effect and return its receipt; see ``Run.effect``.

    Args:
        execution: The reserved item.
        step: The name of the effect.
        target: The system; its guarantee says how far a lookup after a lost answer can be trusted.
        value: The data to enter.
        key: Name of the field of *value* that identifies the record in the target.
        find: Looks the record up.
        do: Enters the record.
        record: Kind of the record; None: the records of this step are a kind of their own.
        released_by: Number of the review in which a person last allowed the submit, or 0.

    Raises:
        Postponed: The quiet period after an earlier submit is not over, or the target is blocked.
        StepFailed: The target refused the record, failed, or shows other data than was entered;
            carries the form for a person.
    """
    act = _Act(
        execution,
        step=step,
        target=target,
        key=plain_reference(str(getattr(value, key))),
        value=value,
        find=find,
        record=record or step,
        released_by=released_by,
    )
    try:
        return act.perform(find, do)
    except BotException as error:
        raise StepFailed(error, act.review(error), act.settled(), step=step) from error


class _Act:
    """One attempt at one effect, and the fence for what the browser sends; see ``Fence``."""

    def __init__(
        self,
        execution: Execution,
        *,
        step: str,
        target: Target,
        key: str,
        value: BaseModel,
        find: Find[Any],
        record: str,
        released_by: int,
    ) -> None:
        self._execution = execution
        self._step = step
        self._target = target
        self._key = key
        self._value = value
        self._find = find
        self._released_by = released_by
        self._marked = NEVER
        self._mark_again = timedelta(seconds=target.slowest_commit_s / 2)
        self._entry = LedgerEntry(
            execution.core.store,
            item_id=execution.item.id,
            target=target.name,
            key=key,
            record=record,
            step=step,
            value=value,
            bots=execution.core.bots,
        )

    def perform(self, find: Find[Any], do: Do[Any]) -> Receipt:
        self._wait_until_open()
        self._intend()
        if self._target.guarantee == "blind":
            return self._perform_blindly(do)
        self._refuse_other()
        self._wait_until_settled()
        if (found := self._look_first(find)) is not None:
            return self._confirm(found, Kind.EFFECT_FOUND, "{key} is already in {target}")
        if self._entry.row().confirmed is not None:
            raise missing(self._key, self._target.name)
        self._stop_if_only_looked_up()
        self._refuse_doubtful()
        searchable = self._target.guarantee == "searchable"
        if searchable:
            self._refuse_unseen()
        try:
            answer: Receipt = self._call(do)
        except BotException:
            # A target that refuses a second record also does so when the first one arrived late.
            if self._target.guarantee != "unique-ref" or (found := self._look(find)) is None:
                raise
            return self._confirm(found, Kind.EFFECT_FOUND, "{key} is already in {target}")
        if searchable:  # before the lookup, which can fail or kill the worker
            self._entry.keep_answer(answer)
        found = self._look(find)
        if found is None:
            raise not_verified(self._key, self._target.name)
        return self._confirm(found, Kind.EFFECT_CONFIRMED, "{key} is in {target}")

    def _perform_blindly(self, do: Do[Any]) -> Receipt:
        """Enter a record that cannot be looked up: only the target's confirmation is known."""
        row = self._entry.row()
        if row.confirmed is not None:
            return Receipt.model_validate(row.receipt)
        self._refuse_other()
        self._refuse_doubtful()
        self._refuse_unknown()
        self._stop_if_only_looked_up()
        try:
            receipt: Receipt = self._call(do)
        except Exception as error:
            self._refuse_unknown(error)
            raise
        return self._confirm(receipt, Kind.EFFECT_CONFIRMED, "{target} has confirmed {key}")

    def _is_released(self) -> bool:
        """Return whether a person allowed the submit and none has happened since.

        Each answer allows one submit. Review numbers are compared instead of instants, because a
        clock may have been set in between.
        """
        return self._released_by > self._entry.row().sent_review

    def _refuse_other(self) -> None:
        """Ask a person when the record was entered with other content."""
        if (other := self._other()) is not None and not self._is_released():
            raise other_content(other, self._value)

    def _other(self) -> Effect | None:
        """Return the act that entered other content, unless a person allowed this content."""
        return None if self._entry.row().sent is not None else self._entry.other

    def _refuse_doubtful(self) -> None:
        """Ask a person when another act may have entered this same record."""
        if (known := self._entry.doubtful) is not None and not self._is_released():
            raise doubtful(known)

    def _refuse_unknown(self, error: Exception | None = None) -> None:
        """Ask a person when the record may have been submitted and the result is not known.

        Args:
            error: The failure of this attempt, or None.
        """
        sent = self._entry.row().sent is not None or self._may_be_forgotten()
        if sent and not self._is_released():
            cause = self._execution.explained(error, self._step)
            raise unknown(self._key, self._target.name, cause) from error

    def _refuse_unseen(self) -> None:
        """Ask a person when the target confirmed the record but no lookup has found it since.

        A record that the target stores under another reference, or outside the list that is
        searched, would be entered again at each attempt. Each answer allows one submit, as for a
        blind target.
        """
        row = self._entry.row()
        if row.receipt is not None and not self._is_released():
            raise unseen(self._key, self._target.name, Receipt.model_validate(row.receipt))

    def settled(self) -> datetime | None:
        """Return the instant from which a lookup can be trusted, or None: at any time."""
        last = max(self._sent(), self._restored())
        if last == NEVER or self._target.guarantee != "searchable":
            return None
        return last + timedelta(seconds=self._target.quiet_period_s)

    def _sent(self) -> datetime:
        """Return the last instant of a possible submit, by the present wall clock."""
        sent = self._entry.last_sent()
        if sent is None:
            return NEVER
        clock_set = self._execution.core.clock_guard.last_set() or NEVER
        # After a change of the clock the time since the submit is not known.
        return clock_set if sent > clock.now() else max(sent, clock_set)

    def _restored(self) -> datetime:
        """Return when the store was restored; it knows nothing of later submits."""
        with self._execution.core.store.read() as db:
            return reached(db, Milestone.RESTORED) or NEVER

    def _stop_if_only_looked_up(self) -> None:
        """Postpone the item when, after a restore, only the lookup was due; enter nothing yet."""
        if self._restored() == NEVER:
            return
        with self._execution.core.store.write() as db:
            looked_up = restored_lookups.strike_off(db, self._execution.item.id)
        if looked_up:
            raise Postponed(clock.now(), restored_lookups.CODE, restored_lookups.REASON)

    def _may_be_forgotten(self) -> bool:
        """Return whether it may have been submitted after the backup that was restored.

        Items that were open at the backup have an attempt number above ``FENCE_STEP``.
        """
        item, restored = self._execution.item, self._restored()
        return restored != NEVER and (item.arrived <= restored or item.attempt > FENCE_STEP)

    def review(self, error: BotException) -> NewReview:
        """Return the form that a person is shown when the item goes to review."""
        shown = self._value.model_dump(mode="json")
        return NewReview(
            step=self._step,
            code=error.code,
            message=error.message,
            facts=error.facts,
            model=dotted_name(type(self._value)),
            shown=shown,
            fields=form_fields(shown, error.fields, None),
        )

    def _intend(self) -> None:
        if self._entry.intend(find=dotted_name(self._find), now=clock.now()):
            self._event(Kind.EFFECT_INTENT, "about to enter {key} in {target}")

    def _wait_until_open(self) -> None:
        """Postpone the item if the target was paused or blocked since the item was reserved."""
        core = self._execution.core
        with core.store.read() as db:
            item_id = self._execution.item.id
            found = target_gate.obstacle(core, db, self._target, clock.now(), item_id=item_id)
        if found is not None:
            raise Postponed(found.until, found.code, found.reason)

    def _wait_until_settled(self) -> None:
        ready = self.settled()
        if ready is not None and self._entry.row().confirmed is None and clock.now() < ready:
            raise Postponed(
                ready, "quiet_period", "waits until the quiet period of the target ends"
            )

    def _look_first(self, find: Find[Any]) -> Receipt | None:
        """Look the record up before the submit; a record found now has the earlier content."""
        hits: list[Receipt] = self._call(find)
        if hits and (other := self._other()) is not None:
            raise other_content(other, self._value, still=hits[0])
        return self._judged(hits)

    def _look(self, find: Find[Any]) -> Receipt | None:
        return self._judged(self._call(find))

    def _judged(self, hits: list[Receipt]) -> Receipt | None:
        if (wrong := wrong_with(hits, self._key, self._target.name)) is not None:
            raise wrong
        return hits[0] if hits else None

    def _call(self, function: Callable[..., Any]) -> Any:
        note = self._execution.on_message(self._step)

        def handle(kind: str, data: Any) -> None:
            if kind == "about_to_submit":
                self._send()
            else:
                note(kind, data)

        with target_gate.watched(self._execution.core, self._target):
            try:
                return self._execution.tools.browser.call(
                    self._target, function, self._value, on_message=handle, fence=self
                )
            except BotException as error:
                if not self.held():  # the new owner ended our call: not the target's fault
                    raise self._taken_over() from error
                raise

    def held(self) -> bool:
        """Return whether this execution still owns the item."""
        item = self._execution.item
        with self._execution.core.store.read() as db:
            return transitions.holds(db, item.id, item.attempt)

    @contextmanager
    def passing(self) -> Iterator[bool]:
        """Open a context in which no other worker takes the item over, for one outgoing request.

        Any request may be the submit, so the instant of the submit is updated with each; the quiet
        period then starts with the last one.
        """
        item = self._execution.item
        marked = not self._outdated() or self._mark()
        with self._execution.core.store.write() as db:
            held = marked and transitions.holds(db, item.id, item.attempt, lock=True)
            if held and self._outdated():  # waiting for the store took long
                self._mark_sent(db, clock.now())
            yield held

    def _outdated(self) -> bool:
        return clock.now() - self._marked > self._mark_again

    def _mark(self, said: Event | None = None) -> bool:
        """Record that a submit may happen from now on; return False when the item was taken over.

        Args:
            said: An event that is written in the same transaction.
        """
        item = self._execution.item
        with self._execution.core.log.writing() as writing:  # fence and mark: one transaction
            held = transitions.holds(writing.db, item.id, item.attempt, lock=True)
            now = clock.now()  # read after the lock, which may have taken long
            marked = held and self._mark_sent(writing.db, now)
            if marked and said is not None:
                writing.event(said)
        if marked:
            self._marked = now
        return marked

    def _mark_sent(self, db: Connection, now: datetime) -> bool:
        return self._entry.mark_sent(db, now=now, review=self._released_by)

    def _send(self) -> None:
        held = self._mark(self._said(Kind.EFFECT_SENT, "submits {key} in {target}"))
        while held and self._outdated():  # waiting for the store took long
            held = self._mark()
        if not held:
            raise self._taken_over()

    def _taken_over(self) -> Fenced:
        return Fenced(
            f"item {self._execution.item.id} was taken over; {self._key} is not submitted"
        )

    def _confirm(self, receipt: Receipt, kind: Kind, message: str) -> Receipt:
        self._entry.confirm(receipt, now=clock.now())
        self._event(kind, message + " as {confirmation}", confirmation=receipt.confirmation)
        return receipt

    def _event(self, kind: Kind, message: str, **data: Any) -> None:
        self._execution.core.log.write(self._said(kind, message, **data))

    def _said(self, kind: Kind, message: str, **data: Any) -> Event:
        facts = {"key": self._key, "target": self._target.name, **data}
        return self._execution.entry(kind, message, facts, step=self._step)
