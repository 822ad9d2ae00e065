"""The arithmetic of the metrics: pure, so that each definition can be read and tested alone."""

from datetime import datetime, timedelta

from clerkwork.clock import from_ms

DAY_MS = 86_400_000


def automation_rate(*, by_bot: int, by_human: int) -> float | None:
    """Return the strict straight-through rate, from 0.0 to 1.0.

    It is the number of items completed without a person, divided by the number of items completed
    or sent to a person. An item sent to a person counts at once, while it waits and even if it is
    rejected later, so neither a backlog nor a rejection flatters the rate. Items count on the day
    they arrived, so a day's rate does not depend on when people worked.

    Args:
        by_bot: Items completed without a review.
        by_human: Items that were sent to a person, with any outcome.

    Returns:
        The rate, or None when there is nothing to divide by, because 0 % would be a false alarm.

    Raises:
        ValueError: A count is negative.
    """
    if by_bot < 0 or by_human < 0:
        raise ValueError(f"counts cannot be negative: by_bot={by_bot}, by_human={by_human}")
    if by_bot + by_human == 0:
        return None
    return by_bot / (by_bot + by_human)


def cumulative_shares(counts: list[int]) -> list[float]:
    """Return the cumulative share of each count in the sum, for a Pareto chart."""
    whole, running, shares = sum(counts), 0, []
    for count in counts:
        running += count
        shares.append(running / whole)
    return shares


def local_day(instant_ms: int, offset: timedelta) -> int:
    """Return the local day of an instant as the number of days since 1970-01-01."""
    return (instant_ms + offset // timedelta(milliseconds=1)) // DAY_MS


def day_start(day: int, offset: timedelta) -> datetime:
    """Return the UTC instant at which the local day with the number *day* begins."""
    return from_ms(day * DAY_MS) - offset
