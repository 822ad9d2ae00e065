"""A watch of the store goes on when the store answers again."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

from clerkwork.cli.watch import patiently


def test_store_that_does_not_answer_is_asked_again(capsys: pytest.CaptureFixture[str]) -> None:
    """It is said once, and what is found then is returned."""
    answers = [OperationalError("SELECT 1", {}, Exception("it is starting up"))] * 2

    def look() -> str:
        if answers:
            raise answers.pop()
        return "found"

    found = patiently(look, threading.Event())
    assert (found, capsys.readouterr().err) == (
        "found",
        "The store does not answer and is asked again until it does: "
        "(builtins.Exception) it is starting up\n",
    )
