"""The one way out of a bot's browser: a forward proxy that is there for one call and one item.

It lets requests only to the places that the target's file lists, whatever redirects, frames,
pictures or sockets a page asks for, and looks at each address after resolving it. It is also the
fence that a target's screen lacks: before anything leaves, it asks whether the item is still held,
and once the page had leave to submit, it asks and sends in one step that no takeover can come
between. It runs in the worker's process, so it stands still when that is frozen, and asks again
when it wakes: a late click of a worker whose item was taken over reaches nothing. And it sends no
request again whose answer was lost; see ``unanswered``.
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
LEAST_ANSWER = 64  # encrypted bytes; the mere end of a connection is shorter, any answer longer
CONNECT_S = 10.0
HEAD_S = 30.0
CHROMIUMS_OWN = frozenset({"content-autofill.googleapis.com"})  # it would be told of every form
_END = b"\r\n\r\n"
_HOP = frozenset(
    {b"connection", b"keep-alive", b"proxy-connection", b"proxy-authorization", b"host", b"te"}
)


class _Refused(Exception):
    """Nothing more goes out on this connection; its text says why."""


@dataclass(slots=True, kw_only=True)
class _Relayed:
    """A browser's connection and the one to the target that belongs to it.

    Attributes:
        up: What the browser sent and the target has not got yet.
        head: What the target sent of an answer whose head is not complete yet.
        down: What the browser is to get of the answer and has not got yet.
        place: Where the latter leads.
        tunnel: Whether what comes through is encrypted, or at least none of our business.
        raw: Whether everything comes through as it is, in a tunnel or after the head.
        sent: How many bytes the target got, and
        digest: the SHA-256 of them.
        since: How many bytes came from the target after the last one that it got.
        answered: Whether the head of an answer came.
        left: Whether the browser gave the request up.
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
    """An open outlet; close it when the call is over.

    Attributes:
        address: What the browser is given as its proxy.
        problems: Why something did not leave, by the place that it was for.
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
        """From now on what leaves may be a submit: ask and send in one step."""
        self._armed.set()

    def announced(self, number: int, place: str, *, changes: bool) -> None:
        """A request leaves in a tunnel to *place*; each may be a submit where there is leave to."""
        if changes or self._armed.is_set():
            self._pending.begin(number, place)

    def answered(self, number: int) -> None:
        """The answer to it is there, or it was given up."""
        self._pending.end(number)

    def repeated(self, place: str) -> None:
        """A page was kept from sending to *place* again what got no answer."""
        self._recorded(place, repeat_refused(place))

    def close(self) -> None:
        """Cut every connection; nothing more leaves."""
        self._closed.set()
        with self._lock:
            connections = [self._listener, *self._open]
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for it
        self._listener.close()

    def explained(self, error: ApplicationException) -> ApplicationException:
        """Return why a page did not come, where that is the outlet's doing, and else *error*."""
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
                    self._relay(
                        _Relayed(
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
        """Return what is known of a request's body, unless it was sent before."""

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
        """Refuse what cannot be judged, such as when the store does not say who holds the item."""
        try:
            yield
        except (_Refused, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may leave for it
            raise self._recorded(place, fence_failed(place, type(error).__name__)) from None

    @contextlib.contextmanager
    def _tracked(self, connection: socket.socket) -> Iterator[socket.socket]:
        """Keep *connection* where ``close`` finds it, and close it in the end."""
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
        """Return a connection to a listed place, at an address of it that was looked at."""
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

    def _relay(self, relayed: _Relayed, head: bytes) -> None:
        """Carry bytes both ways until one side ends; remember a request that got no answer."""
        try:
            self._carry(relayed)
        finally:
            if relayed.tunnel and not relayed.abandoned and relayed.received < LEAST_ANSWER:
                self._pending.cut(relayed.place)
            elif not (relayed.tunnel or relayed.answered or relayed.abandoned):
                self._lost.note(head, relayed.sent, relayed.digest.digest())

    def _carry(self, relayed: _Relayed) -> None:
        relayed.client.setblocking(False)
        relayed.upstream.setblocking(False)
        with selectors.DefaultSelector() as selector:
            while relayed.to_browser or not relayed.ended:
                _watch(
                    selector,
                    relayed.client,
                    write=bool(relayed.to_browser),
                    read=not relayed.to_target,
                )
                _watch(
                    selector,
                    relayed.upstream,
                    write=bool(relayed.to_target),
                    read=not relayed.to_browser,
                )
                for key, events in selector.select():
                    if key.fileobj is relayed.client:
                        _serve_client(relayed, events)
                    else:
                        self._serve_upstream(relayed, events)

    def _serve_upstream(self, relayed: _Relayed, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            if relayed.tunnel:
                self._wait_for_answers(relayed.place)
            count = self._send(relayed.upstream, relayed.to_target)
            if not relayed.tunnel:
                relayed.digest.update(relayed.to_target[:count])
            relayed.sent, relayed.received, relayed.to_target = (
                relayed.sent + count,
                0,
                relayed.to_target[count:],
            )
        if events & selectors.EVENT_READ:
            data = relayed.upstream.recv(CHUNK)
            relayed.ended = not data
            relayed.received += len(data)
            relayed.head += data
            _forward_answer(relayed)

    def _wait_for_answers(self, place: str) -> None:
        """Wait while it is in doubt whether *place* has answered; refuse where it has not."""
        if not self._pending.settled(place):
            raise self._recorded(place, repeat_refused(place))

    def _send(self, upstream: socket.socket, data: bytes) -> int:
        """Send as much as goes without waiting, while the item is held; return how much."""
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


def _serve_client(relayed: _Relayed, events: int) -> None:
    if events & selectors.EVENT_WRITE:
        relayed.to_browser = relayed.to_browser[relayed.client.send(relayed.to_browser) :]
    if events & selectors.EVENT_READ:
        data = b""
        with contextlib.suppress(ConnectionError):
            data = relayed.client.recv(CHUNK)
        relayed.abandoned = not data
        if relayed.abandoned:
            raise _Refused("the browser went away")
        relayed.to_target += data


def _forward_answer(relayed: _Relayed) -> None:
    """Hand on what came from the target; the first head of an answer says that it is the last.

    The browser would otherwise send its next request, perhaps to another place, to this one. An
    interim answer (1xx) is dropped: nothing here asks for one.
    """
    while (
        not relayed.passthrough and _END in relayed.head and relayed.head.startswith(b"HTTP/1.1 1")
    ):
        relayed.head = relayed.head.partition(_END)[2]
    if not relayed.passthrough and _END in relayed.head:
        status, _, rest = relayed.head.partition(b"\r\n")
        relayed.head = status + b"\r\nConnection: close\r\n" + rest
        relayed.passthrough = relayed.answered = True
    if relayed.passthrough or relayed.ended or len(relayed.head) > LONGEST_HEAD:
        relayed.to_browser, relayed.head, relayed.passthrough = (
            relayed.to_browser + relayed.head,
            b"",
            True,
        )


def _watch(
    selector: selectors.BaseSelector, connection: socket.socket, *, write: bool, read: bool
) -> None:
    events = (selectors.EVENT_WRITE if write else 0) | (selectors.EVENT_READ if read else 0)
    if connection in selector.get_map():
        selector.unregister(connection)
    if events:
        selector.register(connection, events)


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of the browser's request without its last empty line, and what follows."""
    received = b""
    while _END not in received:
        data = client.recv(CHUNK)
        if not data or len(received) > LONGEST_HEAD:
            raise _Refused("no request")
        received += data
    head, _, rest = received.partition(_END)
    return head, rest


def _parse_request(head: bytes) -> tuple[bytes, str, int, bytes]:
    """Return a request's method, where it goes, and the head to be sent there; none in a tunnel.

    One request for one connection: so none can be smuggled to a place that was not looked at.
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
