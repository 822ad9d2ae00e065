"""What commands print, and what they end with."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pydantic import BaseModel

from clerkwork.cli import lines, output
from clerkwork.cli.stopping import new_name
from clerkwork.cli.watch import status_of
from clerkwork.errors import ExitStatus
from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.model.work.items import ItemState, WorkItem

AT = datetime(2026, 11, 2, 8, 30, 5, 250_000, tzinfo=UTC)


@dataclass(frozen=True)
class Point:
    x: int


class Model(BaseModel):
    at: datetime


def item(state: ItemState) -> WorkItem:
    values = dict.fromkeys(WorkItem.__dataclass_fields__)
    return WorkItem(**{**values, "state": state})


def event(message: str, level: Level = Level.INFO, **data: object) -> Event:
    return Event(
        at=AT, kind=Kind.NOTE, level=level, item_id=7, run_id="item-7-1", message=message, data=data
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (1.5, "1.5"),
        (2.0, "2"),
        (0.12345, "0.123"),
        (AT, "2026-11-02 08:30:05Z"),
        ({"a": [1]}, '{"a": [1]}'),
        ("two\nlines\tof text", "two lines of text"),
        ("采购订单", "采购订单"),
        ("\x1b[31mred\x07", "[31mred"),
    ],
)
def test_a_value_is_one_line_that_steers_no_terminal(value, text):
    """External text is printed without its control characters."""
    assert output.text_of(value) == text


def test_json_holds_instants_in_iso_and_models_as_data(capsys):
    """Readers of JSON get plain data for every type of value."""
    given = [AT, date(2026, 11, 2), Path("a/b"), ItemState.DONE, Point(x=1), Model(at=AT), "单"]
    output.print_json(given)
    assert json.loads(capsys.readouterr().out) == [
        "2026-11-02T08:30:05.250+00:00",
        "2026-11-02",
        "a/b",
        "done",
        {"x": 1},
        {"at": "2026-11-02T08:30:05.250000Z"},
        "单",
    ]


def test_json_of_something_strange_is_an_error():
    """A key that cannot be shown is found by tests and not by users."""
    with pytest.raises(TypeError, match="object"):
        output.print_json([object()])


def test_a_table_on_a_terminal_has_headings_and_no_markup(capsys, monkeypatch):
    """Brackets in data are data."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "dumb")
    rows = [{"due_at": "[red]x[/red]", "items": 3}]
    output.print_rows(rows, ("due_at", "items"), as_json=False, empty="none")
    heading, row = capsys.readouterr().out.splitlines()
    assert (heading.split(), row.split()) == (["due", "at", "items"], ["[red]x[/red]", "3"])


def test_an_empty_table_on_a_terminal_is_a_sentence(capsys, monkeypatch):
    """Nothing to list is said in words."""
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    output.print_rows([], ("a",), as_json=False, empty="Nothing waits.")
    assert capsys.readouterr().out == "Nothing waits.\n"


@pytest.mark.parametrize(
    ("states", "status"),
    [
        ([ItemState.DONE], ExitStatus.OK),
        ([], ExitStatus.OK),
        ([ItemState.DONE, ItemState.IN_REVIEW], ExitStatus.WAITS_FOR_PERSON),
        ([ItemState.IN_REVIEW, ItemState.REJECTED], ExitStatus.FAILED),
        ([ItemState.RETURNED], ExitStatus.FAILED),
        ([ItemState.CANCELLED], ExitStatus.FAILED),
    ],
)
def test_the_exit_status_is_the_worst_of_all_items(states, status):
    """One rejected item is a failure, one that waits is 3, all done is 0."""
    assert status_of([item(state) for state in states]) is status


def test_an_event_is_one_line_with_code_and_duration(capsys):
    """A line of the log has instant, run, code, sentence and duration."""
    lines.print_event(event("{total} is\nover {limit}.", total=7, limit=5, code="over", ms=12))
    assert capsys.readouterr().out == "08:30:05  item-7-1    [over] 7 is over 5.  (12 ms)\n"


def test_an_event_as_data_has_the_keys_of_the_log_files():
    """`logs --json` and the lines under `logs/` are read by the same programs."""
    assert list(event("x").as_data()) == [
        "number", "at", "kind", "level", "item", "run", "attempt", "worker", "step", "message",
        "data",
    ]  # fmt: skip


def test_no_two_workers_have_one_name():
    """A dead worker's name is never that of a living one."""
    assert len({new_name() for _ in range(50)}) == 50
