"""The arithmetic of the metrics."""

from datetime import UTC, datetime, timedelta

import pytest

from clerkwork.clock import to_ms
from clerkwork.model.work.metrics import (
    automation_rate,
    cumulative_shares,
    day_start,
    local_day,
)

SHANGHAI = timedelta(hours=8)


@pytest.mark.parametrize(
    ("by_bot", "by_human", "rate"), [(9, 1, 0.9), (0, 4, 0.0), (5, 0, 1.0), (0, 0, None)]
)
def test_rate_is_items_no_person_touched_over_items_done_or_sent(by_bot, by_human, rate):
    """Nothing done and nothing sent is no rate at all, not 0 %."""
    assert automation_rate(by_bot=by_bot, by_human=by_human) == rate


@pytest.mark.parametrize("counts", [{"by_bot": -1, "by_human": 0}, {"by_bot": 0, "by_human": -1}])
def test_negative_count_is_refused(counts):
    """A negative count is a mistake of the caller."""
    with pytest.raises(ValueError, match="negative"):
        automation_rate(**counts)


def test_pareto_shares_end_at_the_whole():
    """Each share holds all counts up to it."""
    assert cumulative_shares([5, 3, 2]) == [0.5, 0.8, 1.0]


def test_local_day_begins_at_local_midnight():
    """An order that arrives at 00:30 in Shanghai counts for that day, not for the UTC day."""
    arrived = datetime(2026, 11, 22, 16, 30, tzinfo=UTC)
    day = local_day(to_ms(arrived), SHANGHAI)
    assert day_start(day, SHANGHAI) == datetime(2026, 11, 22, 16, 0, tzinfo=UTC)
