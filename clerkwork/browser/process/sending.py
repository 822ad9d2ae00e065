"""Tells the call's proxy of encrypted requests that change something, which it cannot read.

The proxy sees to it that the browser sends none of them a second time (see ``proxy``); that no
page does so is seen to here. The browser sends them itself: only it knows the files and blobs of a
body, and only it trusts what the machine trusts.
"""

import contextlib
import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Error, Request, Route

from clerkwork.children import Channel
from clerkwork.model.project.egress import PORTS

READING = frozenset({"GET", "HEAD", "OPTIONS"})
ENCRYPTED = re.compile(r"https://(?![^?#]*\.(?:css|js|mjs|woff2?)(?:[?#]|$))")
ABORTED = "net::ERR_ABORTED"  # by the page itself: no answer was lost


def announce_encrypted(context: BrowserContext, channel: Channel) -> None:
    """Tell of each encrypted request of *context* that may change something before it leaves.

    Opening a page may do so only where there is leave to submit, which the proxy knows.
    """
    sender = _Sender(channel)
    context.route(ENCRYPTED, sender.send)
    context.on("response", lambda response: sender.end(response.request))
    context.on("requestfailed", sender.fail)


class _Sender:
    """Knows which requests wait for their answer, and which never got one."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._numbers: dict[Request, int] = {}
        self._count = 0
        self._failed: set[tuple[str, str, bytes | None]] = set()

    def send(self, route: Route) -> None:
        """Let the browser send a request, unless an equal one got no answer."""
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
        """Its answer is there, or the browser has given it up."""
        if number := self._numbers.pop(request, None):
            self._channel.tell("answered", number)

    def fail(self, request: Request) -> None:
        """There will be no answer."""
        if request in self._numbers and request.failure != ABORTED:
            self._failed.add(_identity(request))
        self.end(request)


def _identity(request: Request) -> tuple[str, str, bytes | None]:
    return request.method, request.url, request.post_data_buffer


def _place(address: str) -> str:
    parts = urlsplit(address)
    name = parts.hostname or ""
    return f"{f'[{name}]' if ':' in name else name}:{parts.port or PORTS[parts.scheme]}"
