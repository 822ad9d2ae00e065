"""Requests that got no answer although the target may have processed them: none is sent again.

Chromium repeats a request when a kept-alive connection ends before the answer, and many pages
repeat failed requests as well. If the target had processed the first one, one click creates two
records.

Unencrypted requests are recognised by their bytes. For encrypted ones, the child process reports
when a request is sent and when it is answered. If a connection to the same place ends without an
answer in between, the request may have been lost with it.
"""

import hashlib
import threading
from collections.abc import Callable

READING = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
HOLD_S = 10.0


class LostAnswers:
    """The unencrypted requests of one call that were sent and not answered, by their heads."""

    def __init__(self) -> None:
        self._lost: dict[bytes, list[tuple[int, bytes]]] = {}

    def note(self, head: bytes, sent: int, digest: bytes) -> None:
        """Save a lost request.

        Args:
            head: The head of the request.
            sent: Number of bytes that were sent, including the head.
            digest: The SHA-256 of these bytes.
        """
        if sent >= len(head):  # no target can process a request without its whole head
            self._lost.setdefault(head, []).append((sent, digest))

    def repeats(self, head: bytes, body: bytes, more: Callable[[], bytes]) -> tuple[bool, bytes]:
        """Return whether a request repeats a lost one, and the part of its body read so far.

        Args:
            head: The head of the request.
            body: The part of its body that was read already.
            more: Reads the next part of its body.
        """
        for sent, digest in self._lost.get(head, []):
            while len(head) + len(body) < sent:
                body += more()
            if hashlib.sha256((head + body)[:sent]).digest() == digest:
                return True, body
        return False, body


class PendingRequests:
    """The encrypted requests that are waiting for an answer, by number."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._places: dict[int, str] = {}
        self._in_doubt: set[int] = set()

    def begin(self, number: int, place: str) -> None:
        """Record that request *number* is being sent to *place*."""
        with self._changed:
            self._places[number] = place

    def end(self, number: int) -> None:
        """Record that request *number* was answered or cancelled."""
        with self._changed:
            self._places.pop(number, None)
            self._in_doubt.discard(number)
            self._changed.notify_all()

    def cut(self, place: str) -> None:
        """Record that a connection to *place* ended unanswered: each request there is in doubt."""
        with self._changed:
            self._in_doubt |= {number for number, one in self._places.items() if one == place}

    def settled(self, place: str) -> bool:
        """Wait for the requests to *place* that are in doubt; return whether all were answered."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._doubtful(place), HOLD_S)

    def _doubtful(self, place: str) -> bool:
        return any(self._places[number] == place for number in self._in_doubt)
