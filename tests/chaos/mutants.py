"""Planted bugs: each takes one guard away from the engine of the process that calls it.

A campaign that does not catch them would not have seen the fault they stand for, so its zero would
mean nothing. The switches are here, in the harness; the product has none.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clerkwork import Receipt, clock
from clerkwork.engine.effects.effects import _Act
from clerkwork.engine.effects.ledger import LedgerEntry
from clerkwork.engine.runs.execution import Execution
from clerkwork.model.work.events import Kind
from clerkwork.model.work.items import ItemState
from clerkwork.store import database
from clerkwork.store.items import transitions
from clerkwork.store.items.guarded_update import move


def no_fence() -> None:
    """A worker that was taken over goes on, and submits."""

    def send(act: Any) -> None:
        with act._execution.engine.core.store.write() as db:
            act._mark_sent(db, clock.now())
        act._event(Kind.EFFECT_SENT, "submits {key} in {target}")

    _Act._send = send  # type: ignore[method-assign] # planted
    Execution._insist = lambda *_: None  # type: ignore[method-assign,assign] # planted


def no_look_up() -> None:
    """An interrupted effect is repeated without a lookup in the target."""
    _Act._look_first = lambda *_: None  # type: ignore[method-assign,assign] # planted


def no_quiet_period() -> None:
    """A look-up is believed although an earlier submit may still be on its way."""
    _Act._wait_until_settled = lambda _: None  # type: ignore[method-assign,assign] # planted


def acknowledge_before_commit() -> None:
    """The effect counts as confirmed when the submit begins, not when the record was seen."""

    def perform(act: Any, find: Any, do: Any) -> Receipt:
        act._intend()
        act._wait_until_settled()
        if (found := act._look(find)) is not None:
            return found
        threading.Thread(target=act._call, args=(do,), daemon=True).start()
        receipt = Receipt(confirmation=act._key, reference=act._key)
        confirmed: Receipt = act._confirm(receipt, Kind.EFFECT_CONFIRMED, "{key} stands")
        return confirmed

    _Act.perform = perform  # type: ignore[method-assign] # planted


def no_verify() -> None:
    """What the target answered is believed without looking."""

    def perform(act: Any, find: Any, do: Any) -> Receipt:
        act._intend()
        act._wait_until_settled()
        found = act._look(find)
        if found is None:
            act._call(do)
            found = Receipt(confirmation=act._key, reference=act._key)
        confirmed: Receipt = act._confirm(found, Kind.EFFECT_CONFIRMED, "{key} stands")
        return confirmed

    _Act.perform = perform  # type: ignore[method-assign] # planted


def normal() -> None:
    """A commit is acknowledged before it is on the disk."""
    prepare = database._prepare

    def prepare_normal(connection: Any, record: object) -> None:
        prepare(connection, record)
        connection.execute("PRAGMA synchronous=normal")

    database._prepare = prepare_normal


def two_commit_sweep() -> None:
    """A sweep marks an item as waiting although it moved since the sweep rewound its run."""

    def to_waiting(db: Any, item_id: int, _revision: int, *, now: datetime) -> bool:
        statement = move(
            item_id, ItemState.WAITING, now, starts={ItemState.POSTPONED}, from_step=None
        )
        return db.execute(statement).rowcount == 1

    transitions.to_waiting = to_waiting  # type: ignore[assignment] # planted


def ledger_without_effect() -> None:
    """The ledger identifies a record by target and key, not by kind and content."""
    LedgerEntry._is_same = lambda *_: True  # type: ignore[method-assign,assign] # planted
    LedgerEntry._is_equal = lambda *_: True  # type: ignore[method-assign,assign] # planted


MIXED_MUTANTS: dict[str, Callable[[], None]] = {
    "two-commit sweep": two_commit_sweep,
    "ledger without effect": ledger_without_effect,
}
MUTANTS: dict[str, Callable[[], None]] = {
    "no fence": no_fence,
    "no look-up": no_look_up,
    "no quiet period": no_quiet_period,
    "acknowledge before commit": acknowledge_before_commit,
    "no verify": no_verify,
}
