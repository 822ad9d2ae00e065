"""The workflow `tryton_orders` as a person runs it, against a real ERP: `make test-tryton`."""

import subprocess
import sys
from decimal import Decimal

import pytest

from clerkwork import OrderLine, PurchaseOrder
from clerkwork.testing.portal import SUPPLIERS
from clerkwork.testing.tryton import Place, Tryton
from clerkwork.testing.tryton.install import PRODUCTS
from tests.fixtures_project import HOME, Project

PLACE = Place(HOME / "var" / "tryton")
CODES = ("PAP-A4", "ZX-001", "VLV-2")


def order() -> PurchaseOrder:
    prices = (Decimal("4.50"), Decimal("12.30"), Decimal("99.95"))
    lines = [
        OrderLine(
            code=code,
            description=PRODUCTS[code],
            quantity=Decimal(3),
            unit_price=price,
            amount=3 * price,
        )
        for code, price in zip(CODES, prices, strict=True)
    ]
    return PurchaseOrder.model_validate(
        {
            "number": "PO-TRYTON-1",
            "order_date": "2026-11-05",
            "supplier": SUPPLIERS[5],
            "currency": "SGD",
            "lines": lines,
            "tax": "0",
            "total": sum(line.amount for line in lines),
        }
    )


@pytest.mark.skipif(not PLACE.seeded.exists(), reason="needs `make test-tryton`, which installs it")
def test_order_is_confirmed_in_tryton_exactly_once(project: Project, monkeypatch) -> None:
    """However often the same order is handed over, it is there once, with every line."""
    file = project.root / "order.json"
    file.write_text(order().model_dump_json(), "utf-8")
    with Tryton(PLACE, project.root / "tryton") as tryton:
        monkeypatch.setenv("CLERKWORK_TRYTON_URL", tryton.url)
        monkeypatch.setenv("CLERKWORK_TRYTON_PASSWORD", tryton.password)
        done = [
            subprocess.run(
                [sys.executable, "-m", "clerkwork", "run", "tryton_orders", str(file)],
                cwd=project.root,
                env=project.environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            for _ in range(2)
        ]
        entered = [one.order.digest() for one in tryton.orders()]
    said = "\n".join(one.stdout + one.stderr for one in done)
    assert ([one.returncode for one in done], entered) == ([0, 0], [order().digest()]), said
