"""Requests that a target may have taken though their answer did not come: none is sent again.

Chromium by itself sends a request a second time when a kept connection ends before its answer
came, and so do many pages; for a target that had taken the first one, that is a duplicate after one
click. What can be read on its way is recognised by its bytes. What is encrypted cannot be; there,
the page's side says when such a request leaves and when its answer is there, and a connection that
ends in between without any answer may have been the one that it left by.
"""

import hashlib
import threading
from collections.abc import Callable

READING = frozenset({b"GET", b"HEAD", b"OPTIONS", b"TRACE"})
HOLD_S = 10.0


class LostAnswers:
    """The requests of one call that left and were not answered, by their heads."""

    def __init__(self) -> None:
        self._lost: dict[bytes, list[tuple[int, bytes]]] = {}

    def note(self, head: bytes, sent: int, digest: bytes) -> None:
        """Remember a request of which *sent* bytes left, head included, and their SHA-256."""
        if sent >= len(head):  # of less, no target can have taken anything
            self._lost.setdefault(head, []).append((sent, digest))

    def repeats(self, head: bytes, body: bytes, more: Callable[[], bytes]) -> tuple[bool, bytes]:
        """Return whether a request is one of them, and its body as far as it was read for that.

        Args:
            head: Of the request.
            body: What was read of its body.
            more: Reads on in its body.
        """
        for sent, digest in self._lost.get(head, []):
            while len(head) + len(body) < sent:
                body += more()
            if hashlib.sha256((head + body)[:sent]).digest() == digest:
                return True, body
        return False, body


class PendingRequests:
    """The encrypted requests that wait for their answer, by number."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._places: dict[int, str] = {}
        self._in_doubt: set[int] = set()

    def begin(self, number: int, place: str) -> None:
        """A request leaves for *place*."""
        with self._changed:
            self._places[number] = place

    def end(self, number: int) -> None:
        """Its answer is there, or it was given up."""
        with self._changed:
            self._places.pop(number, None)
            self._in_doubt.discard(number)
            self._changed.notify_all()

    def cut(self, place: str) -> None:
        """A connection to *place* has ended without an answer, which may be to any of them."""
        with self._changed:
            self._in_doubt |= {number for number, one in self._places.items() if one == place}

    def settled(self, place: str) -> bool:
        """Return whether no answer from *place* is lost; waits for those that are in doubt."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._doubtful(place), HOLD_S)

    def _doubtful(self, place: str) -> bool:
        return any(self._places[number] == place for number in self._in_doubt)
