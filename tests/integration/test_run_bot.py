"""The helper that bot authors test with: what it says of a bot is what the engine does."""

import threading

import pytest
from pydantic import BaseModel, ValidationError

from clerkwork import ApplicationException, BusinessException, Run, bot
from clerkwork.errors import UsageError
from clerkwork.testing.bots import run_bot


class Parcel(BaseModel):
    number: str
    weight: float = 1


class Label(BaseModel):
    text: str


def print_label(parcel: Parcel) -> Label:
    return Label(text=f"{parcel.number}/{parcel.weight:g}")


@bot()
def careful(parcel: Parcel, run: Run) -> Label:
    """Ask twice, then print a label."""
    parcel = run.check(parcel, parcel.weight <= 30, "too_heavy", fields=["weight"])
    parcel = run.check(parcel, parcel.number.startswith("P"), "odd_number", fields=["number"])
    return run.step("print label", print_label, parcel)


@bot()
def refusing(parcel: Parcel, run: Run) -> Label:
    """Refuse everything."""
    raise BusinessException("not_ours", "{number} is not ours.", number=parcel.number)


@bot()
def failing(parcel: Parcel, run: Run) -> Label:
    """Find the printer broken."""
    raise ApplicationException("no_printer", "The printer is off.")


@bot()
def sleeping(parcel: Parcel, run: Run) -> Label:
    """Wait for nothing."""
    run.step("sleep", threading.Event().wait, 1.5)
    return Label(text="awake")


def test_a_bot_without_doubt_is_done():
    """Outcome and result are those of the item."""
    ended = run_bot(careful, {"number": "P1", "weight": 2})
    assert ended.summary() == {"outcome": "by_bot", "code": None, "result": {"text": "P1/2"}}


def test_a_payload_may_be_a_model():
    """A model is as good as its data."""
    assert run_bot(careful, Parcel(number="P1", weight=2)).result == {"text": "P1/2"}


def test_a_doubt_without_an_answer_ends_waiting():
    """The review is there to be looked at; nothing is returned yet."""
    ended = run_bot(careful, {"number": "P1", "weight": 31})
    assert (ended.summary(), ended.review and ended.review.shown["weight"]) == (
        {"outcome": None, "code": "too_heavy", "result": None},
        31.0,
    )


def test_each_doubt_gets_its_own_answer():
    """Answers are found by their reason code, in any order."""
    answers = {"odd_number": {"number": "P7"}, "too_heavy": {"weight": 3}}
    ended = run_bot(careful, {"number": "7", "weight": 31}, answers=answers)
    assert ended.summary() == {"outcome": "assisted", "code": None, "result": {"text": "P7/3"}}


def test_an_answer_nobody_asked_for_is_an_error():
    """A case whose doubt has gone must not pass in silence."""
    with pytest.raises(UsageError, match="too_heavy"):
        run_bot(careful, {"number": "P1", "weight": 2}, answers={"too_heavy": {"weight": 1}})


@pytest.mark.parametrize(("tested", "code"), [(refusing, "not_ours"), (failing, "no_printer")])
def test_an_exception_is_a_review_with_its_code(tested, code):
    """A broken system is not tried again here, so that its review can be tested."""
    assert run_bot(tested, {"number": "P1"}).code == code


def test_a_payload_that_does_not_fit_is_an_error():
    """The case is wrong, not the bot."""
    with pytest.raises(ValidationError, match="number"):
        run_bot(careful, {"weight": 2})


def test_a_bot_that_takes_too_long_is_given_up():
    """A test of a bot that hangs still ends."""
    with pytest.raises(ApplicationException, match="did not finish in time"):
        run_bot(sleeping, {"number": "P1"}, timeout_s=0.2)
