"""A short part of the crash campaign; ``make chaos`` runs the whole."""

import shutil
from collections import Counter

import pytest

from tests.chaos import clocks, disks, powercuts, report, schedulers
from tests.chaos.campaign import Plan, run_lane
from tests.chaos.mutants import MUTANTS, normal
from tests.chaos.parts import FAULTS

needs_strace = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
needs_faketime = pytest.mark.skipif(not clocks.LIBRARIES, reason="needs libfaketime")
NO_FAULT = dict.fromkeys((*FAULTS, "to people"), 0)


def faults(count: Counter[str]) -> dict[str, int]:
    return {key: count[key] for key in NO_FAULT}


def test_killed_workers_lose_and_double_nothing() -> None:
    """Eight lives end with SIGKILL; every order stands in the target once."""
    count = run_lane(Plan(seed=11, kills=8, batch=16))
    assert (count["trials"], count["takeovers"] > 0, faults(count)) == (8, True, NO_FAULT)


def test_answers_lost_after_the_commit_double_nothing() -> None:
    """The first answer of every order is lost; each is looked up, none entered again."""
    count = run_lane(Plan(seed=12, orders=20, lost=1.0, phantom=0.0))
    assert (count["trials"], faults(count)) == (20, NO_FAULT)


def test_the_campaign_sees_a_planted_bug() -> None:
    """Without the look after the submit, orders that were never stored are lost."""
    plan = Plan(seed=13, orders=20, lost=0.0, phantom=0.5, mutate=MUTANTS["no verify"])
    assert run_lane(plan)["lost"] > 0


@needs_strace
def test_a_write_that_fails_costs_no_item() -> None:
    """The disk is full, or broken, at three writes of an item."""
    some = [("pwrite64", "ENOSPC", 9), ("pwrite64", "EIO", 60), ("fsync", "EIO", 8)]
    count = disks.run_lane(disks.Plan(seed=14, faults=some))
    assert (count["trials"], faults(count)) == (3, NO_FAULT)


@needs_strace
def test_a_power_cut_takes_back_nothing_that_was_acknowledged() -> None:
    """Of a hundred cuts none loses an event; with the planted bug many do."""
    cut, planted = powercuts.run(15, 100), powercuts.run(15, 100, normal)
    assert (faults(cut), planted["lost"] > 0) == (NO_FAULT, True)


@needs_faketime
def test_a_clock_that_is_set_ends_no_wait_early() -> None:
    """Four steps of the clock, workers dying around them; every order stands there once."""
    count = clocks.run_lane(16, 4)
    assert (count["trials"], faults(count)) == (4, NO_FAULT)


def test_two_schedulers_that_are_killed_take_every_file_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Six lives of two schedulers; each instant ran once, or its row says why it did not."""
    short = schedulers.planned.LEASE / 20
    for name in ("claim", "claim_again", "renew"):
        defaults = getattr(schedulers.planned, name).__kwdefaults__
        monkeypatch.setitem(defaults, "lease", short)
    count = schedulers.run_lane(schedulers.Plan(seed=17, kills=6))
    assert (count["trials"] >= 6, faults(count)) == (True, NO_FAULT)


def test_the_bound_of_no_failure_is_the_rule_of_three() -> None:
    """With no failure in 3000 trials the rate is below 0.1 % at 95 %."""
    bounds = [round(report.upper_bound(k, n), 5) for k, n in ((0, 3000), (0, 300), (1, 100))]
    assert bounds == [0.00100, 0.00994, 0.04656]
