"""A short part of the crash campaign; ``make chaos`` runs the whole.

strace and libfaketime come with ``tools/setup.sh dev``.
"""

import shutil
import subprocess
from collections import Counter
from datetime import timedelta

import pytest

from tests.chaos import clocks, disks, pages, powercuts, report, schedulers
from tests.chaos.campaign import Plan, run_lane
from tests.chaos.mixed import lane as mixed
from tests.chaos.mutants import MUTANTS
from tests.chaos.parts import FAULTS

NO_FAULT = dict.fromkeys((*FAULTS, "to people"), 0)


def faults(count: Counter[str]) -> dict[str, int]:
    return {key: count[key] for key in NO_FAULT}


def test_killed_workers_lose_and_double_nothing() -> None:
    """After eight SIGKILLs, every order is in the target exactly once."""
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


@pytest.mark.slow
def test_pages_that_misbehave_lose_and_double_nothing() -> None:
    """Six orders go through a real browser; their heads change and answers are lost."""
    count = pages.run_lane(pages.Plan(seed=138, orders=6))
    found = {key: count[key] for key in (*FAULTS, "unanswered")}
    assert (count["trials"], count["kills"], found) == (6, 1, dict.fromkeys(found, 0))


@pytest.mark.parametrize(
    ("mutant", "seed", "fault"),
    [
        ("read-back before the last write", 245, "wrong lines"),
        ("confirmation from before", 0, "lost"),
    ],
)
def test_the_campaign_sees_a_bug_planted_in_the_browser(mutant: str, seed: int, fault: str) -> None:
    """The head changes at each visit; Save refuses the second and third order without a word."""
    plan = pages.Plan(seed=seed, orders=3, kill_share=0, mutant=mutant, workflows=("blind_single",))
    assert pages.run_lane(plan)[fault] > 0


def test_mixed_work_loses_doubles_and_leaves_nothing() -> None:
    """Nine workflows, senders and people; workers die, one is asked to end, the store is away."""
    count = mixed.run_lane(mixed.Plan(seed=18, items=24, faults=4))
    assert (count["trials"], faults(count)) == (4, NO_FAULT)


@pytest.fixture
def strace() -> None:
    if shutil.which("strace") is None:
        pytest.skip("needs strace: run tools/setup.sh dev")
    traced = ["strace", "-o", "/dev/null", "true"]
    if subprocess.run(traced, check=False, capture_output=True).returncode:
        pytest.skip("needs ptrace, which this machine forbids")


@pytest.mark.usefixtures("strace")
def test_failing_disk_loses_and_doubles_nothing() -> None:
    """A write to the store, a wait for the disk, and a line of the run log fail, each in turn."""
    wanted = [("pwrite64", "ENOSPC", 3), ("fsync", "EIO", 1), ("write", "ENOSPC", 1)]
    count = disks.run_lane(disks.Plan(seed=14, faults=wanted))
    assert (count["trials"], count["writes that failed"] >= 3, faults(count)) == (3, True, NO_FAULT)


@pytest.mark.slow
@pytest.mark.usefixtures("strace")
def test_power_cuts_take_back_no_event() -> None:
    """However much of the later writes is on the disk, it opens and has what was acknowledged."""
    count = powercuts.run(15, 40, orders=3)
    assert (count["trials"], faults(count)) == (40, NO_FAULT)


@pytest.mark.slow
def test_clock_that_is_set_ends_no_quiet_period() -> None:
    """Two workers, one of which dies before the clock is set and set right again."""
    if not clocks.LIBRARIES:
        pytest.skip("needs libfaketime: run tools/setup.sh dev")
    count = clocks.run_lane(Plan(seed=16, batch=12, promised_s=1.0), 4)
    assert (count["trials"], faults(count)) == (4, NO_FAULT)


@pytest.mark.slow
def test_scheduler_that_is_killed_loses_and_doubles_no_instant() -> None:
    """With a second scheduler running, every file is one item and every instant has a row."""
    count = schedulers.run_lane(schedulers.Plan(seed=17, kills=4, lease=timedelta(seconds=15)))
    assert (count["trials"] >= 4, faults(count)) == (True, NO_FAULT)


def test_the_bound_of_no_failure_is_the_rule_of_three() -> None:
    """With no failure in 3000 trials the rate is below 0.1 % at 95 %."""
    bounds = [round(report.upper_bound(k, n), 5) for k, n in ((0, 3000), (0, 300), (1, 100))]
    assert bounds == [0.00100, 0.00994, 0.04656]
