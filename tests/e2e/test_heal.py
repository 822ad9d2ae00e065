"""A page of the portal that changes: its field is found, flagged, proposed, and accepted."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from clerkwork.browser.locate.fingerprints import FingerprintStore
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from tests.fixtures_project import Project, make_order

KEPT = ("content-type", "location", "set-cookie")


class ChangedPortal(ThreadingHTTPServer):
    """Forwards requests to the portal; after its redesign, one form field has a new name."""

    def __init__(self, portal: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.portal = portal
        self.renewed = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: ChangedPortal

    def do_GET(self) -> None:
        self._hand_on(b"")

    def do_POST(self) -> None:
        self._hand_on(self.rfile.read(int(self.headers["Content-Length"])))

    def _hand_on(self, body: bytes) -> None:
        sent = {
            name: self.headers[name] for name in ("Cookie", "Content-Type") if self.headers[name]
        }
        address = self.server.portal + self.path
        answer = httpx.request(self.command, address, content=body, headers=sent, timeout=30)
        page = answer.content
        if self.server.renewed and self.path == "/orders/new":
            page = page.replace(b"<label>Order date <input", b"<label>Issued at <input")
        self.send_response(answer.status_code)
        for name, value in answer.headers.multi_items():
            if name in KEPT:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(page)))
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def changing(project: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[ChangedPortal]:
    """The project's portal behind a server that can renew its form."""
    with ChangedPortal(project.portal.url) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("CLERKWORK_PORTAL_URL", server.url)
        yield server
        server.shutdown()


def clerkwork(project: Project, *arguments: str) -> str:
    """Return what the command says; it has to end well."""
    done = subprocess.run(
        [sys.executable, "-m", "clerkwork", *arguments],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def entered(project: Project, number: str) -> tuple[bool, list[str]]:
    """Enter an order; return whether the portal has it, and all orders flagged so far."""
    order = make_order(number)
    file = project.root / "order.json"
    file.write_text(order.model_dump_json(), encoding="utf-8")
    clerkwork(project, "run", "purchase_orders", str(file))
    with project.app.store.read() as db:
        flagged = [one.reference for one in items.search(db, Filter(healed=True))]
    return [one.order for one in project.portal.orders()].count(order) == 1, flagged


@pytest.mark.slow
def test_changed_field_is_entered_flagged_proposed_and_known_once_accepted(
    project: Project, changing: ChangedPortal
) -> None:
    """The order is entered as it should be all the while, and only the one item is flagged."""
    before = entered(project, "PO-BEFORE")
    clerkwork(project, "heal", "accept", "portal")
    changing.renewed = True
    changed = entered(project, "PO-CHANGED")
    shown = clerkwork(project, "heal", "show", "portal").splitlines()
    clerkwork(project, "heal", "accept", "portal")
    after = entered(project, "PO-AFTER")
    assert (before, changed, shown[:3], after, FingerprintStore(project.root).proposals()) == (
        (True, []),
        (True, ["PO-CHANGED"]),
        ["portal: Order date", "  - label: Order date", "  + label: Issued at"],
        (True, ["PO-CHANGED"]),
        {},
    )
