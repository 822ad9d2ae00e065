"""Logs that cannot be written: no item starts, none in flight fails, every line follows."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from clerkwork import Run, bot
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.runs import reserve
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import Store
from clerkwork.store.runs import events
from tests.fixtures_cli import Shell
from tests.fixtures_engine import MakeBench, Number
from tests.fixtures_logs import Mend, mount_read_only, mount_without_inodes, put_file

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
BREAKS = [put_file, mount_read_only, mount_without_inodes]


def numbers_in(folder: Path) -> dict[str, list[int]]:
    """Return the numbers of the events in each file, in their order."""
    return {
        file.stem: [json.loads(line)["number"] for line in file.read_text("utf-8").splitlines()]
        for file in sorted((folder / "runs").glob("*.jsonl"))
    }


@pytest.mark.parametrize("break_logs", BREAKS)
def test_lines_that_cannot_be_written_follow_when_they_can(
    store: Store, tmp_path: Path, break_logs: Callable[[Path], Mend]
) -> None:
    """In their order, each once; the store notes when that began and when it was over."""
    log = RunLog(store, tmp_path / "logs", Redactor([]))

    def write(*names: str) -> None:
        for name in names:
            log.write(Event(at=NOW, kind=Kind.FILE_TAKEN, message=name))

    mend = break_logs(tmp_path / "logs")
    write("A", "B")
    failed = log.problem()
    mend()
    write("C")
    with store.read() as db:
        stored = [event.message if event.at == NOW else event.kind for event in events.after(db, 0)]
    assert (failed is None, log.problem(), stored, numbers_in(tmp_path / "logs")) == (
        False,
        None,
        ["A", "note", "B", "C", "note"],
        {"system": [1, 2, 3, 4, 5]},
    )


def test_change_is_made_though_store_and_log_refuse_the_note_of_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that fills up, the sender still learns that the delivery was accepted."""
    log = RunLog(store, tmp_path / "logs", Redactor([]))
    put_file(tmp_path / "logs")
    add_all = events.add_all

    def refuse_notes(db: Connection, new: Sequence[Event]) -> list[int]:
        if any(event.kind is Kind.NOTE for event in new):
            raise OperationalError("INSERT", {}, Exception("disk is full"))
        return add_all(db, new)

    monkeypatch.setattr(events, "add_all", refuse_notes)
    log.write(Event(at=NOW, kind=Kind.FILE_TAKEN, message="A"))
    with store.read() as db:
        stored = [event.message for event in events.after(db, 0)]
    assert stored == ["A"]


def test_half_a_line_is_ended_before_the_next(store: Store, tmp_path: Path) -> None:
    """It cannot be read; the next line can."""
    log = RunLog(store, tmp_path / "logs", Redactor([]))
    file = tmp_path / "logs" / "runs" / "system.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text('{"number": ')
    log.write(Event(at=NOW, kind=Kind.FILE_TAKEN, message="A"))
    half, whole = file.read_text("utf-8").splitlines()
    assert (half, json.loads(whole)["message"]) == ('{"number": ', "A")


def test_no_item_starts_while_the_log_cannot_be_written(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One in flight is done, the next waits without an attempt and goes on by itself."""
    monkeypatch.setattr(reserve, "HOST_WAIT", timedelta(seconds=0.05))
    mends: list[Mend] = []

    @bot()
    def breaking(value: Number, run: Run) -> Number:
        if value.number == "A-1":
            mends.append(put_file(bench.logs))
        run.step("work", lambda: None)
        return value

    bench = make_bench(breaking)
    bench.start_worker()
    first = bench.until(bench.put("A-1"))
    waiting = bench.until(bench.put("A-2"), ItemState.POSTPONED)
    mends[0]()
    second = bench.until(waiting.id)
    done = ItemState.DONE, Outcome.BY_BOT, 1, 0, 0
    ends = [
        (item.state, item.outcome, item.attempt, item.failures, item.takeovers)
        for item in (first, second)
    ]
    with bench.store.read() as db:
        runs = {item.run_id: events.after(db, 0, run_id=item.run_id) for item in (first, second)}
    stored = {name: [event.number for event in found] for name, found in runs.items()}
    bench.engine.core.log.problem()
    written = numbers_in(bench.logs)
    assert (waiting.reason_code, waiting.attempt, ends) == ("log_unwritable", 0, [done, done])
    assert {name: sorted(written[name]) for name in stored} == stored  # two threads write


@pytest.fixture
def broken(worked: Shell) -> Shell:
    put_file(worked.root / "logs" / "runs")
    return worked


def test_doctor_says_that_the_log_cannot_be_written(broken: Shell) -> None:
    """It is a failure, and the remedy names the place."""
    (found,) = [row for row in broken("doctor", "--json").data if row["check"] == "logs"]
    folder = broken.root / "logs" / "runs"
    assert (found["state"], found["remedy"]) == (
        "fail",
        f"{folder} must be a folder: move away the file that is there.",
    )


def test_commands_succeed_with_a_warning(broken: Shell) -> None:
    """What a person decides is in the store, and the sentence says what is missing."""
    said = broken("queue", "answer", 1, "--set", "amount=90")
    assert (said.status, said.err.count("cannot be written")) == (0, 1)


def test_store_that_is_there_is_opened_without_the_folder_of_the_logs(worked: Shell) -> None:
    """The warning says that the project cannot remember which store it has."""
    put_file(worked.root / "logs")
    said = worked("queue", "answer", 1, "--set", "amount=90")
    assert (said.status, "stores.json cannot be written" in said.err) == (0, True)
