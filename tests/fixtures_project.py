"""A whole project in a temporary folder: the shipped bots, workflows and settings, and a portal."""

import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loguru import logger

from clerkwork import OrderLine, PurchaseOrder, clock
from clerkwork.app import App, open_app
from clerkwork.model.work.items import NewItem
from clerkwork.testing.portal import Portal

HOME = Path(__file__).resolve().parent.parent
PATIENCE = timedelta(seconds=90)
PAUSE = threading.Event()  # never set: gives the processor away between two looks
PASSWORD = "portal-demo"


def until(condition: Callable[[], Any], what: str, patience: timedelta = PATIENCE) -> Any:
    """Return what *condition* returns as soon as it is true."""
    deadline = clock.monotonic() + patience
    while clock.monotonic() < deadline:
        if found := condition():
            return found
        PAUSE.wait(0.05)
    raise AssertionError(f"not within {patience}: {what}")


def make_order(number: str, **changes: Any) -> PurchaseOrder:
    """Return an order of two lines that the bot enters without a doubt."""
    lines = [
        OrderLine(
            code="M49497",
            description="Bearing 6205-2RS",
            quantity=Decimal(12),
            unit_price=Decimal("334.50"),
            amount=Decimal("4014.00"),
        ),
        OrderLine(
            code="K77380",
            description="办公椅 Ergonomic chair",
            quantity=Decimal(3),
            unit_price=Decimal("14.43"),
            amount=Decimal("43.29"),
        ),
    ]
    values = {
        "number": number,
        "order_date": date(2026, 11, 2),
        "supplier": "上海申通办公用品有限公司",
        "currency": "CNY",
        "lines": lines,
        "tax": Decimal("0.00"),
        "total": Decimal("4057.29"),
    }
    return PurchaseOrder.model_validate({**values, **changes})


@dataclass
class Project:
    """A project on disk with a running portal; workers are processes of their own."""

    root: Path
    portal: Portal
    app: App
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONPATH": str(HOME)}

    def spawn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start a Python process in the project; it is killed when the test ends."""
        with (self.root / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=self.root,
                env=self.environment(),
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        return self.spawn("-m", "clerkwork", "work")

    def submit(self, order: PurchaseOrder) -> int:
        new = NewItem(
            workflow="purchase_orders",
            reference=order.number,
            payload=order.model_dump(mode="json"),
            group_key=order.number,
        )
        return self.app.engine.submit(new).item_id


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Project]:
    logger.remove()
    root = tmp_path / "project"
    for folder in ("bots", "workflows", "config"):
        shutil.copytree(HOME / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    with Portal(tmp_path / "portal.db", password=PASSWORD) as portal:
        monkeypatch.setenv("CLERKWORK_PORTAL_URL", portal.url)
        monkeypatch.setenv("CLERKWORK_PORTAL_PASSWORD", PASSWORD)
        app = open_app(root)
        made = Project(root=root, portal=portal, app=app)
        yield made
        for process in made.processes:
            process.kill()
            process.wait()
        app.close()
