"""The portal's fault schedule."""

import pytest
from pydantic import ValidationError

from clerkwork.testing.portal.faults import Fault, Faults, FaultSchedule, RequestKind

HALF = Faults(rates={RequestKind.SUBMIT: {Fault.LOST_ANSWER: 0.25, Fault.ERROR_500: 0.25}})


def draws(schedule: FaultSchedule, count: int) -> list[Fault]:
    return [schedule.draw(RequestKind.SUBMIT) for _ in range(count)]


def test_same_seed_gives_the_same_faults():
    """A failing run can be played again."""
    assert draws(FaultSchedule(HALF, 7), 50) == draws(FaultSchedule(HALF, 7), 50)


def test_other_seed_gives_other_faults():
    """The seed decides."""
    assert draws(FaultSchedule(HALF, 7), 50) != draws(FaultSchedule(HALF, 8), 50)


def test_page_views_do_not_change_what_happens_to_submits():
    """Each kind of request draws from its own sequence."""
    alone, mixed = FaultSchedule(HALF, 7), FaultSchedule(HALF, 7)
    found = []
    for _ in range(20):
        mixed.draw(RequestKind.PAGE)
        found.append(mixed.draw(RequestKind.SUBMIT))
    assert found == draws(alone, 20)


def test_rates_are_kept_on_the_long_run():
    """Of 4000 submits a quarter each, within three standard deviations."""
    found = draws(FaultSchedule(HALF, 1), 4000)
    shares = [found.count(fault) for fault in (Fault.LOST_ANSWER, Fault.ERROR_500)]
    assert all(abs(share - 1000) < 82 for share in shares)


def test_named_next_faults_come_first_and_once():
    """After them the rates count, here none."""
    faults = Faults(next={RequestKind.SUBMIT: [Fault.NONE, Fault.LOST_ANSWER]})
    assert draws(FaultSchedule(faults, 1), 3) == [Fault.NONE, Fault.LOST_ANSWER, Fault.NONE]


def test_switched_schedule_counts_from_the_next_request():
    """What was planned before is forgotten."""
    schedule = FaultSchedule(Faults(next={RequestKind.SUBMIT: [Fault.ERROR_500]}), 1)
    schedule.switch(Faults(next={RequestKind.SUBMIT: [Fault.SLOW]}))
    assert draws(schedule, 2) == [Fault.SLOW, Fault.NONE]


@pytest.mark.parametrize(
    "data",
    [
        {"rates": {"submit": {"slow": 0.6, "error_500": 0.6}}},
        {"rates": {"page": {"late_commit": 0.1}}},
        {"next": {"api": ["error_after_commit"]}},
        {"rates": {"submit": {"slow": 1.5}}},
        {"next": {"submits": ["slow"]}},
    ],
    ids=["more than 1", "nothing to commit", "no commit in next", "share over 1", "unknown kind"],
)
def test_impossible_schedule_is_refused(data):
    """A schedule that could not do what it says is not taken."""
    with pytest.raises(ValidationError):
        Faults.model_validate(data)
