"""The one way out of a bot's browser: a forward proxy that is there for one call and one item.

It lets requests only to the places that the target's file lists, whatever redirects, frames,
pictures or sockets a page asks for, and looks at each address after resolving it. It is also the
fence that a target's screen lacks: before anything leaves, it asks whether the item is still held,
and once the page had leave to submit, it asks and sends in one step that no takeover can come
between. It runs in the worker's process, so it stands still when that is frozen, and asks again
when it wakes: a late click of a worker whose item was taken over reaches nothing.
"""

import contextlib
import ipaddress
import selectors
import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from clerkwork.errors import ApplicationException
from clerkwork.model.egress import PORTS, Egress, Fence

LONGEST_HEAD = 256 * 1024
CHUNK = 64 * 1024
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
class _Pair:
    """A browser's connection and the one to the target that belongs to it.

    Attributes:
        up: What the browser sent and the target has not got yet.
        head: What the target sent of an answer whose head is not complete yet.
        down: What the browser is to get of the answer and has not got yet.
        raw: Whether everything comes through as it is, in a tunnel or after the head.
    """

    client: socket.socket
    upstream: socket.socket
    up: bytes
    raw: bool
    head: bytes = b""
    down: bytes = b""
    ended: bool = False


class Outlet:
    """An open outlet; close it when the call is over.

    Attributes:
        address: What the browser is given as its proxy.
        problems: Why there was no connection, by the place that was asked for.
    """

    def __init__(self, egress: Egress, fence: Fence) -> None:
        self.problems: dict[str, ApplicationException] = {}
        self._egress = egress
        self._fence = fence
        self._armed = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.address = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="outlet", daemon=True).start()

    def arm(self) -> None:
        """From now on what leaves may be a submit: ask and send in one step."""
        self._armed.set()

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
            threading.Thread(target=self._serve, args=(client,), name="outlet", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError, _Refused), self._known(client):
            client.settimeout(HEAD_S)
            head, rest = _read_head(client)
            method, name, port, onward = _understood(head)
            with self._named(_place(name, port)):
                upstream = self._connected(name, port)
                with self._known(upstream):
                    tunnel = method == b"CONNECT"
                    if tunnel:
                        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                    pair = _Pair(client=client, upstream=upstream, up=onward + rest, raw=tunnel)
                    self._relay(pair)

    @contextlib.contextmanager
    def _named(self, place: str) -> Iterator[None]:
        """Refuse what cannot be judged, such as when the store does not say who holds the item."""
        try:
            yield
        except (_Refused, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - whatever it is, nothing may leave for it
            raise self._noted(place, _not_judged(place, type(error).__name__)) from None

    @contextlib.contextmanager
    def _known(self, connection: socket.socket) -> Iterator[socket.socket]:
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

    def _connected(self, name: str, port: int) -> socket.socket:
        """Return a connection to a listed place, at an address of it that was looked at."""
        place = _place(name, port)
        if name in CHROMIUMS_OWN:
            raise _Refused("no page asked for it")
        if not self._egress.names(name, port):
            raise self._noted(place, _not_listed(place))
        if not self._fence.held():
            raise _Refused("taken over")
        try:
            found = socket.getaddrinfo(name, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # the latter: it cannot be a name
            raise self._unreachable(place, error) from None
        addresses = [str(entry[4][0]) for entry in found]
        allowed = [each for each in addresses if self._allows(name, each)]
        if not allowed:
            raise self._noted(place, _not_public(place, addresses[0]))
        failed = OSError()
        for address in allowed:
            try:
                connection = socket.create_connection((address, port), CONNECT_S)
            except OSError as error:
                failed = error
                continue
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        raise self._unreachable(place, failed)

    def _allows(self, name: str, address: str) -> bool:
        return self._egress.allows(name, ipaddress.ip_address(address))

    def _noted(self, place: str, error: ApplicationException) -> _Refused:
        self.problems[place] = error
        return _Refused(str(error))

    def _unreachable(self, place: str, error: OSError | UnicodeError) -> _Refused:
        return self._noted(
            place,
            ApplicationException(
                "target_unreachable",
                "{place} cannot be reached ({reason}). Check that the system is up and its"
                " address.",
                place=place,
                reason=getattr(error, "strerror", None) or str(error),
            ),
        )

    def _relay(self, pair: _Pair) -> None:
        """Carry bytes both ways until one side ends."""
        pair.client.setblocking(False)
        pair.upstream.setblocking(False)
        with selectors.DefaultSelector() as selector:
            while pair.down or not pair.ended:
                _watch(selector, pair.client, write=bool(pair.down), read=not pair.up)
                _watch(selector, pair.upstream, write=bool(pair.up), read=not pair.down)
                for key, events in selector.select():
                    if key.fileobj is pair.client:
                        _serve_client(pair, events)
                    else:
                        self._serve_upstream(pair, events)

    def _serve_upstream(self, pair: _Pair, events: int) -> None:
        if events & selectors.EVENT_WRITE:
            pair.up = pair.up[self._send(pair.upstream, pair.up) :]
        if events & selectors.EVENT_READ:
            data = pair.upstream.recv(CHUNK)
            pair.ended = not data
            pair.head += data
            _let_down(pair)

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


def _serve_client(pair: _Pair, events: int) -> None:
    if events & selectors.EVENT_WRITE:
        pair.down = pair.down[pair.client.send(pair.down) :]
    if events & selectors.EVENT_READ:
        data = pair.client.recv(CHUNK)
        if not data:
            raise _Refused("the browser went away")
        pair.up += data


def _let_down(pair: _Pair) -> None:
    """Hand on what came from the target; the first head of an answer says that it is the last.

    The browser would otherwise send its next request, perhaps to another place, to this one. An
    interim answer (1xx) is dropped: nothing here asks for one.
    """
    while not pair.raw and _END in pair.head and pair.head.startswith(b"HTTP/1.1 1"):
        pair.head = pair.head.partition(_END)[2]
    if not pair.raw and _END in pair.head:
        status, _, rest = pair.head.partition(b"\r\n")
        pair.head = status + b"\r\nConnection: close\r\n" + rest
        pair.raw = True
    if pair.raw or pair.ended or len(pair.head) > LONGEST_HEAD:
        pair.down, pair.head, pair.raw = pair.down + pair.head, b"", True


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


def _understood(head: bytes) -> tuple[bytes, str, int, bytes]:
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


def _not_listed(place: str) -> ApplicationException:
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}, which is not listed under `egress` in the target's"
        " file.",
        place=place,
    )


def _not_public(place: str, address: str) -> ApplicationException:
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}: its address {address} is not a public one and in no"
        " network listed under `egress` in the target's file.",
        place=place,
        address=address,
    )


def _not_judged(place: str, kind: str) -> ApplicationException:
    return ApplicationException(
        "egress_refused",
        "The browser was kept from {place}: whether the item is still held could not be told"
        " ({reason}).",
        place=place,
        reason=kind,
    )


def _place(name: str, port: int) -> str:
    return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"
