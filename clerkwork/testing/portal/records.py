"""The portal's own database: orders with their lines, read and written with plain SQL.

There is deliberately no unique constraint on the reference: an order that is submitted twice is
saved twice, as in many real systems.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from clerkwork.model.orders import OrderLine, PurchaseOrder

SUPPLIERS = (
    "Northgate Logistics Pte Ltd",
    "Meridian Office Supply Ltd",
    "Blue Harbour Trading GmbH",
    "Kestrel Industrial Parts Inc",
    "Hangzhou Qiantang Paper Co Ltd",
    "上海申通办公用品有限公司",
    "苏州工业园区精工轴承有限公司",
    "深圳市南山电子有限公司",
    "北京华信文具有限公司",
    "Lakeside Packaging Ltd",
)
CURRENCIES = ("CNY", "EUR", "GBP", "HKD", "JPY", "SGD", "USD")
PAGE_SIZE = 20

_SCHEMA = """
CREATE TABLE IF NOT EXISTS orders (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    reference TEXT NOT NULL,
    order_date TEXT NOT NULL,
    supplier TEXT NOT NULL,
    currency TEXT NOT NULL,
    tax TEXT NOT NULL,
    total TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS order_lines (
    order_id INTEGER NOT NULL REFERENCES orders (id),
    position INTEGER NOT NULL,
    code TEXT NOT NULL,
    description TEXT NOT NULL,
    quantity TEXT NOT NULL,
    unit_price TEXT NOT NULL,
    amount TEXT NOT NULL,
    PRIMARY KEY (order_id, position)
);
CREATE INDEX IF NOT EXISTS orders_reference ON orders (reference);
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnteredOrder:
    """An order that is saved in the portal.

    Attributes:
        confirmation: The portal's own number, such as ``PC-000123``.
        order: The order; its ``number`` is the buyer's reference.
    """

    confirmation: str
    order: PurchaseOrder


def prepare(database: Path) -> None:
    """Create the tables of *database* if they are missing."""
    with _connect(database) as db:
        db.executescript(_SCHEMA)


def add(database: Path, order: PurchaseOrder) -> str:
    """Save *order*, even if it is saved already, and return its confirmation number."""
    with _connect(database) as db, db:
        number = db.execute(
            "INSERT INTO orders (reference, order_date, supplier, currency, tax, total)"
            " VALUES (?, ?, ?, ?, ?, ?)",
            (
                order.number,
                order.order_date.isoformat(),
                order.supplier,
                order.currency,
                str(order.tax),
                str(order.total),
            ),
        ).lastrowid
        db.executemany(
            "INSERT INTO order_lines VALUES (?, ?, ?, ?, ?, ?, ?)",
            [
                (number, at, *(str(getattr(line, name)) for name in OrderLine.model_fields))
                for at, line in enumerate(order.lines, 1)
            ],
        )
        return _confirmation(number)


def get(database: Path, confirmation: str) -> EnteredOrder | None:
    """Return the order with this confirmation number, or None."""
    digits = confirmation.removeprefix("PC-")
    with _connect(database) as db:
        row = db.execute("SELECT * FROM orders WHERE id = ?", (digits,)).fetchone()
        return _entered(db, row) if row else None


def search(database: Path, reference: str, page_no: int) -> tuple[int, list[EnteredOrder]]:
    """Return the number of orders that match *reference*, and one page of them, newest first.

    Args:
        database: The portal's SQLite file.
        reference: Any part of the buyer's reference; empty to match all.
        page_no: Number of the page, from 1.
    """
    with _connect(database) as db:
        found = "FROM orders WHERE instr(lower(reference), lower(?))"
        count = db.execute(f"SELECT count(*) {found}", (reference,)).fetchone()[0]
        rows = db.execute(
            f"SELECT * {found} ORDER BY id DESC LIMIT ? OFFSET ?",
            (reference, PAGE_SIZE, (page_no - 1) * PAGE_SIZE),
        ).fetchall()
        return count, [_entered(db, row) for row in rows]


def everything(database: Path) -> list[EnteredOrder]:
    """Return every order, in the order in which they were saved."""
    with _connect(database) as db:
        return [_entered(db, row) for row in db.execute("SELECT * FROM orders ORDER BY id")]


@contextmanager
def _connect(database: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(database, timeout=10)) as db:
        db.row_factory = sqlite3.Row
        yield db


def _confirmation(number: int | None) -> str:
    return f"PC-{number:06d}"


def _entered(db: sqlite3.Connection, row: sqlite3.Row) -> EnteredOrder:
    lines = db.execute(
        "SELECT * FROM order_lines WHERE order_id = ? ORDER BY position", (row["id"],)
    )
    return EnteredOrder(
        confirmation=_confirmation(row["id"]),
        order=PurchaseOrder(
            number=row["reference"],
            order_date=row["order_date"],
            supplier=row["supplier"],
            currency=row["currency"],
            tax=row["tax"],
            total=row["total"],
            lines=[
                OrderLine(**{name: line[name] for name in OrderLine.model_fields}) for line in lines
            ],
        ),
    )
