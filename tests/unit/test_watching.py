"""A watch continues when the store answers again."""

import threading

import pytest
from sqlalchemy.exc import OperationalError

from clerkwork.cli.watch import read_patiently


def test_store_that_does_not_answer_is_read_again(capsys: pytest.CaptureFixture[str]) -> None:
    """A person is warned once; the result of the last try is returned."""
    answers = [OperationalError("SELECT 1", {}, Exception("it is starting up"))] * 2

    def read() -> str:
        if answers:
            raise answers.pop()
        return "found"

    found = read_patiently(read, threading.Event())
    assert (found, capsys.readouterr().err) == (
        "found",
        "The store does not answer; retrying until it does: "
        "(builtins.Exception) it is starting up\n",
    )
