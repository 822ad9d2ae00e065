"""The egress proxy: the only way out of a bot's browser, created for one call and one item.

- It forwards only to the places listed in the target's file, including redirects, frames, images
  and sockets, and checks each address after resolving it.
- It is a fence: before it sends anything, it checks that this worker still holds the item. Once the
  page has permission to submit, it checks and sends in one step, so that no takeover can happen in
  between.
- It runs in the worker's process. If that is frozen, the proxy stops as well, and checks again when
  it continues: a late click of a worker that lost its item has no effect.
- It never repeats a request whose answer was lost; see ``unanswered``.
"""

import contextlib
import hashlib
import ipaddress
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from clerkwork.browser.process.refusals import (
    fence_failed,
    not_listed,
    not_public,
    repeat_refused,
    unreachable,
)
from clerkwork.browser.process.unanswered import READING, LostAnswers, PendingRequests
from clerkwork.errors import ApplicationException
from clerkwork.model.project.egress import PORTS, Egress, Fence

LONGEST_HEAD = 256 * 1024
CHUNK = 64 * 1024
LEAST_ANSWER = 64  # encrypted bytes; closing a connection takes fewer, any answer takes more
CONNECT_S = 10.0
HEAD_S = 30.0
CHROMIUMS_OWN = frozenset({"content-autofill.googleapis.com"})  # Chromium would send it every form
_END = b"\r\n\r\n"
_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"host", b"te"}
)


class _Refused(Exception):
    """Nothing more is sent on this connection; the text says why."""


@dataclass(slots=True, kw_only=True)
class _Relay:
    """A connection of the browser, relayed to a connection to the target.

    Attributes:
        client: The browser's connection.
        upstream: The connection to the target.
        to_target: Bytes of the browser that are still to be sent to the target.
        place: Host and port of the target.
        tunnel: Whether it is a CONNECT tunnel, whose bytes are not interpreted.
        passthrough: Whether bytes of the target are forwarded unchanged: in a tunnel, or after the
            head of the answer.
        sent: Number of bytes sent to the target.
        digest: SHA-256 of these bytes, except in a tunnel.
        head: Received bytes of an answer whose head is not complete yet.
        to_browser: Bytes of the target that are still to be sent to the browser.
        ended: Whether the target has closed its side.
        received: Number of bytes received from the target since the last one sent to it.
        answered: Whether the head of an answer has arrived.
        abandoned: Whether the browser has closed its side.
    """

    client: socket.socket
    upstream: socket.socket
    to_target: bytes
    place: str
    tunnel: bool
    passthrough: bool
    sent: int = 0
    digest: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    head: bytes = b""
    to_browser: bytes = b""
    ended: bool = False
    received: int = 0
    answered: bool = False
    abandoned: bool = False


class EgressProxy:
    """A listening proxy; close it when the call is over.

    Attributes:
        address: URL of the proxy, for the browser.
        problems: The reasons why requests were not sent, by place.
    """

    def __init__(self, egress: Egress, fence: Fence) -> None:
        self.problems: dict[str, ApplicationException] = {}
        self._pending = PendingRequests()
        self._lost = LostAnswers()
        self._egress = egress
        self._fence = fence
        self._armed = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="egress-proxy", daemon=True).start()

    def arm(self) -> None:
        """Check the fence and send in one step from now on, because a request may be a submit."""
        self._armed.set()

    def announced(self, number: int, place: str, *, changes: bool) -> None:
        """Track an encrypted request to *place* if it changes data or may be the submit."""
        if changes or self._armed.is_set():
            self._pending.begin(number, place)

    def answered(self, number: int) -> None:
        """Stop tracking request *number*: it was answered or cancelled."""
        self._pending.end(number)

    def repeated(self, place: str) -> None:
        """Record that a page tried to repeat a request to *place* that got no answer."""
        self._recorded(place, repeat_refused(place))

    def close(self) -> None:
        """Close every connection; nothing more is sent."""
        self._closed.set()
        with self._lock:
            connections = [self._listener, *self._open]
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that is waiting for it
        self._listener.close()

    def explained(self, error: ApplicationException) -> ApplicationException:
        """Return the proxy's reason for *error* if a page was unreachable because of the proxy."""
        if error.code != "target_unreachable":
            return error
        address = urlsplit(error.facts.get("place", ""))
        port = address.port or PORTS.get(address.scheme, 0)
        return self.problems.get(_place(address.hostname or "", port), error)

    def _accept(self) -> None:
        while not self._closed.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:  # closed
                return
            threading.Thread(
                target=self._serve, args=(client,), name="egress-proxy", daemon=True
            ).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, _Refused), self._tracked(client):
            client.settimeout(HEAD_S)
            head, rest = _read_head(client)
            method, name, port, forwarded = _parse_request(head)
            place, tunnel = _place(name, port), method == b"CONNECT"
            with self._reporting_failures(place):
                if not tunnel and (method not in READING or self._armed.is_set()):
                    rest = self._refuse_repeat(client, place, forwarded, rest)
                upstream = self._connect(name, port)
                with self._tracked(upstream):
                    if tunnel:
                        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    self._forward(
                        _Relay(
                            client=client,
                            upstream=upstream,
                            to_target=forwarded + rest,
                            place=place,
                            tunnel=tunnel,
                            passthrough=tunnel,
                        ),
                        forwarded,
                    )

    def _refuse_repeat(self, client: socket.socket, place: str, head: bytes, rest: bytes) -> bytes:
        """Refuse a request that repeats a lost one; return the part of its body read so far."""

        def more() -> bytes:
            if data := client.recv(CHUNK):
                return data
            raise _Refused("the browser went away")

        repeated, body = self._lost.repeats(head, rest, more)
        if repeated:
            raise self._recorded(place, repeat_refused(place))
        return body

    @contextlib.contextmanager
    def _reporting_failures(self, place: str) -> Iterator[None]:
        """Turn an unexpected error, such as a failed check of the fence, into a refusal."""
        try:
            yield
        except (_Refused, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - after any failure, nothing may be sent
            raise self._recorded(place, fence_failed(place, type(error).__name__)) from None

    @contextlib.contextmanager
    def _tracked(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Register *connection* so that ``close`` can end it; close it at the end."""
        with connection:
            with self._lock:
                self._open.add(connection)
            try:
                if self._closed.is_set():
                    raise _Refused("closed")
                yield connection
            finally:
                with self._lock:
                    self._open.discard(connection)

    def _connect(self, name: str, port: int) -> socket.socket:
        """Return a connection to a listed place, at an address that was checked."""
        place = _place(name, port)
        if name in CHROMIUMS_OWN:
            raise _Refused("no page asked for it")
        if not self._egress.names(name, port):
            raise self._recorded(place, not_listed(place))
        if not self._fence.held():
            raise _Refused("taken over")
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter: it cannot be a name
            raise self._recorded(place, unreachable(place, error)) from None
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [each for each in addresses if self._allows(name, each)]
        if not allowed:
            raise self._recorded(place, not_public(place, addresses[0]))
        failed = OSError()
        for address in allowed:
            try:
                connection = socket.create_connection((address, port), CONNECT_S)
            except OSError as error:
                failed = error
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        raise self._recorded(place, unreachable(place, failed))

    def _allows(self, name: str, address: str) -> bool:
        return self._egress.allows(name, ipaddress.ip_address(address))

    def _recorded(self, place: str, error: ApplicationException) -> _Refused:
        self.problems[place] = error
        return _Refused(str(error))

    def _forward(self, relay: _Relay, head: bytes) -> None:
        """Forward bytes both ways until one side ends; save a request that got no answer."""
        try:
            self._carry(relay)
        finally:
            if relay.tunnel and not relay.abandoned and relay.received < LEAST_ANSWER:
                self._pending.cut(relay.place)
            elif not (relay.tunnel or relay.answered or relay.abandoned):
                self._lost.note(head, relay.sent, relay.digest.digest())

    def _carry(self, relay: _Relay) -> None:
        relay.client.setblocking(False)
        relay.upstream.setblocking(False)
        with selectors.DefaultSelector() as selector:
            while relay.to_browser or not relay.ended:
                _watch(
                    selector,
                    relay.client,
                    write=bool(relay.to_browser),
                    read=not relay.to_target,
                )
                _watch(
                    selector,
                    relay.upstream,
                    write=bool(relay.to_target),
                    read=not relay.to_browser,
                )
                for key, events in selector.select():
                    if key.fileobj is relay.client:
                        _serve_client(relay, events)
                    else:
                        self._serve_upstream(relay, events)

    def _serve_upstream(self, relay: _Relay, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            if relay.tunnel:
                self._wait_for_answers(relay.place)
            count = self._send(relay.upstream, relay.to_target)
            if not relay.tunnel:
                relay.digest.update(relay.to_target[:count])
            relay.sent, relay.received = relay.sent + count, 0
            relay.to_target = relay.to_target[count:]
        if events & selectors.EVENT_READ:
            data = relay.upstream.recv(CHUNK)
            relay.ended = not data
            relay.received += len(data)
            relay.head += data
            _forward_answer(relay)

    def _wait_for_answers(self, place: str) -> None:
        """Wait for requests to *place* that are in doubt; refuse to send if one was lost."""
        if not self._pending.settled(place):
            raise self._recorded(place, repeat_refused(place))

    def _send(self, upstream: socket.socket, data: bytes) -> int:
        """Send without blocking if this worker holds the item; return the number of bytes sent."""
        if self._closed.is_set():
            raise _Refused("closed")
        if not self._armed.is_set():
            if not self._fence.held():
                raise _Refused("taken over")
            return upstream.send(data)
        with self._fence.passing() as held:
            if not held:
                raise _Refused("taken over")
            return upstream.send(data)


def _serve_client(relay: _Relay, events: int) -> None:
    if events & selectors.EVENT_WRITE:
        relay.to_browser = relay.to_browser[relay.client.send(relay.to_browser) :]
    if events & selectors.EVENT_READ:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = relay.client.recv(CHUNK)
        relay.abandoned = not data
        if relay.abandoned:
            raise _Refused("the browser went away")
        relay.to_target += data


def _forward_answer(relay: _Relay) -> None:
    """Forward received bytes; add ``Connection: close`` to the head of the answer.

    Without it, the browser would reuse the connection for its next request, perhaps to another
    place. Interim answers (1xx) are dropped, because nothing here asks for one.
    """
    while not relay.passthrough and _END in relay.head and relay.head.startswith(b"HTTP/1.1 1"):
        relay.head = relay.head.partition(_END)[2]
    if not relay.passthrough and _END in relay.head:
        status, _, rest = relay.head.partition(b"\r\n")
        relay.head = status + b"\r\nConnection: close\r\n" + rest
        relay.passthrough = relay.answered = True
    if relay.passthrough or relay.ended or len(relay.head) > LONGEST_HEAD:
        relay.to_browser += relay.head
        relay.head, relay.passthrough = b"", True


def _watch(
    selector: selectors.BaseSelector, connection: socket.socket, *, write: bool, read: bool
) -> None:
    events = (selectors.EVENT_WRITE if write else 0) | (selectors.EVENT_READ if read else 0)
    if connection in selector.get_map():
        selector.unregister(connection)
    if events:
        selector.register(connection, events)


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of the browser's request without its final empty line, and the rest."""
    received = b""
    while _END not in received:
        data = client.recv(CHUNK)
        if not data or len(received) > LONGEST_HEAD:
            raise _Refused("no request")
        received += data
    head, _, rest = received.partition(_END)
    return head, rest


def _parse_request(head: bytes) -> tuple[bytes, str, int, bytes]:
    """Return a request's method, host, port and the head to forward (empty for a tunnel).

    The new head allows one request per connection, so that no second request can be smuggled to a
    place that was not checked.
    """
    first, *lines = head.split(b"\r\n")
    method, _, address = first.partition(b" ")
    target = address.decode("ascii", "replace").rpartition(" ")[0]
    try:
        parts = urlsplit(f"//{target}" if method == b"CONNECT" else target)
        name, port = parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)
    except ValueError:
        raise _Refused("not an address") from None
    if method == b"CONNECT":
        return method, name, port, b""
    if parts.scheme != "http":
        raise _Refused("not an address")
    kept = [line for line in lines if line.partition(b":")[0].strip().lower() not in _HOP]
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    host = parts.netloc.rpartition("@")[2]
    start = [f"{method.decode()} {path} HTTP/1.1".encode(), f"Host: {host}".encode()]
    return method, name, port, b"\r\n".join([*start, b"Connection: close", *kept, b"", b""])


def _place(name: str, port: int) -> str:
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
