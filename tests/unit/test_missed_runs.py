"""The missed-run policies: under each policy, every instant gets exactly one verdict."""

from datetime import UTC, datetime, timedelta

import pytest

from clerkwork.config.times.fire_times import DueInstant
from clerkwork.engine.schedule.missed_runs import ClockFindings, decide
from clerkwork.model.work.schedules import PlannedState

NOON = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
TOLERANCE = timedelta(seconds=60)
OFF = "2026-11-02 is no workday"


def look(hour: int, skipped: str = "") -> DueInstant:
    return DueInstant(instant=NOON + HOUR * hour, skipped=skipped)


def verdicts(policy: str, *, behind_s: float = 0, off: int | None = None, **more: object) -> list:
    """Decide on instants of 9, 10 and 11 o'clock that were missed, and on noon itself."""
    looks = [look(hour, OFF if hour == off else "") for hour in (-3, -2, -1, 0)]
    found = ClockFindings(
        name="hourly",
        missed=looks[:-1],
        present=looks[-1],
        behind=timedelta(seconds=behind_s),
        **more,
    )
    made = decide(found, policy=policy, tolerance=TOLERANCE)
    assert [verdict.instant for verdict in made] == [one.instant for one in looks]
    return [verdict.state and verdict.state.value for verdict in made]


@pytest.mark.parametrize(
    ("policy", "in_time", "late"),
    [
        ("run_once", ["merged", "merged", "merged", None], ["merged", "merged", "merged", None]),
        ("run_all", [None, None, None, None], [None, None, None, None]),
        ("skip", ["skipped", "skipped", "skipped", None], ["skipped"] * 4),
        ("ask", ["merged", "merged", "blocked", None], ["merged", "merged", "merged", "blocked"]),
    ],
)
def test_each_policy_settles_every_instant(policy, in_time, late):
    """None means that it is run; what is due for longer than the tolerance was missed too."""
    assert verdicts(policy) == in_time
    assert verdicts(policy, behind_s=300) == late


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("run_once", ["merged", "merged", None, "skipped"]),
        ("run_all", [None, None, None, "skipped"]),
        ("skip", ["skipped", "skipped", "skipped", "skipped"]),
        ("ask", ["merged", "merged", "blocked", "skipped"]),
    ],
)
def test_a_day_off_takes_no_missed_run_with_it(policy, expected):
    """The last run before the holiday is caught up with, although the holiday itself is skipped."""
    assert verdicts(policy, off=0, behind_s=300) == expected


@pytest.mark.parametrize("policy", ["run_once", "run_all", "skip", "ask"])
def test_what_was_due_while_the_run_was_at_work_is_merged(policy):
    """It was not missed: nobody has to be asked, and nothing is run twice for it."""
    assert verdicts(policy, ended=NOON - timedelta(minutes=1)) == ["merged"] * 3 + [None]


def test_a_run_that_is_late_because_the_one_before_was_at_work_is_run():
    """Skipping it would mean that a slow source is never looked at again."""
    assert verdicts("skip", behind_s=300, ended=NOON + HOUR) == ["merged"] * 3 + [None]


def test_the_question_names_the_command_that_answers_it():
    """The reason is what the person reads in the list and in the console."""
    found = ClockFindings(
        name="daily", missed=[], present=look(0), behind=timedelta(hours=9), prefix=""
    )
    (verdict,) = decide(found, policy="ask", tolerance=TOLERANCE)
    assert verdict.state is PlannedState.BLOCKED
    assert "`clerkwork schedule release daily 2026-11-02T12:00:00Z`" in verdict.reason


@pytest.mark.parametrize("policy", ["run_once", "ask"])
def test_a_row_that_stands_for_a_gap_says_so_even_when_the_run_before_was_at_work(policy):
    """Without these words the instants that have no row of their own would be unexplained."""
    found = ClockFindings(
        name="fast",
        missed=[look(-1)],
        present=look(0),
        behind=HOUR / 2,
        ended=NOON - HOUR / 2,
        prefix="all instants from 11:00 on ",
    )
    first, _ = decide(found, policy=policy, tolerance=TOLERANCE)
    assert first.reason.startswith("all instants from 11:00 on ")
