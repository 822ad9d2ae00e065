"""Error rates that were measured on samples: exact bounds, and the threshold that they allow.

The bounds are those of Clopper and Pearson: they follow from the binomial distribution itself, so
they hold for ten values as for ten thousand. Each is one-sided: the true rate is not beyond it with
95 % confidence.
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
    """The reviewed values that had one probability.

    Attributes:
        probability: Theirs.
        checked: Their number.
        wrong: How many of them a person had to correct.
    """

    probability: float
    checked: int
    wrong: int


def upper_bound(wrong: int, checked: int) -> float:
    """Return the error rate that is not exceeded with 95 % confidence; 1.0 without a sample."""
    if wrong >= checked:
        return 1.0
    return _where(lambda rate: _at_most(wrong, checked, rate) > 1 - CONFIDENCE)


def lower_bound(wrong: int, checked: int) -> float:
    """Return the error rate that is reached with 95 % confidence; 0.0 without an error."""
    if wrong == 0:
        return 0.0
    return _where(lambda rate: 1 - _at_most(wrong - 1, checked, rate) < 1 - CONFIDENCE)


def lowest_threshold(steps: Sequence[ProbabilityGroup], target: float) -> ProbabilityGroup | None:
    """Return the lowest probability from which on the upper bound is within *target*.

    Returns:
        All values from that probability on as one step, or None where no threshold will do.
    """
    good = [step for step in cumulated(steps) if upper_bound(step.wrong, step.checked) <= target]
    return good[-1] if good else None


def still_needed(steps: Sequence[ProbabilityGroup], target: float) -> int:
    """Return how many more right values would allow some threshold, if all of them were right."""
    return min(_needed(step, target) for step in cumulated(steps) or [_NOTHING])


def driven_up(steps: Sequence[ProbabilityGroup], target: float) -> float | None:
    """Return the threshold to raise to when a sample proves more errors than *target*, else None.

    Args:
        steps: The sampled values that passed, by their probability.
        target: The error rate that may be.

    Returns:
        The lowest probability from which on no more errors than *target* are proven; ``NEVER``
        when there is none.
    """
    whole = cumulated(steps)
    fine = [lower_bound(step.wrong, step.checked) <= target for step in whole]
    if not whole or fine[-1]:
        return None
    return whole[fine.index(False) - 1].probability if fine[0] else NEVER


def cumulated(steps: Sequence[ProbabilityGroup]) -> list[ProbabilityGroup]:
    """Return for each probability all values from it on, the highest probability first."""
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
    """Return the chance of *wrong* or fewer errors among *checked* values at an error rate."""
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
    """Return the rate at which *below* stops being true."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if below(middle) else (low, middle)
    return high
