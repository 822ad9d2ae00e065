"""Due instants: the same in every process, right at odd dates, found quickly."""

import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clerkwork.config.files.calendars import load_calendars
from clerkwork.config.times.fire_times import Due
from clerkwork.model.project.workflows import Schedule

CALENDARS = load_calendars(Path("/nowhere"))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def next_runs(schedule: Schedule, after: datetime, count: int) -> list[datetime]:
    due = Due(schedule, CALENDARS)
    return list(itertools.islice(due.between(after, after + timedelta(days=3660)), count))


def looks(zone: str, after: str, count: int, **keys: Any) -> list[str]:
    """Return the next instants by the wall clock of *zone*, with what is said of each."""
    schedule = Schedule(timezone=zone, **keys)
    due = Due(schedule, CALENDARS)
    found = []
    for instant in next_runs(schedule, at(after), count):
        look = due.look(instant)
        said = f"skipped: {look.skipped}" if look.skipped else look.note
        found.append(f"{instant.astimezone(due.zone):%m-%d %H:%M %z} {said}".strip())
    return found


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
        ("0 9 5 * fri", ["2026-11-05 09:00", "2026-11-06 09:00"]),
        ("0 9 */5 * fri", ["2026-11-06 09:00", "2026-12-11 09:00"]),
        ("0 9 1-7 nov,dec *", ["2026-11-02 09:00", "2026-11-03 09:00"]),
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
        (Schedule(cron="61 * * * *"), "'61' is not a minute; write 0 to 59"),
        (Schedule(cron="* * * * fry"), "'fry' is not a weekday; write 0 to 7 or sun to sat"),
        (Schedule(cron="* 9/2 * * *"), "'9/2' is not a step"),
        (Schedule(cron="*/0 * * * *"), "is not a step"),
        (Schedule(cron="* 18-8 * * *"), "'18-8' ends before it begins"),
        (Schedule(cron="0 9 30 feb *"), "day 30 of month feb does not exist"),
        (Schedule(cron="* * * * *", calendar="mars"), "no calendar 'mars'; known: "),
        (Schedule(cron="* * * * *", timezone="Mars/Base"), "time zone 'Mars/Base' is not known"),
        (Schedule(cron="* * * * *", timezone="../../etc/passwd"), "is not known"),
    ],
)
def test_a_schedule_that_is_not_understood_says_why(schedule, said):
    """The check of the files shows this sentence."""
    with pytest.raises(ValueError, match=said):
        Due(schedule)


@pytest.mark.parametrize(
    ("zone", "after", "cron", "expected"),
    [
        (
            "Europe/Berlin",
            "2026-03-28 00:00",
            "30 2 * * *",
            [
                "03-28 02:30 +0100",
                "03-29 03:00 +0200 02:30 does not exist; runs at 03:00",
                "03-30 02:30 +0200",
            ],
        ),
        (
            "Europe/Berlin",
            "2026-10-24 12:00",
            "30 2 * * *",
            ["10-25 02:30 +0200 02:30 comes twice; runs the first time", "10-26 02:30 +0100"],
        ),
        (
            "America/New_York",
            "2026-03-07 12:00",
            "*/30 1-3 * * *",
            [
                "03-08 01:00 -0500",
                "03-08 01:30 -0500",
                "03-08 03:00 -0400 02:00 does not exist; runs at 03:00",
                "03-08 03:30 -0400",
                "03-09 01:00 -0400",
            ],
        ),
        (
            "America/New_York",
            "2026-10-31 12:00",
            "30 1 * * *",
            ["11-01 01:30 -0400 01:30 comes twice; runs the first time", "11-02 01:30 -0500"],
        ),
    ],
)
def test_a_local_time_that_is_missing_or_comes_twice_runs_once(zone, after, cron, expected):
    """In spring at the next time that exists, in autumn the first time."""
    assert looks(zone, after, len(expected), cron=cron) == expected


@pytest.mark.parametrize(
    ("zone", "before"),
    [("Europe/Berlin", "2026-10-25 00:30"), ("America/New_York", "2026-11-01 05:30")],
)
def test_a_schedule_of_every_hour_goes_by_the_hours_that_pass(zone, before):
    """Else a look every half hour would pause for an hour in autumn."""
    schedule = Schedule(cron="*/30 * * * *", timezone=zone)
    found = next_runs(schedule, at(before), 6)
    assert [later - found[0] for later in found] == [
        timedelta(minutes=30 * step) for step in range(6)
    ]


def test_a_schedule_of_every_hour_has_no_extra_run_in_spring():
    """02:00 and 02:30 do not exist and are due not at all: 03:00 is their turn already."""
    assert looks("Europe/Berlin", "2026-03-29 00:00", 3, cron="*/30 * * * *") == [
        "03-29 01:30 +0100",
        "03-29 03:00 +0200",
        "03-29 03:30 +0200",
    ]


@pytest.mark.parametrize(
    ("on_holiday", "expected"),
    [
        (
            "skip",
            [
                "09-30 09:00 +0800",
                "10-01 09:00 +0800 skipped: 2026-10-01 is no workday: National Day 国庆节 "
                "(calendar china)",
                "10-02 09:00 +0800 skipped: 2026-10-02 is no workday: National Day 国庆节 "
                "(calendar china)",
            ],
        ),
        ("run", ["09-30 09:00 +0800", "10-01 09:00 +0800", "10-02 09:00 +0800"]),
        (
            "forward",
            [
                "09-30 09:00 +0800",
                "10-08 09:00 +0800 "
                + "; ".join(
                    f"moved from 2026-10-0{day}, National Day 国庆节 (calendar china)"
                    for day in (1, 2, 5, 6, 7)
                ),
                "10-09 09:00 +0800",
            ],
        ),
    ],
)
def test_what_a_day_off_does_to_a_run(on_holiday, expected):
    """Skipped, run all the same, or moved; what is moved to one day is one run."""
    found = looks(
        "Asia/Shanghai",
        "2026-09-29 12:00",
        3,
        cron="0 9 * * mon-fri",
        calendar="china",
        on_holiday=on_holiday,
    )
    assert found == expected


def test_a_run_that_is_moved_back_comes_before_the_holiday():
    """The first of the month is paid on the last worked day before it."""
    keys = {"cron": "0 9 1 * *", "calendar": "germany", "on_holiday": "back"}
    assert looks("Europe/Berlin", "2026-04-02 00:00", 2, **keys) == [
        "04-30 09:00 +0200 moved from 2026-05-01, Tag der Arbeit (Labour Day) (calendar germany)",
        "06-01 09:00 +0200",
    ]


def test_a_make_up_day_is_a_workday_but_no_weekday():
    """A schedule that means worked days says so with the calendar and not with `mon-fri`."""
    every_day = looks("Asia/Shanghai", "2026-10-08 12:00", 3, cron="0 9 * * *", calendar="china")
    assert [text[:5] for text in every_day if "skipped" not in text] == ["10-09", "10-10"]


def test_a_moved_run_keeps_its_local_time_when_the_clocks_change():
    """Good Friday 2027 is in winter time, Easter Monday two days after the change."""
    keys = {"cron": "0 9 26 3 *", "calendar": "germany", "on_holiday": "forward"}
    assert looks("Europe/Berlin", "2027-03-20 00:00", 1, **keys)[0].startswith("03-30 09:00 +0200")


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, ["02-02 10:30 +0800", "03-02 10:30 +0800"]),
        (-1, ["02-28 10:30 +0800", "03-31 10:30 +0800"]),
        (19, ["03-26 10:30 +0800", "04-28 10:30 +0800"]),
    ],
)
def test_the_nth_business_day_of_each_month(number, expected):
    """A month that has not so many worked days has no run: February 2026 has 18."""
    found = looks(
        "Asia/Shanghai",
        "2026-02-01 00:00",
        2,
        nth_business_day=number,
        at="10:30",
        calendar="china",
    )
    assert found == expected


def test_an_interval_has_one_planned_run_on_a_day_off():
    """One row replaces 720 rows a day that would say the same."""
    found = looks("Europe/Berlin", "2026-12-24 22:57", 4, every_s=120, calendar="germany")
    assert [text[:28] for text in found] == [
        "12-24 23:58 +0100",
        "12-25 00:00 +0100 skipped: 2",
        "12-26 00:00 +0100 skipped: 2",
        "12-27 00:00 +0100 skipped: 2",
    ]


@pytest.mark.parametrize(
    ("keys", "until", "expected"),
    [
        ({"every_s": 120}, "2026-12-26 12:00", "2026-12-25 23:00"),
        ({"cron": "*/5 * * * *"}, "2026-12-26 12:00", "2026-12-25 23:00"),
        ({"cron": "0 9 * * *", "on_holiday": "forward"}, "2026-12-27 12:00", "2026-12-24 08:00"),
    ],
)
def test_the_latest_instant_looks_over_days_off(keys, until, expected):
    """What the clock catches up with after downtime over Christmas."""
    due = Due(Schedule(timezone="Europe/Berlin", calendar="germany", **keys), CALENDARS)
    assert due.latest(after=at("2026-12-01"), until=at(until)) == at(expected)


@pytest.mark.parametrize(
    ("keys", "said"),
    [
        ({}, "exactly one of"),
        ({"every_s": 2, "cron": "* * * * *"}, "exactly one of"),
        ({"nth_business_day": 1, "calendar": "china"}, "belong together"),
        ({"nth_business_day": 1, "at": "09:00"}, "write the `calendar`"),
        ({"nth_business_day": 0, "at": "09:00", "calendar": "china"}, "never 0"),
        ({"nth_business_day": 1, "at": "9:00", "calendar": "china"}, "time of day in quotes"),
        ({"cron": "* * * * *", "on_holiday": "skip"}, "write the `calendar`"),
        ({"every_s": 2, "calendar": "china", "on_holiday": "back"}, "cannot be moved"),
        ({"every_s": 2, "missed": "run_all"}, "at least 60 seconds"),
    ],
)
def test_keys_that_do_not_fit_together_are_refused(keys, said):
    """The check of the files shows this sentence."""
    with pytest.raises(ValueError, match=said):
        Schedule(**keys)
