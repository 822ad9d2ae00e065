"""Random histories of items over a real store: only moves of the transition table happen."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.engine import Connection

from clerkwork.model.work.items import CLOSED, MOVES, ItemState, NewItem, Outcome, WorkItem
from clerkwork.store.database import Store
from clerkwork.store.items import held, items, transitions
from clerkwork.store.runs import effects

START = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
S = ItemState
QUIET = settings(
    max_examples=15, stateful_step_count=30, deadline=None, derandomize=True, database=None
)


@dataclass(frozen=True, kw_only=True)
class Act:
    """A function of the store, what it is to do, and from where.

    Attributes:
        call: Returns whether it moved the item; gets connection, item, attempt, instant.
        starts: The states in which it may move an item.
        to: The state it moves it to.
        fenced: Whether only the present attempt may do it.
        unsent: Whether it is refused once something of the item was sent.
    """

    call: Callable[[Connection, WorkItem, int, datetime], bool]
    starts: frozenset[ItemState]
    to: ItemState
    fenced: bool = False
    unsent: bool = False


def reserve(db: Connection, item: WorkItem, _attempt: int, now: datetime) -> bool:
    try:
        with db.begin_nested():
            return transitions.reserve(db, item.id, worker="w", now=now) is not None
    except sa.exc.IntegrityError:
        return False


def held_by(to: ItemState, call: Callable[..., bool], **more: Any) -> Act:
    return Act(
        call=lambda db, item, attempt, now: call(db, item.id, attempt, now=now, **more),
        starts=frozenset({S.RUNNING}),
        to=to,
        fenced=True,
    )


def by_person(
    to: ItemState,
    call: Callable[..., bool],
    *starts: ItemState,
    unsent: bool = False,
    **more: Any,
) -> Act:
    return Act(
        call=lambda db, item, _attempt, now: call(db, item.id, now=now, **more),
        starts=frozenset(starts),
        to=to,
        unsent=unsent,
    )


NEW = NewItem(workflow="work", reference="again", payload={})
REASON = {"code": "c", "reason": "r"}
OPEN = (S.WAITING, S.POSTPONED, S.IN_REVIEW)
REQUEUED = (S.IN_REVIEW, S.REJECTED, S.RETURNED, S.CANCELLED, S.EXPIRED)
ACTS = {
    "reserve": Act(
        call=reserve, starts=frozenset({S.WAITING, S.RUNNING, S.POSTPONED}), to=S.RUNNING
    ),
    "postpone": held_by(S.POSTPONED, transitions.postpone, not_before=START, failed=True, **REASON),
    "send to review": held_by(S.IN_REVIEW, transitions.send_to_review, **REASON),
    "complete": held_by(S.DONE, transitions.complete, result=None),
    "cancel held": held_by(S.CANCELLED, transitions.cancel_held, who="ann"),
    "defer": by_person(
        S.POSTPONED,
        transitions.defer,
        S.WAITING,
        S.POSTPONED,
        S.RUNNING,
        not_before=START,
        **REASON,
    ),
    "hold": by_person(S.POSTPONED, held.hold, S.WAITING, S.POSTPONED, S.RUNNING),
    "to waiting": Act(
        call=lambda db, item, _attempt, now: transitions.to_waiting(
            db, item.id, item.revision, now=now
        ),
        starts=frozenset({S.POSTPONED}),
        to=S.WAITING,
    ),
    "resume": by_person(S.POSTPONED, transitions.resume, S.IN_REVIEW),
    "restart": by_person(
        S.WAITING, transitions.restart, S.IN_REVIEW, payload={}, group_key="north"
    ),
    "renew": by_person(
        S.WAITING, transitions.renew, *OPEN, unsent=True, payload={}, group_key="south", digest="e"
    ),
    "escalate": by_person(S.IN_REVIEW, transitions.escalate, S.WAITING, S.POSTPONED, **REASON),
    "cancel": by_person(
        S.CANCELLED, transitions.drop, *OPEN, unsent=True, state=S.CANCELLED, reason="r"
    ),
    "expire": by_person(
        S.EXPIRED, transitions.drop, *OPEN, unsent=True, state=S.EXPIRED, reason="r"
    ),
    "done by hand": by_person(
        S.DONE, transitions.close, S.IN_REVIEW, state=S.DONE, outcome=Outcome.BY_HAND
    ),
    "reject": by_person(
        S.REJECTED, transitions.close, S.IN_REVIEW, state=S.REJECTED, outcome=Outcome.REJECTED
    ),
    "return": by_person(
        S.RETURNED, transitions.close, S.IN_REVIEW, state=S.RETURNED, outcome=Outcome.RETURNED
    ),
    "hasten": Act(
        call=lambda db, item, _attempt, now: transitions.hasten(
            db, item, queued=False, from_step=None, now=now
        ),
        starts=frozenset({S.WAITING, S.RUNNING, S.POSTPONED}),
        to=S.POSTPONED,
    ),
    "hasten in its queue": Act(
        call=lambda db, item, _attempt, now: transitions.hasten(
            db, item, queued=True, from_step=None, now=now
        ),
        starts=frozenset({S.WAITING, S.POSTPONED}),
        to=S.WAITING,
    ),
    "requeue": by_person(S.WAITING, transitions.requeue, *REQUEUED, from_step=None),
    "requeue from a step": by_person(S.POSTPONED, transitions.requeue, *REQUEUED, from_step="s"),
    "reopen to wait": by_person(
        S.WAITING, transitions.reopen, S.RETURNED, new=NEW, digest="e", state=S.WAITING
    ),
    "reopen for later": by_person(
        S.POSTPONED, transitions.reopen, S.RETURNED, new=NEW, digest="e", state=S.POSTPONED
    ),
    "reopen for a person": by_person(
        S.IN_REVIEW, transitions.reopen, S.RETURNED, new=NEW, digest="e", state=S.IN_REVIEW
    ),
}


FENCED = sorted(name for name, act in ACTS.items() if act.fenced)


class Histories(RuleBasedStateMachine):
    """Items of two groups and none, moved by anybody at any time, in the store and in mind."""

    known = Bundle("known")

    def __init__(self, store: Store) -> None:
        super().__init__()
        self.number = 0
        self.db = store.engine.connect()  # one transaction, so that a history waits for no disk

    def teardown(self) -> None:
        self.db.rollback()
        self.db.close()

    @rule(target=known, group=st.sampled_from([None, "north", "south"]))
    def add(self, group: str | None) -> int:
        self.number += 1
        new = NewItem(workflow="work", reference=f"A-{self.number}", payload={}, group_key=group)
        item_id = items.add(self.db, new, queue="q", digest="d", state=S.WAITING, now=START)
        assert item_id is not None
        return item_id

    @rule(item_id=known)
    def send(self, item_id: int) -> None:
        """Something of the item may stand in the target from now on."""
        key = {"target": "erp", "key": str(item_id)}
        effects.intend(
            self.db, record="enter", name="enter", item_id=item_id, digest="d", now=START, **key
        )
        effects.mark_sent(self.db, item_id=item_id, now=START, **key)

    @rule(item_id=known, fenced=st.sampled_from(FENCED), stale=st.booleans())
    def work(self, item_id: int, fenced: str, stale: bool) -> None:
        """A worker reserves an item and ends its attempt, or one that was taken over tries to."""
        self.move(item_id, "reserve", stale=False)
        self.move(item_id, fenced, stale=stale)

    @rule(item_id=known, name=st.sampled_from(sorted(ACTS)), stale=st.booleans())
    def move(self, item_id: int, name: str, stale: bool) -> None:
        """One move; it happens exactly when table, fence, group and ledger allow it."""
        act = ACTS[name]
        self.number += 1
        before = items.get(self.db, item_id)
        assert before is not None
        expected = self._allowed(self.db, act, before, stale)
        now = START + timedelta(seconds=self.number)
        moved = act.call(self.db, before, before.attempt - stale, now)
        after = items.get(self.db, item_id)
        assert after is not None
        assert (moved, after.state) == (expected, act.to if expected else before.state)
        assert after == before or (moved and after.state in MOVES[before.state])
        assert after.attempt == before.attempt + (moved and name == "reserve")
        assert after.revision == before.revision + moved

    @staticmethod
    def _allowed(db: Connection, act: Act, item: WorkItem, stale: bool) -> bool:
        sent = any(row.sent for row in effects.of_item(db, item.id))
        at_work = items.search(db, items.Filter(state=S.RUNNING))
        group_busy = act.to is S.RUNNING and any(
            other.id != item.id and other.group_key == item.group_key is not None
            for other in at_work
        )
        return (
            item.state in act.starts
            and not (act.fenced and stale)
            and not (act.unsent and sent)
            and not group_busy
        )

    @invariant()
    def closed_items_have_an_outcome_and_an_end(self) -> None:
        found = items.search(self.db, items.Filter(), limit=1000)
        whole = [(i.state in CLOSED, i.outcome is not None, i.finished is not None) for i in found]
        assert set(whole) <= {(True, True, True), (False, False, False)}


def test_items_move_as_the_table_says_and_in_no_other_way(store: Store) -> None:
    """Any sequence of events, with fenced workers, makes only transitions of the table."""
    run_state_machine_as_test(lambda: Histories(store), settings=QUIET)


def test_the_table_holds_the_moves_that_the_store_makes_and_no_others() -> None:
    """A move that nobody makes would be a promise that nobody keeps."""
    made: dict[ItemState, set[ItemState]] = {state: set() for state in ItemState}
    for act in ACTS.values():
        for start in act.starts:
            made[start].add(act.to)
    assert made == {state: set(targets) for state, targets in MOVES.items()}
