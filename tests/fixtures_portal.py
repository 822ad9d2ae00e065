"""A running portal, a warm browser, and a way to call a bot's pages on them."""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from clerkwork import OrderLine, PurchaseOrder, clock
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.files.targets import load_targets
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ClerkworkError
from clerkwork.model.project.egress import Fence
from clerkwork.model.project.targets import Target
from clerkwork.testing.portal import Faults, Portal

HOME = Path(__file__).parents[1]
PAUSE = threading.Event()  # never set: gives the processor away between two looks


def eventually(condition: Callable[[], Any], within: timedelta = timedelta(seconds=10)) -> bool:
    """Return whether *condition* comes true before the time is over."""
    deadline = clock.monotonic() + within
    while not (reached := bool(condition())) and clock.monotonic() < deadline:
        PAUSE.wait(0.02)
    return reached


def make_order(number: str = "PO-2026-0001", **changes: Any) -> PurchaseOrder:
    """Return an order of four lines, English and Chinese, whose sums add up."""
    rows = [
        ("PAP-A4", "Copy paper A4, 80 g/m²", "25", "4.5000"),
        ("BRG-6204", "深沟球轴承 6204-2RS", "12", "18.2500"),
        ("CBL-3X1", 'Cable 3×1.5 mm², "halogen-free" <LSZH>', "7.5", "2.3333"),
        ("标签-01", "不干胶标签 100×150", "1200", "0.0875"),
    ]
    lines = [
        OrderLine(
            code=code,
            description=text,
            quantity=Decimal(quantity),
            unit_price=Decimal(price),
            amount=(Decimal(quantity) * Decimal(price)).quantize(Decimal("0.01")),
        )
        for code, text, quantity, price in rows
    ]
    tax = Decimal("31.20")
    data = {
        "number": number,
        "order_date": "2026-11-02",
        "supplier": "苏州工业园区精工轴承有限公司",
        "currency": "CNY",
        "lines": lines,
        "tax": tax,
        "total": sum((line.amount for line in lines), tax),
    }
    return PurchaseOrder.model_validate(data | changes)


def as_form(order: PurchaseOrder) -> dict[str, Any]:
    """Return *order* as the portal's form sends it."""
    data = order.model_dump(mode="json", exclude={"lines"})
    lines = [line.model_dump(mode="json") for line in order.lines]
    return data | {name: [line[name] for line in lines] for name in OrderLine.model_fields}


@dataclass
class Visitor:
    """Calls functions on the portal's pages and records what they reported to the worker."""

    host: BrowserHost
    target: Target
    evidence: Path
    messages: list[tuple[str, Any]] = field(default_factory=list)
    answer: Callable[[], None] = lambda: None

    def __call__(
        self, function: Callable[..., Any], *arguments: Any, fence: Fence | None = None
    ) -> Any:
        """Return what *function* returns on a fresh page of the portal."""
        return self.host.call(self.target, function, *arguments, on_message=self._hear, fence=fence)

    def fails(
        self, function: Callable[..., Any], *arguments: Any, fence: Fence | None = None
    ) -> ClerkworkError:
        """Return the error that *function* ends with."""
        with pytest.raises(ClerkworkError) as caught:
            self(function, *arguments, fence=fence)
        return caught.value

    def kept(self) -> list[str]:
        """Return the names of what was kept, in sequence, but for traces.

        Whether a call is traced depends on the calls before it.
        """
        names = [data["name"] for kind, data in self.messages if kind == "evidence"]
        return [name for name in names if name != "trace"]

    def _hear(self, kind: str, data: Any) -> None:
        self.messages.append((kind, data))
        if kind == "about_to_submit":
            self.answer()


@pytest.fixture(scope="session")
def running_portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    with Portal(tmp_path_factory.mktemp("portal") / "portal.db") as portal:
        yield portal


@pytest.fixture
def portal(running_portal: Portal) -> Iterator[Portal]:
    """A running portal without orders and without faults."""
    with closing(sqlite3.connect(running_portal.database)) as db, db:
        db.executescript("DELETE FROM order_lines; DELETE FROM orders;")
    running_portal.set_faults(Faults())
    yield running_portal
    running_portal.set_faults(Faults())


@pytest.fixture
def clerk(portal: Portal) -> Iterator[httpx.Client]:
    """A logged-in client without a browser."""
    with httpx.Client(base_url=portal.url, timeout=20) as client:
        client.post("/login", data={"username": portal.username, "password": portal.password})
        yield client


@pytest.fixture(scope="session")
def warm_browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BrowserHost]:
    host = BrowserHost(BrowserSettings(), tmp_path_factory.getbasetemp() / "evidence")
    yield host
    host.close()


@pytest.fixture
def visitor(
    portal: Portal, warm_browser: BrowserHost, tmp_path_factory: pytest.TempPathFactory
) -> Visitor:
    """A caller of the portal's pages in a real browser."""
    variables = {"CLERKWORK_PORTAL_URL": portal.url, "CLERKWORK_PORTAL_PASSWORD": portal.password}
    shipped = load_targets(HOME, variables)["portal"]
    target = shipped.model_copy(update={"call_timeout_s": 60})
    return Visitor(warm_browser, target, tmp_path_factory.getbasetemp() / "evidence")
