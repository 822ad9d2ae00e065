"""A target that takes every request and loses answers, and page functions that send to it."""

import datetime as dt
import http.server
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from clerkwork.browser.page.screen import PlaywrightScreen

FILE = b"0123456789abcdef" * 200_000
PAGE = b"""<!doctype html><title>target</title><h1>Orders</h1>
<form method=post action=/new><button>New order</button></form>
<form method=post action=/files enctype=multipart/form-data><label>Receipt <input type=file name=f>
</label><button>Upload</button></form>"""
CLICK = "click"
WAYS = {
    CLICK: "",
    "form": "() => document.forms[0].requestSubmit()",
    "fetch": "() => fetch('/new', {method: 'POST', body: 'a=1'}).catch(() => {})",
    "put": "() => fetch('/new', {method: 'PUT', body: '{}'}).catch(() => {})",
    "delete": "() => fetch('/new', {method: 'DELETE'}).catch(() => {})",
    "page that tries again": """async () => {
      for (let time = 0; time < 3; time += 1)
        if (await fetch('/new', {method: 'POST', body: 'a=1'}).catch(() => null)) break;
    }""",
}
TWO = """async () => {
  await fetch('/new', {method: 'POST', body: 'a=1'}).catch(() => {});
  await fetch('/other', {method: 'POST', body: 'a=1'}).catch(() => {});
}"""
UPLOADS = {
    "form": "() => document.forms[1].requestSubmit()",
    "form data": """() => { const data = new FormData();
      data.append("f", document.querySelector("[type=file]").files[0]);
      return fetch("/files", {method: "POST", body: data}).catch(() => {}); }""",
    "file": """() => fetch("/files", {method: "PUT",
      body: document.querySelector("[type=file]").files[0]}).catch(() => {})""",
    "blob": """async () => { const [file] = document.querySelector("[type=file]").files;
      const blob = new Blob([await file.arrayBuffer()]);
      await fetch("/files", {method: "POST", body: blob}).catch(() => {}); }""",
}


@dataclass
class LossyTarget:
    """A running target.

    Attributes:
        url: Its address.
        losing: How many answers to requests that change something it still loses.
        taken: Method, path, and whether the whole file was in it, of each such request.
    """

    url: str
    losing: int = 0
    taken: list[tuple[str, str, bool]] = field(default_factory=list)


@contextmanager
def lossy_target(certificate: Path | None = None) -> Iterator[LossyTarget]:
    """Run a target, by https where there is a certificate."""
    made = LossyTarget(url="")

    class Answers(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(PAGE)))
            self.end_headers()
            self.wfile.write(PAGE)

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            made.taken.append((self.command, self.path, FILE in body))
            if made.losing > 0:
                made.losing -= 1
                self.close_connection = True
                linger = struct.pack("ii", 1, 0)
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                self.connection.close()
            else:
                self.do_GET()

        do_PUT = do_DELETE = do_POST  # noqa: N815 - http.server's names

        def log_message(self, *_: Any) -> None: ...

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # of a lost connection
    if certificate is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    made.url = f"http{'s' if certificate else ''}://127.0.0.1:{server.server_port}"
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()


def write_certificate(file: Path) -> None:
    """Write a key and a certificate for 127.0.0.1 that signs itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "lossy target")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, start, start.replace(year=2120))
        .add_extension(x509.SubjectAlternativeName([address]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    kinds = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    text = key.private_bytes(serialization.Encoding.PEM, *kinds)
    file.write_bytes(text + signed.public_bytes(serialization.Encoding.PEM))


def send(screen: PlaywrightScreen, way: str) -> None:
    """Send a request that changes something in one of the ways."""
    _open(screen)
    if way == CLICK:
        _do(screen, lambda: screen.click("New order"))
    else:
        _do(screen, lambda: screen.page.evaluate(WAYS[way]))


def send_two(screen: PlaywrightScreen) -> None:
    """Send two requests that change something, one after the other."""
    _open(screen)
    _do(screen, lambda: screen.page.evaluate(TWO))


def upload(screen: PlaywrightScreen, way: str, file: str) -> None:
    """Send a file in one of the ways, with leave to submit."""
    _open(screen)
    screen.page.set_input_files("[type=file]", file)
    screen.about_to_submit()
    _do(screen, lambda: screen.page.evaluate(UPLOADS[way]))


def _open(screen: PlaywrightScreen) -> None:
    page = screen.page
    trust = page.context.new_cdp_session(page)
    trust.send("Security.setIgnoreCertificateErrors", {"ignore": True})
    page.goto(screen.base_url)


def _do(screen: PlaywrightScreen, act: Callable[[], Any]) -> None:
    """Act on the page and wait until what that sent has come to an end."""
    ended: list[str] = []
    for event in ("requestfinished", "requestfailed"):
        screen.page.on(event, lambda request: ended.append(request.method))  # type: ignore[call-overload] # it takes literals only
    act()
    while not set(ended) - {"GET"}:
        screen.page.wait_for_timeout(20)
