"""What the schedule commands print: the next runs, why a run did or did not run, and a release."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clerkwork.config.files.calendars import load_calendars
from clerkwork.config.times.fire_times import Due
from clerkwork.engine.schedule import preview as words
from clerkwork.engine.schedule.preview import explained, preview
from clerkwork.model.project.workflows import Schedule
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.database import open_store
from clerkwork.store.runs import planned_runs
from clerkwork.web.i18n import OWN_CATALOGUE, read_catalogue
from tests.fixtures_cli import Shell

CALENDARS = load_calendars(Path("/nowhere"))
WORKFLOW = """\
name: orders
title: Orders
source: {folder: orders, reader: workbook}
schedule:
  cron: "0 9 * * *"
  timezone: Asia/Shanghai
  calendar: china
  missed: ask
steps: [{bot: enter}]
"""
DUE = datetime(2026, 9, 30, 1, tzinfo=UTC)


def due(**keys: object) -> Due:
    return Due(Schedule(**keys), CALENDARS)


@pytest.fixture
def shell(tmp_path):
    (tmp_path / "workflows").mkdir()
    (tmp_path / "config").mkdir()
    (tmp_path / "workflows" / "orders.yaml").write_text(WORKFLOW, "utf-8")
    return Shell(tmp_path)


def row(root: Path, instant: datetime, state: PlannedState | None, reason: str = "") -> None:
    store = open_store("sqlite:///var/clerkwork.db", root)
    with store.write() as db:
        planned_runs.claim(db, "orders", instant, worker="w", now=instant)
        if state is not None:
            planned_runs.finish(
                db, "orders", instant, state=state, items=2, reason=reason, now=instant
            )
    store.close()


def test_the_preview_marks_clock_changes_and_moved_runs():
    """Local time and offset are next to the instant in UTC."""
    schedule = due(
        cron="30 2 * 3 sun,fri",
        timezone="Europe/Berlin",
        calendar="germany",
        on_holiday="forward",
    )
    found = preview(schedule, datetime(2027, 3, 24, tzinfo=UTC), 1)
    found += preview(due(cron="30 2 * * *", timezone="Europe/Berlin"), found[0].planned, 1)
    found += preview(
        due(cron="30 2 * * *", timezone="Europe/Berlin"), datetime(2026, 3, 28, 12, tzinfo=UTC), 1
    )
    assert [(run.local, run.offset, run.skipped, run.note) for run in found] == [
        (
            "Tue 2027-03-30 02:30:00",
            "+02:00",
            False,
            "moved from 2027-03-26, Karfreitag (Good Friday) (calendar germany); "
            "moved from 2027-03-28, Sunday (calendar germany); "
            "the clocks went forward by 1 h before it",
        ),
        ("Wed 2027-03-31 02:30:00", "+02:00", False, ""),
        (
            "Sun 2026-03-29 03:00:00",
            "+02:00",
            False,
            "02:30 does not exist; runs at 03:00; the clocks went forward by 1 h before it",
        ),
    ]


def test_the_preview_warns_of_a_year_that_is_not_final():
    """The dates of the Spring Festival of 2027 may still change."""
    schedule = due(cron="0 9 * * *", timezone="Asia/Shanghai", calendar="china")
    (run,) = preview(schedule, datetime(2027, 2, 7, 12, tzinfo=UTC), 1)
    assert (run.skipped, run.note) == (
        True,
        "skipped: 2027-02-08 is no workday: Spring Festival 春节 (calendar china); "
        "the calendar of 2027 is provisional or missing",
    )


def test_next_prints_the_columns_of_the_preview(shell):
    """In a pipe: one line per run, parts separated by tabs."""
    said = shell("schedule", "next", "orders", "--count", "3")
    heading, *lines = said.out.splitlines()
    assert heading.split("\t") == ["workflow", "planned", "local", "offset", "note"]
    assert [line.split("\t")[3] for line in lines] == ["+08:00"] * 3


def test_explain_lists_every_run_of_a_day(shell):
    """Each row is shown in words; runs without a row are listed too."""
    row(shell.root, DUE, PlannedState.LATE, "started 90 s after it was due")
    row(shell.root, DUE + timedelta(hours=1), PlannedState.BLOCKED, "OSError: the share is away")
    row(shell.root, DUE + timedelta(hours=2), None)
    said = shell("schedule", "explain", "orders", "--day", "2026-09-30")
    assert said.out.splitlines() == [
        "The run of 09:00:00 ran late and added 2 items: started 90 s after it was due.",
        "The run of 10:00:00 is blocked: OSError: the share is away.",
        "The run of 11:00:00 has been active since 11:00:00 (process w).",
    ]


NOW = datetime(2026, 10, 2, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "last", "expected"),
    [
        (
            date(2026, 10, 9),
            DUE,
            "The run of 09:00:00 is still to come.",
        ),
        (
            date(2026, 10, 4),
            DUE,
            "The run of 09:00:00 will be skipped: 2026-10-04 is no workday: National Day 国庆节 "
            "(calendar china).",
        ),
        (
            date(2026, 10, 2),
            DUE,
            "The run of 09:00:00 has not run yet: no scheduler has checked since 2026-09-30 "
            "09:00:00. The next one to start decides.",
        ),
        (
            date(2026, 9, 29),
            None,
            "The run of 09:00:00 did not run: this schedule never ran. Is a scheduler running?",
        ),
    ],
)
def test_a_run_without_a_row_is_explained_too(day, last, expected):
    """Most questions are about what did not happen."""
    schedule = due(cron="0 9 * * *", timezone="Asia/Shanghai", calendar="china")
    assert [str(said) for said in explained(schedule, day, [], last=last, now=NOW)] == [expected]


def test_runs_that_differ_only_in_their_instant_are_shown_as_one():
    """A schedule of every few seconds fills no screen with one sentence."""
    schedule = due(every_s=10, timezone="Asia/Shanghai")
    day = date(2026, 9, 29)
    assert [str(said) for said in explained(schedule, day, [], last=None, now=NOW)] == [
        "The run of 00:00:00 did not run: this schedule never ran. Is a scheduler running?",
        "The same applies to 8639 more, up to that of 23:59:50.",
    ]


def test_a_day_off_shows_where_its_run_went():
    """And a day without any run says so."""
    keys = {"timezone": "Asia/Shanghai", "calendar": "china", "on_holiday": "back"}
    schedule = due(cron="0 9 1 * *", **keys)
    days = [date(2026, 10, 1), date(2026, 10, 12)]
    found = [
        [str(said) for said in explained(schedule, day, [], last=DUE, now=NOW)] for day in days
    ]
    assert found == [
        [
            "2026-10-01 is no workday: National Day 国庆节 (calendar china). "
            "Its runs are moved to 2026-09-30."
        ],
        ["Nothing is due on 2026-10-12."],
    ]


def test_release_lets_a_blocked_run_go(shell):
    """What is not blocked cannot be released; the sentence says what it is."""
    row(shell.root, DUE, PlannedState.BLOCKED, "missed")
    row(shell.root, DUE + timedelta(days=1), PlannedState.RAN)
    first = shell("schedule", "release", "orders", "2026-09-30T09:00:00+08:00")
    assert (first.status, first.out.strip()) == (
        0,
        "Released: a scheduler will run orders of 2026-09-30 01:00:00 UTC.",
    )
    told = shell("schedule", "explain", "orders", "--day", "2026-09-30").out
    said = "The run of 09:00:00 was blocked and has been released; a scheduler runs it next."
    assert told.strip() == said
    ran = shell("schedule", "release", "orders", "2026-10-01T01:00:00Z")
    nothing = shell("schedule", "release", "orders", "2026-10-03T01:00:00Z")
    assert (ran.status, nothing.status) == (2, 2)
    assert "is blocked: it is ran" in ran.err
    assert "is blocked: there is none" in nothing.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["explain", "orders", "--day", "1.10.2026"], "'1.10.2026' is not a day"),
        (["release", "orders", "today"], "'today' is not an instant"),
        (["release", "orders", "2026-10-01T01:00:00"], "has no time zone; write Z at its end"),
        (["explain", "bogus"], "there is no workflow 'bogus'; known: orders"),
    ],
)
def test_what_cannot_be_meant_is_one_sentence(shell, arguments, said):
    """With exit status 2."""
    answer = shell("schedule", *arguments)
    assert (answer.status, said in answer.err) == (2, True), answer


def test_explain_is_in_chinese_where_that_is_set(shell, monkeypatch):
    """Sentence and reason are in Chinese; the holiday's name is in both languages."""
    row(
        shell.root,
        DUE + timedelta(days=1),
        PlannedState.SKIPPED,
        "2026-10-01 is no workday: x (calendar china)",
    )
    row(
        shell.root,
        DUE + timedelta(days=1, hours=1),
        PlannedState.LATE,
        "started 90 s after it was due",
    )
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    said = shell("schedule", "explain", "orders", "--day", "2026-10-01")
    assert said.out.splitlines() == [
        "09:00:00 的运行已跳过：2026-10-01 不是工作日：x（日历 china）。",
        "10:00:00 的运行延迟执行，新增 2 个工作项：比计划晚 90 秒开始。",
    ]


def test_every_sentence_of_explain_has_its_chinese():
    """A new sentence without one would come out in English."""
    known = read_catalogue(OWN_CATALOGUE)
    wanted = [
        text for name, text in vars(words).items() if name.isupper() and isinstance(text, str)
    ]
    wanted += words.ROWS.values()
    assert [text for text in wanted if "{" in text and not known.get(text)] == []
