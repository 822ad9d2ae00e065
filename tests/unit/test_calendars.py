"""Business calendars: the tricky weeks of China and Germany, deadlines, and files with mistakes."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from clerkwork.config.files.calendars import load_calendars, read_calendars
from clerkwork.model.project.calendars import Calendar, business_deadline

SHIPPED = load_calendars(Path("/nowhere"))
CHINA, GERMANY = SHIPPED["china"], SHIPPED["germany"]
DAY = timedelta(days=1)
SMALL = """\
name: small
title: Small
years:
  - year: 2026
    source: the board
    holidays:
      - day: 2026-08-03
        name: Outing
"""


def on(text: str) -> date:
    return date.fromisoformat(text)


def worked(calendar: Calendar, first: str, last: str) -> list[str]:
    days = [on(first) + DAY * step for step in range((on(last) - on(first)).days + 1)]
    return [f"{day:%m-%d}" for day in days if calendar.is_workday(day)]


def easter(year: int) -> date:
    """Return Easter Sunday by the rule of 1583: Gauss's, which the file was not computed with."""
    k, a, b, c = year // 100, year % 19, year % 4, year % 7
    m = (15 + k - (13 + 8 * k) // 25 - k // 4) % 30
    d = (19 * a + m) % 30
    e = (2 * b + 4 * c + 6 * d + (4 + k - k // 4) % 7) % 7
    if d == 29 and e == 6:
        d = 28
    elif d == 28 and e == 6 and (11 * m + 11) % 30 < 19:
        d = 27
    return date(year, 3, 22) + DAY * (d + e)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2025-01-25", "2025-02-09", ["01-26", "01-27", "02-05", "02-06", "02-07", "02-08"]),
        ("2025-09-27", "2025-10-12", ["09-28", "09-29", "09-30", "10-09", "10-10", "10-11"]),
        ("2026-01-01", "2026-01-05", ["01-04", "01-05"]),
        ("2026-02-13", "2026-02-25", ["02-13", "02-14", "02-24", "02-25"]),
        ("2026-09-19", "2026-09-22", ["09-20", "09-21", "09-22"]),
        (
            "2026-09-24",
            "2026-10-11",
            ["09-24", "09-28", "09-29", "09-30", "10-08", "10-09", "10-10"],
        ),
    ],
)
def test_the_weeks_around_chinese_holidays(first, last, expected):
    """Make-up Sundays and Saturdays are worked, the holidays they make up for are not."""
    assert worked(CHINA, first, last) == expected


@pytest.mark.parametrize(("year", "days_off", "made_up"), [(2025, 28, 5), (2026, 33, 6)])
def test_each_chinese_year_has_the_days_of_its_notice(year, days_off, made_up):
    """The notice of 2025 adds up to 1+8+3+5+3+8 days, that of 2026 to 3+9+3+5+3+3+7."""
    (found,) = [one for one in CHINA.years if one.year == year]
    assert sum(len(holiday.days()) for holiday in found.holidays) == days_off
    assert [special.day.weekday() >= 5 for special in found.workdays] == [True] * made_up


def test_a_year_without_a_notice_is_provisional():
    """2027 has the statutory days only, and 2028 none at all."""
    assert [CHINA.is_provisional(year) for year in (2026, 2027, 2028)] == [False, True, True]


@pytest.mark.parametrize("year", [2025, 2026, 2027])
def test_german_holidays_follow_easter(year):
    """Four movable days and five fixed ones."""
    moved = [easter(year) + DAY * days for days in (-2, 1, 39, 50)]
    fixed = [date(year, month, day) for month, day in ((1, 1), (5, 1), (10, 3), (12, 25), (12, 26))]
    (found,) = [one for one in GERMANY.years if one.year == year]
    assert [holiday.day for holiday in found.holidays] == sorted(moved + fixed)


@pytest.mark.parametrize(
    ("calendar", "month", "number", "expected"),
    [
        (CHINA, "2026-02", 1, "2026-02-02"),
        (CHINA, "2026-02", -1, "2026-02-28"),  # a Saturday that makes up
        (CHINA, "2026-10", 1, "2026-10-08"),
        (CHINA, "2025-10", 3, "2025-10-11"),
        (GERMANY, "2027-05", 1, "2027-05-03"),
        (GERMANY, "2026-04", 2, "2026-04-02"),
        (GERMANY, "2026-04", 3, "2026-04-07"),
        (GERMANY, "2026-12", -1, "2026-12-31"),
    ],
)
def test_the_nth_business_day_of_a_month(calendar, month, number, expected):
    """Negative numbers count from the end."""
    year, of = (int(part) for part in month.split("-"))
    assert calendar.nth_workday(year, of, number) == on(expected)


def test_a_month_has_only_so_many_business_days():
    """There is no 23rd in February, and no day 0 at all."""
    assert GERMANY.nth_workday(2026, 2, 21) is None
    assert GERMANY.nth_workday(2026, 2, -21) is None
    with pytest.raises(ValueError, match="no business day 0"):
        GERMANY.nth_workday(2026, 2, 0)


def test_workdays_before_and_after_a_holiday():
    """From and until include the day itself; next and previous do not."""
    during, before, after = on("2026-10-03"), on("2026-09-30"), on("2026-10-08")
    assert (CHINA.workday_from(during), CHINA.next_workday(before)) == (after, after)
    assert (CHINA.workday_until(during), CHINA.previous_workday(after)) == (before, before)
    assert (CHINA.workday_from(after), CHINA.workday_until(before)) == (after, before)


def test_a_calendar_says_why():
    """Reasons of planned runs show these words."""
    days = ["2026-10-01", "2026-10-10", "2026-10-11", "2026-10-12"]
    assert [CHINA.why(on(day)) for day in days] == [
        "National Day 国庆节",
        "make-up day for National Day 国庆节调休上班",
        "Sunday",
        "",
    ]


@pytest.mark.parametrize(
    ("calendar", "start", "hours", "expected"),
    [
        (CHINA, "2026-11-02 01:00", 2, "2026-11-02 03:00"),  # Monday 9 to 11 o'clock
        (CHINA, "2026-11-02 03:00", 2, "2026-11-02 06:00"),  # over lunch
        (CHINA, "2026-11-02 09:00", 2, "2026-11-03 02:00"),  # over night
        (CHINA, "2026-11-02 09:00", 1, "2026-11-02 10:00"),  # exactly at closing time
        (CHINA, "2026-09-30 09:00", 2, "2026-10-08 02:00"),  # over National Day
        (CHINA, "2026-10-09 09:00", 2, "2026-10-10 02:00"),  # into a make-up Saturday
        (CHINA, "2026-10-03 01:00", 0, "2026-10-08 01:00"),  # nothing to do, but not on a holiday
        (GERMANY, "2026-03-27 15:00", 2, "2026-03-30 08:00"),  # the clocks change on that Sunday
        (GERMANY, "2026-10-23 14:00", 2, "2026-10-26 09:00"),
    ],
)
def test_a_deadline_counts_worked_time_only(calendar, start, hours, expected):
    """Instants in UTC: 9 o'clock is 01:00 in China, and 08:00 or 07:00 in Germany."""
    begin = datetime.fromisoformat(start).replace(tzinfo=UTC)
    end = datetime.fromisoformat(expected).replace(tzinfo=UTC)
    assert business_deadline(begin, timedelta(hours=hours), calendar) == end


def test_a_half_day_has_hours_of_its_own():
    """Two hours from 11 o'clock on Christmas Eve end on the next full day."""
    half = {"day": "2026-12-24", "hours": ["09:00-12:00"], "name": "Christmas Eve"}
    year = {"year": 2026, "source": "the board", "half_days": [half]}
    calendar = Calendar.model_validate({"name": "x", "title": "X", "years": [year]})
    start = datetime(2026, 12, 24, 11, tzinfo=UTC)
    found = business_deadline(start, timedelta(hours=2), calendar)
    assert (found, calendar.why(start.date())) == (
        datetime(2026, 12, 25, 10, tzinfo=UTC),
        "Christmas Eve",
    )


@pytest.fixture
def said(tmp_path):
    folder = tmp_path / "config" / "calendars"
    folder.mkdir(parents=True)

    def said(text: str, name: str = "small.yaml") -> list[str]:
        (folder / name).write_text(text, "utf-8")
        return [str(problem) for problem in read_calendars(tmp_path)[1]]

    return said


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("name: small", "name: smal", "small.yaml:1: `name` is 'smal' but the file is small.yaml"),
        ("title: Small", "title: S\nday_off: x", "small.yaml:3: unknown key `day_off`"),
        ("2026-08-03", "2026-08-32", "small.yaml:7: `years.0.holidays.0.day`: "),
        ("2026-08-03", "2027-08-03", "small.yaml:4: `years.0`: 2027-08-03 is not in 2026"),
        ("title: Small", "title: S\nhours: [9-17]", "small.yaml:3: `hours`: write a time of day"),
        ("title: Small", "title: S\nhours: [17:00-09:00]", "the earlier time first"),
        ("title: Small", "title: S\nhours: [09:00-12:00, 11:00-13:00]", "the hours overlap"),
        ("title: Small", "title: S\nweek: [monday]", "small.yaml:3: `week.0`: "),
        ("title: Small", "title: S\ntimezone: Mars/Base", "the time zone 'Mars/Base' is not known"),
        ("name: Outing", "name: Outing\n        last: 2026-08-01", "small.yaml:7: `years.0.holi"),
        (
            "source: the board",
            "source: x\n    workdays: [{day: 2026-08-03, name: y}]",
            "2026-08-03 is a holiday and a worked day; remove one of them",
        ),
    ],
)
def test_each_mistake_names_file_and_line(said, old, new, problem):
    """A calendar is written once a year, in a hurry."""
    (text,) = said(SMALL.replace(old, new))
    assert text.startswith("config/calendars/small.yaml:")
    assert problem in text


def test_a_year_that_occurs_twice_is_refused(said):
    """Else one of them would count, and nobody would know which."""
    (text,) = said(SMALL + SMALL.partition("years:\n")[2])
    assert "the year 2026 occurs twice" in text


def test_a_file_of_the_project_goes_before_a_shipped_one(said, tmp_path):
    """An operations team need not wait for a release to add the notice of next year."""
    assert said(SMALL.replace("small", "china"), "china.yaml") == []
    assert load_calendars(tmp_path)["china"].title == "Small"
