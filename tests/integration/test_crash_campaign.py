"""A short part of the crash campaign; ``make chaos`` runs the whole."""

from collections import Counter

from tests.chaos import report
from tests.chaos.campaign import Plan, run_lane
from tests.chaos.mutants import MUTANTS
from tests.chaos.parts import FAULTS

NO_FAULT = dict.fromkeys((*FAULTS, "to people"), 0)


def faults(count: Counter[str]) -> dict[str, int]:
    return {key: count[key] for key in NO_FAULT}


def test_killed_workers_lose_and_double_nothing() -> None:
    """Eight lives end with SIGKILL; every order stands in the target once."""
    count = run_lane(Plan(seed=11, kills=8, batch=16, promised_s=1.0))
    assert (count["trials"], count["takeovers"] > 0, faults(count)) == (8, True, NO_FAULT)


def test_answers_lost_after_the_commit_double_nothing() -> None:
    """The first answer of every order is lost; each is looked up, none entered again."""
    count = run_lane(Plan(seed=12, orders=20, lost=1.0, phantom=0.0, promised_s=1.0))
    assert (count["trials"], faults(count)) == (20, NO_FAULT)


def test_the_campaign_sees_a_planted_bug() -> None:
    """Without the look after the submit, orders that were never stored are lost."""
    plan = Plan(
        seed=13, orders=20, lost=0.0, phantom=0.5, promised_s=1.0, mutate=MUTANTS["no verify"]
    )
    assert run_lane(plan)["lost"] > 0


def test_the_bound_of_no_failure_is_the_rule_of_three() -> None:
    """With no failure in 3000 trials the rate is below 0.1 % at 95 %."""
    bounds = [round(report.upper_bound(k, n), 5) for k, n in ((0, 3000), (0, 300), (1, 100))]
    assert bounds == [0.00100, 0.00994, 0.04656]
