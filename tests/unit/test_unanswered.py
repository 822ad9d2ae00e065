"""Requests without an answer are known again by their bytes, or by the connection that ended."""

import hashlib
import threading

import pytest

from clerkwork.browser.process.unanswered import LostAnswers, PendingRequests

HEAD = b"POST /new HTTP/1.1\r\nContent-Length: 4\r\n\r\n"


@pytest.mark.parametrize(
    ("left", "head", "body", "expected"),
    [
        (HEAD + b"a=12", HEAD, b"a=12", True),
        (HEAD + b"a=", HEAD, b"a=12", True),
        (HEAD + b"a=12", HEAD, b"a=13", False),
        (HEAD + b"a=12", HEAD.replace(b"new", b"old"), b"a=12", False),
        (HEAD[:-2], HEAD, b"a=12", False),
    ],
)
def test_request_is_a_repeat_if_its_bytes_left_before(left, head, body, expected):
    """Only the bytes that left count; half a head is no request."""
    lost = LostAnswers()
    lost.note(HEAD, len(left), hashlib.sha256(left).digest())
    rest = [body[2:]]
    assert lost.repeats(head, body[:2], rest.pop)[0] is expected


@pytest.mark.parametrize(
    ("cut", "ended", "expected"),
    [("erp:443", False, False), ("erp:443", True, True), ("cdn:443", False, True)],
)
def test_place_is_in_doubt_while_an_answer_may_be_lost(monkeypatch, cut, ended, expected):
    """Only a connection to the same place can have carried the request."""
    monkeypatch.setattr("clerkwork.browser.process.unanswered.HOLD_S", 0)
    underway = PendingRequests()
    underway.begin(1, "erp:443")
    underway.cut(cut)
    if ended:
        underway.end(1)
    assert underway.settled("erp:443") is expected


def test_answer_that_comes_late_ends_the_doubt():
    """The target closed the connection after it; the waiting caller continues."""
    underway = PendingRequests()
    underway.begin(1, "erp:443")
    underway.cut("erp:443")
    answer = threading.Thread(target=underway.end, args=(1,))
    answer.start()
    assert underway.settled("erp:443")
    answer.join()
