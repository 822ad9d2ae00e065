"""The run log: an event and the change it describes are committed together or not at all."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clerkwork.engine.run_log import RunLog, Writing
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store
from clerkwork.store.items import items
from clerkwork.store.runs import events

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class PowerCut(Exception):
    """Ends a transaction before its commit."""


@pytest.fixture
def log(store: Store, tmp_path: Path) -> RunLog:
    return RunLog(store, tmp_path / "logs", Redactor([]))


def add(writing: Writing) -> None:
    new = NewItem(workflow="work", reference="A-1", payload={})
    items.add(writing.db, new, queue="q", digest="d", state=ItemState.WAITING, now=NOW)
    writing.event(Event(at=NOW, kind=Kind.ITEM_ADDED, message="{reference} was added."))


def add_and_stop(log: RunLog) -> None:
    with log.writing() as writing:
        add(writing)
        raise PowerCut


def kept(store: Store, folder: Path) -> tuple[int, int, list[int]]:
    """Return how many items and events the store has, and the numbers of the lines in the file."""
    with store.read() as db:
        found = items.count(db, items.Filter()), len(events.after(db, 0))
    file = folder / "logs/runs/system.jsonl"
    lines = file.read_text("utf-8").splitlines() if file.exists() else []
    return (*found, [json.loads(line)["number"] for line in lines])


def test_a_change_and_its_event_are_committed_together(
    store: Store, log: RunLog, tmp_path: Path
) -> None:
    """The line is written after the commit and carries the number that the store gave."""
    with log.writing() as writing:
        add(writing)
        before = kept(store, tmp_path)
    assert (before, kept(store, tmp_path)) == ((0, 0, []), (1, 1, [1]))


def test_a_change_that_is_rolled_back_leaves_no_event(
    store: Store, log: RunLog, tmp_path: Path
) -> None:
    """Neither the store nor the file mentions an item that was never added."""
    with pytest.raises(PowerCut):
        add_and_stop(log)
    assert kept(store, tmp_path) == (0, 0, [])


def test_the_runs_that_started_last_are_listed_first(store: Store) -> None:
    """A resumed run is listed by its last start; pages do not overlap.

    What has a run's name but never started is no run.
    """
    with store.write() as db:
        for run_id, kind, level in (
            ("item-1-1", Kind.RUN_STARTED, Level.INFO),
            ("item-2-1", Kind.RUN_STARTED, Level.INFO),
            ("item-3-1", Kind.REVIEW_ANSWERED, Level.INFO),
            ("item-1-1", Kind.RUN_STARTED, Level.INFO),
            ("item-2-1", Kind.EXCEPTION, Level.ERROR),
        ):
            events.add(db, Event(at=NOW, kind=kind, level=level, item_id=7, run_id=run_id))
    with store.read() as db:
        first = events.runs(db, limit=1)
        second = events.runs(db, limit=1, before=first[0]["number"])
        rest = events.runs(db, limit=1, before=second[0]["number"])
    common = {"item_id": 7, "first": NOW, "last": NOW, "events": 2}
    assert [first, second, rest] == [
        [{"run_id": "item-1-1", "number": 4, "errors": 0, **common}],
        [{"run_id": "item-2-1", "number": 2, "errors": 1, **common}],
        [],
    ]
