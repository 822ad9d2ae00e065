"""Due instants: the same in every process, right at odd dates, found quickly."""

from datetime import UTC, datetime, timedelta

import pytest

from clerkwork.config.triggers import Due
from clerkwork.engine.schedule import next_runs
from clerkwork.model.workflows import Schedule


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_intervals_are_counted_from_the_epoch_and_not_from_the_start():
    """Two processes that start at different instants plan the same ones."""
    schedule = Schedule(every_s=2)
    first = next_runs(schedule, at("2026-11-02 08:00:00.300"), 3)
    second = next_runs(schedule, at("2026-11-02 08:00:01.900"), 3)
    assert first == second == [at(f"2026-11-02 08:00:0{second}") for second in (2, 4, 6)]


@pytest.mark.parametrize(
    ("cron", "expected"),
    [
        ("30 2 * * *", ["2026-11-03 02:30", "2026-11-04 02:30"]),
        ("0 9 * * 1-5", ["2026-11-02 09:00", "2026-11-03 09:00"]),
        ("0 9 * * 0", ["2026-11-08 09:00", "2026-11-15 09:00"]),
        ("0 9 * * 7", ["2026-11-08 09:00", "2026-11-15 09:00"]),
        ("0 9 * * 5-7", ["2026-11-06 09:00", "2026-11-07 09:00"]),
        ("0 9 * * */3", ["2026-11-04 09:00", "2026-11-07 09:00"]),
        ("0 9 * * mon,5", ["2026-11-02 09:00", "2026-11-06 09:00"]),
        ("0 0 29 2 *", ["2028-02-29 00:00", "2032-02-29 00:00"]),
    ],
)
def test_cron_means_what_cron_means(cron, expected):
    """2026-11-02 is a Monday; day 0 and 7 are Sunday, as in every crontab."""
    found = next_runs(Schedule(cron=cron), at("2026-11-02 08:00"), 2)
    assert found == [at(text) for text in expected]


def test_cron_follows_the_wall_clock_of_its_zone():
    """2 a.m. in New York is another instant before and after the end of daylight saving time."""
    found = next_runs(
        Schedule(cron="0 3 * * *", timezone="America/New_York"), at("2026-10-31 00:00"), 2
    )
    assert found == [at("2026-10-31 07:00"), at("2026-11-01 08:00")]


def test_an_instant_is_never_its_own_successor():
    """Strictly later, or a schedule would fire twice at once."""
    instant = at("2026-11-02 08:00")
    assert Due(Schedule(cron="* * * * *")).following(instant) == instant + timedelta(minutes=1)


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        (Schedule(every_s=2), "2026-11-02 08:00:04"),
        (Schedule(cron="* * * * *"), "2026-11-02 08:00:00"),
        (Schedule(cron="0 3 1 1 *"), "2026-01-01 03:00:00"),
    ],
)
def test_the_latest_missed_instant_is_found_after_a_gap_of_years(schedule, expected):
    """Downtime of any length costs a few look-ups, not one per missed minute."""
    found = Due(schedule).latest(after=at("2019-01-01"), until=at("2026-11-02 08:00:05"))
    assert found == at(expected)


def test_nothing_was_missed_since_the_latest_instant():
    """The instant itself has run already."""
    due = Due(Schedule(cron="0 3 * * *"))
    assert due.latest(after=at("2026-11-02 03:00"), until=at("2026-11-02 08:00")) is None


@pytest.mark.parametrize(
    ("schedule", "said"),
    [
        (Schedule(cron="* * *"), "`cron` has 3 fields"),
        (Schedule(cron="61 * * * *"), "61"),
        (Schedule(cron="* * * * *", timezone="Mars/Base"), "time zone 'Mars/Base' is not known"),
        (Schedule(cron="* * * * *", timezone="../../etc/passwd"), "is not known"),
    ],
)
def test_a_schedule_that_is_not_understood_says_why(schedule, said):
    """The check of the files shows this sentence."""
    with pytest.raises(ValueError, match=said):
        Due(schedule)
