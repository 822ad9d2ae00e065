"""A server that counts who comes to it, and page functions that try to get there."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from clerkwork import Screen

WAYS = {
    "img": "<img src='{trap}/img'>",
    "script": "<script src='{trap}/script'></script>",
    "style": "<link rel=stylesheet href='{trap}/style'>",
    "font": "<style>@font-face{{font-family:f;src:url({trap}/font)}} p{{font-family:f}}</style>"
    "<p>text",
    "frame": "<iframe src='{trap}/frame'></iframe>",
    "object": "<object data='{trap}/object'></object>",
    "fetch": "<script>fetch('{trap}/fetch', {{mode: 'no-cors'}})</script>",
    "beacon": "<script>navigator.sendBeacon('{trap}/beacon', 'x')</script>",
    "websocket": "<script>new WebSocket('{trap}/socket'.replace('http', 'ws'))</script>",
    "event source": "<script>new EventSource('{trap}/events')</script>",
    "worker": "<script>new Worker(URL.createObjectURL(new Blob([\"fetch('{trap}/worker',"
    " {{mode: 'no-cors'}})\"])))</script>",
    "prefetch": "<link rel=prefetch href='{trap}/prefetch'><link rel=preload as=image"
    " href='{trap}/preload'><link rel=preconnect href='{trap}'>",
    "form": "<form method=post action='{trap}/form'></form><script>document.forms[0].submit()"
    "</script>",
    "meta refresh": "<meta http-equiv=refresh content='0; url={trap}/refresh'>",
    "pop-up": "<script>window.open('{trap}/popup')</script>",
    "data frame": "<iframe src=\"data:text/html,<img src='{trap}/data'>\"></iframe>",
    "webrtc": "<script>const c = new RTCPeerConnection({{iceServers: [{{urls:"
    " 'stun:{trap}'.replace('http://', '')}}]}}); c.createDataChannel('x');"
    " c.createOffer().then(o => c.setLocalDescription(o))</script>",
}


@dataclass
class Trap:
    """A server that no request may reach, and a site that links to it.

    Attributes:
        url: Address of the trap.
        site: Address of a site that a target may be; ``/hop`` redirects five times to the trap.
        hits: What arrived.
        seen: The paths that the site was asked for.
    """

    url: str
    site: str
    hits: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)


@contextmanager
def trap() -> Iterator[Trap]:
    """Run a trap and a site until the end of the block."""
    made = Trap(url="", site="")

    class Caught(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            made.hits.append(self.path)
            self.send_error(404)

        do_POST = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_: Any) -> None: ...

    class Site(Caught):
        def do_GET(self) -> None:
            made.seen.append(self.path)
            hop = int(self.path[4:] or 0) if self.path.startswith("/hop") else None
            page = WAYS.get(self.path[1:].replace("%20", " "), "").format(trap=made.url)
            self.send_response(200 if hop is None else 307)
            if hop is not None:
                self.send_header("Location", f"/hop{hop + 1}" if hop < 5 else f"{made.url}/hop")
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(f"<!doctype html><title>site</title>{page}".encode())

        do_POST = do_GET  # noqa: N815 - http.server's name

    with _running(Caught) as (url, port), _running(Site) as (site, _), _datagrams(port, made):
        made.url, made.site = url, site
        yield made


@contextmanager
def _running(handler: type[BaseHTTPRequestHandler]) -> Iterator[tuple[str, int]]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def _datagrams(port: int, made: Trap) -> Iterator[None]:
    listener = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listener.bind(("127.0.0.1", port))
    listener.settimeout(0.1)
    over = threading.Event()

    def listen() -> None:
        while not over.is_set():
            try:
                listener.recv(2048)
            except TimeoutError:
                continue
            made.hits.append("datagram")

    thread = threading.Thread(target=listen)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
        listener.close()


def open_way(screen: Screen, way: str) -> None:
    """Open the page that tries one way, and wait until it has tried."""
    screen.page.goto(f"{screen.base_url}/{way}")
    screen.page.wait_for_load_state("networkidle")
    screen.page.context.pages[-1].wait_for_load_state("networkidle")


def go_to(screen: Screen, address: str) -> None:
    """Open an address."""
    screen.page.goto(address)


def submit_to(screen: Screen, address: str) -> None:
    """Ask for leave, then send a form to an address in the way a page does."""
    screen.page.goto(screen.base_url)
    screen.about_to_submit()
    screen.page.evaluate(
        "address => fetch(address, {method: 'POST', body: 'x', mode: 'no-cors'})", address
    )


def ask_directly(screen: Screen, address: str) -> None:
    """Ask without a page, as Playwright offers it."""
    screen.page.request.post(address, data="x")
