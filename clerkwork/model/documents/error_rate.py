"""Exact bounds of error rates that were measured on samples, and the thresholds that they allow.

The bounds are those of Clopper and Pearson, which follow from the binomial distribution itself and
are valid for ten values as well as for ten thousand. Each bound is one-sided, with 95 % confidence.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

CONFIDENCE = 0.95
HALVINGS = 50
MOST = 10_000_000
NEVER = 1.0  # no probability reaches it


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbabilityGroup:
    """The reviewed values with the same probability.

    Attributes:
        probability: Their probability.
        checked: Their number.
        wrong: How many of them a person corrected.
    """

    probability: float
    checked: int
    wrong: int


def upper_bound(wrong: int, checked: int) -> float:
    """Return the upper bound of the error rate with 95 % confidence; 1.0 without a sample."""
    if wrong >= checked:
        return 1.0
    return _where(lambda rate: _at_most(wrong, checked, rate) > 1 - CONFIDENCE)


def lower_bound(wrong: int, checked: int) -> float:
    """Return the lower bound of the error rate with 95 % confidence; 0.0 without an error."""
    if wrong == 0:
        return 0.0
    return _where(lambda rate: 1 - _at_most(wrong - 1, checked, rate) < 1 - CONFIDENCE)


def lowest_threshold(steps: Sequence[ProbabilityGroup], target: float) -> ProbabilityGroup | None:
    """Return the lowest probability from which the upper bound is at most *target*.

    Returns:
        All values from this probability on as one group, or None if no threshold suffices.
    """
    good = [step for step in cumulated(steps) if upper_bound(step.wrong, step.checked) <= target]
    return good[-1] if good else None


def still_needed(steps: Sequence[ProbabilityGroup], target: float) -> int:
    """Return the number of further values, all correct, that would allow a threshold."""
    return min(_needed(step, target) for step in cumulated(steps) or [_NOTHING])


def driven_up(steps: Sequence[ProbabilityGroup], target: float) -> float | None:
    """Return the higher threshold that is needed if a sample proves more errors than *target*.

    Args:
        steps: The sampled values that passed, grouped by probability.
        target: The allowed error rate.

    Returns:
        The lowest probability from which a higher error rate than *target* is not proven; ``NEVER``
        if there is none; None if the threshold can stay.
    """
    whole = cumulated(steps)
    fine = [lower_bound(step.wrong, step.checked) <= target for step in whole]
    if not whole or fine[-1]:
        return None
    return whole[fine.index(False) - 1].probability if fine[0] else NEVER


def cumulated(steps: Sequence[ProbabilityGroup]) -> list[ProbabilityGroup]:
    """Return for each probability the group of all values from it on, highest first."""
    return list(_cumulated(sorted(steps, key=lambda step: -step.probability)))


_NOTHING = ProbabilityGroup(probability=1.0, checked=0, wrong=0)


def _cumulated(steps: Sequence[ProbabilityGroup]) -> Iterator[ProbabilityGroup]:
    checked = wrong = 0
    for step in steps:
        checked += step.checked
        wrong += step.wrong
        yield ProbabilityGroup(probability=step.probability, checked=checked, wrong=wrong)


def _needed(step: ProbabilityGroup, target: float) -> int:
    if upper_bound(step.wrong, step.checked) <= target:
        return 0
    low, high = 0, 1
    while upper_bound(step.wrong, step.checked + high) > target and high < MOST:
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        if upper_bound(step.wrong, step.checked + middle) > target:
            low = middle
        else:
            high = middle
    return high


def _at_most(wrong: int, checked: int, rate: float) -> float:
    """Return the probability of at most *wrong* errors among *checked* values at an error rate."""
    if rate <= 0.0 or rate >= 1.0:
        return 1.0 if rate <= 0.0 or wrong >= checked else 0.0
    yes, no = math.log(rate), math.log1p(-rate)
    whole = math.lgamma(checked + 1)
    return math.fsum(
        math.exp(
            whole
            - math.lgamma(count + 1)
            - math.lgamma(checked - count + 1)
            + count * yes
            + (checked - count) * no
        )
        for count in range(wrong + 1)
    )


def _where(below: Callable[[float], bool]) -> float:
    """Return the rate up to which *below* is true."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return high
