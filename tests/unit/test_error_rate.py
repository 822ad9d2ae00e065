"""The bounds of Clopper and Pearson, and the thresholds that follow from them."""

import pytest

from clerkwork.model.documents.error_rate import (
    NEVER,
    ProbabilityGroup,
    driven_up,
    lower_bound,
    lowest_threshold,
    still_needed,
    upper_bound,
)


def step(probability: float, checked: int, wrong: int = 0) -> ProbabilityGroup:
    return ProbabilityGroup(probability=probability, checked=checked, wrong=wrong)


@pytest.mark.parametrize(
    ("wrong", "checked", "low", "high"),
    [
        (0, 0, 0.0, 1.0),
        (0, 59, 0.0, 0.04951),
        (0, 598, 0.0, 0.004997),
        (1, 1, 0.05, 1.0),
        (1, 100, 0.000513, 0.046562),
        (5, 50, 0.040236, 0.198833),
        (10, 10, 0.741134, 1.0),
        (20, 10_000, 0.001325, 0.002906),
    ],
)
def test_bounds_are_those_of_the_tables(wrong, checked, low, high):
    """The values are those of the beta distribution's quantiles at 5 and 95 %."""
    found = (lower_bound(wrong, checked), upper_bound(wrong, checked))
    assert found == pytest.approx((low, high), abs=1e-5)


def test_the_lowest_threshold_is_the_one_that_passes_most_within_the_target():
    """Errors at a low probability do not keep higher ones from passing."""
    steps = [step(0.8, 50, 10), step(0.95, 300), step(0.99, 700)]
    assert lowest_threshold(steps, 0.005) == step(0.95, 1000)


def test_a_sample_that_is_too_small_allows_no_threshold_and_says_how_many_it_needs():
    """598 right values prove 0.5 %, so 100 of them lack 498."""
    steps = [step(0.99, 100)]
    assert (lowest_threshold(steps, 0.005), still_needed(steps, 0.005)) == (None, 498)


def test_what_is_needed_is_exactly_enough():
    """One right value fewer would not do, with errors as without."""
    needed = still_needed([step(0.99, 400, 2)], 0.01)
    bounds = [upper_bound(2, 400 + needed - short) <= 0.01 for short in (0, 1)]
    assert bounds == [True, False]


def test_a_sample_within_the_target_raises_nothing():
    """Two errors in a thousand prove nothing against 0.5 %."""
    assert driven_up([step(0.97, 500, 2), step(0.99, 500)], 0.005) is None


def test_proven_errors_raise_the_threshold_above_them():
    """What was wrong too often goes to a person, the rest still passes."""
    assert driven_up([step(0.97, 100, 9), step(0.99, 500)], 0.005) == 0.99


def test_errors_at_the_highest_probability_let_nothing_pass():
    """There is no threshold above them."""
    assert driven_up([step(0.97, 100), step(0.99, 50, 4)], 0.005) == NEVER
