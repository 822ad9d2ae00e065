"""Announces encrypted requests that may change data to the egress proxy, which cannot read them.

The proxy then prevents the browser from repeating one of them (see ``proxy``). Repeats that the
page itself sends are aborted here. The requests are not forwarded by our own code, because only the
browser has the files and blobs of a body and the certificates that the machine trusts.
"""

import contextlib
import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Request, Route

from clerkwork.children import Channel
from clerkwork.model.project.egress import PORTS

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ENCRYPTED = re.compile(r"https://(?![^?#]*\.(?:css|js|mjs|woff2?)(?:[?#]|$))")
ABORTED = "net::ERR_ABORTED"  # the page itself cancelled it: no answer was lost


def announce_encrypted(context: BrowserContext, channel: Channel) -> None:
    """Announce each encrypted request of *context* that may change data before it is sent.

    Navigations are announced, too: a GET may submit. The proxy ignores them until the page has
    permission to submit.
    """
    sender = _Sender(channel)
    context.route(ENCRYPTED, sender.send)
    context.on("response", lambda response: sender.end(response.request))
    context.on("requestfailed", sender.fail)


class _Sender:
    """Tracks which requests are waiting for an answer, and which failed without one."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers: dict[Request, int] = {}
        self._count = 0
        self._failed: set[tuple[str, str, bytes | None]] = set()

    def send(self, route: Route) -> None:
        """Let the browser send a request, unless an equal one failed without an answer."""
        with contextlib.suppress(Error):  # the page is being closed
            self._send(route)

    def _send(self, route: Route) -> None:
        request = route.request
        changes = request.method not in READING
        if changes and _identity(request) in self._failed:
            self._channel.ask("repeated", _place(request.url))
            route.abort()
            return
        if changes or request.is_navigation_request():
            self._count += 1
            self._numbers[request] = self._count
            self._channel.ask("sending", (self._count, _place(request.url), changes))
        route.continue_()

    def end(self, request: Request) -> None:
        """Record that *request* was answered, or that it failed."""
        if number := self._numbers.pop(request, None):
            self._channel.tell("answered", number)

    def fail(self, request: Request) -> None:
        """Record that *request* failed without an answer."""
        if request in self._numbers and request.failure != ABORTED:
            self._failed.add(_identity(request))
        self.end(request)


def _identity(request: Request) -> tuple[str, str, bytes | None]:
    return request.method, request.url, request.post_data_buffer


def _place(address: str) -> str:
    parts = urlsplit(address)
    name = parts.hostname or ""
    return f"{f'[{name}]' if ':' in name else name}:{parts.port or PORTS[parts.scheme]}"
