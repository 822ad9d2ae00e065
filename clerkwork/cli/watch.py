"""Watches items and the items they cause, until each one is closed or waits for a person.

The watch continues across a restart of the database server.
"""

import threading
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import typer
from sqlalchemy.exc import InterfaceError, OperationalError

from clerkwork.errors import ExitStatus
from clerkwork.model.work.events import Event
from clerkwork.model.work.items import CLOSED, ItemState, WorkItem
from clerkwork.store.items import items
from clerkwork.store.runs import events

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from clerkwork.store.database import Store

T = TypeVar("T")
POLL_S = 0.1
RETRY_S = 0.5


def read_patiently(read: Callable[[], T], stop: threading.Event) -> T | None:
    """Return the result of *read*, retried until the store answers.

    Args:
        read: Reads the store.
        stop: Ends the wait.

    Returns:
        The result; None if *stop* was set before the store answered.
    """
    warned = False
    while True:
        try:
            return read()
        except (OperationalError, InterfaceError) as error:
            if not warned:
                why = str(error).splitlines()[0]
                typer.echo(f"The store does not answer; retrying until it does: {why}", err=True)
            warned = True
        if stop.wait(RETRY_S):
            return None


def until_settled(
    store: "Store",
    wanted: Iterable[int],
    *,
    after: int,
    show: Callable[[Event], None],
    advance: Callable[[int, int], None],
    stop: threading.Event,
) -> list[WorkItem]:
    """Show the events of the items as they occur; return the items in their final state.

    Args:
        store: The open store.
        wanted: Numbers of the items.
        after: Only events with a higher number are shown.
        show: Receives each event.
        advance: Receives the number of settled items and the total.
        stop: Ends the watch early.
    """
    roots = list(wanted)
    found: list[WorkItem] = []
    while True:
        stopped = stop.wait(POLL_S)
        answer = read_patiently(partial(_read, store, roots, after), stop)
        if answer is None:
            return found
        found, fresh = answer
        numbers = {item.id for item in found}
        for event in fresh:
            after = event.number
            if event.item_id in numbers:
                show(event)
        advance(sum(_settled(item) for item in found), len(found))
        if stopped or (not fresh and all(_settled(item) for item in found)):
            return found


def status_of(found: Iterable[WorkItem]) -> ExitStatus:
    """Return the exit status for all of the items: the worst of their statuses."""
    states = {item.state for item in found}
    if states - {ItemState.DONE, ItemState.IN_REVIEW}:
        return ExitStatus.FAILED
    return ExitStatus.WAITS_FOR_PERSON if ItemState.IN_REVIEW in states else ExitStatus.OK


def _read(store: "Store", roots: list[int], after: int) -> tuple[list[WorkItem], Sequence[Event]]:
    with store.read() as db:
        return _family(db, roots), events.after(db, after)


def _family(db: "Connection", roots: list[int]) -> list[WorkItem]:
    found: dict[int, WorkItem] = {}
    waiting = [item for item in (items.get(db, number) for number in roots) if item is not None]
    while waiting:
        item = waiting.pop(0)
        if item.id not in found:
            found[item.id] = item
            waiting += items.children(db, item.id)
    return list(found.values())


def _settled(item: WorkItem) -> bool:
    return item.state in CLOSED or item.state is ItemState.IN_REVIEW
