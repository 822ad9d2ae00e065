"""Dates: every form that is understood, all that it can mean, and the near misses."""

from datetime import date

import pytest

from clerkwork.documents.values.dates import dates_in, order_shown, parse_dates


@pytest.mark.parametrize(
    "text",
    [
        "2025年6月12日",
        "2025 年 06 月 12 日",
        "2025-06-12",
        "2025/6/12",
        "2025.06.12",
        "June 12, 2025",
        "Jun. 12 2025",
        "12 June 2025",
        "12-Jun-2025",
        "12th June, 2025",
        "12.06.2025",
        "二〇二五年六月十二日",
        "２０２５－０６－１２",
        "12.06.25",
        "2025-Jun-12",
        "12 juin 2025",
        "12. Juni 2025",
        "12 de junio de 2025",
    ],
)
def test_a_date_is_understood_in_every_common_form(text: str) -> None:
    """Each form is the twelfth of June and nothing else."""
    assert parse_dates(text) == [date(2025, 6, 12)]


def test_a_date_that_can_be_two_days_gives_both() -> None:
    """Day first comes first, and the caller must ask."""
    assert parse_dates("04/05/2025") == [date(2025, 5, 4), date(2025, 4, 5)]


def test_a_date_with_a_day_above_twelve_is_one_day() -> None:
    """Either order of day and month is seen from the number."""
    assert parse_dates("20/04/2025") == parse_dates("04/20/2025")
    assert parse_dates("04/20/2025") == [date(2025, 4, 20)]


@pytest.mark.parametrize("text", ["2025-13-01", "31/31/2025", "0571-31289903", "Foo 12, 2025", ""])
def test_text_that_is_no_date_gives_none(text: str) -> None:
    """Phone numbers and impossible days are not dates."""
    assert parse_dates(text) == []


def test_dates_are_found_in_a_row_of_other_words() -> None:
    """A time that is read as one with the date, and a number before it, do no harm."""
    found = dates_in("No 114793 24-MAR-2018 03:44, paid 25/12/20188:13")
    assert [one.options for one in found] == [(date(2018, 3, 24),), (date(2018, 12, 25),)]


def test_eight_digits_are_only_a_weak_date() -> None:
    """They are as often a number, so they are never a date as a whole text."""
    assert [(one.options, one.weak) for one in dates_in("20180428/191204")] == [
        ((date(2018, 4, 28),), True)
    ]
    assert parse_dates("20180428") == []


def test_a_known_order_leaves_one_day() -> None:
    """Day first and month first each mean one of the two."""
    assert parse_dates("04/05/2025", "dmy") == [date(2025, 5, 4)]
    assert parse_dates("04/05/2025", "mdy") == [date(2025, 4, 5)]


@pytest.mark.parametrize(
    ("texts", "order"),
    [
        (["8-9-2022", "due 22-9-2022"], "dmy"),
        (["03/04/2023", "04/15/2023"], "mdy"),
        (["22-9-2022", "04/15/2023"], ""),
        (["8-9-2022", "2022-09-22"], ""),
    ],
)
def test_another_date_shows_the_order(texts: list[str], order: str) -> None:
    """A day above twelve decides for the whole document, unless two dates contradict."""
    assert order_shown(texts) == order
