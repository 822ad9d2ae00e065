"""Runs a separate Tryton for a test or benchmark: a copy of the seeded database, on a free port."""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
from contextlib import closing
from datetime import date, timedelta
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

from clerkwork import clock
from clerkwork.errors import ApplicationException
from clerkwork.model.orders import OrderLine, PurchaseOrder
from clerkwork.testing.portal.records import EnteredOrder
from clerkwork.testing.tryton.install import DATABASE, PASSWORD, USER, Place

START = timedelta(seconds=120)
WAIT_S = 0.2
CENT = Decimal("0.01")
_ORDERS = """
SELECT p.id, p.number, p.reference, p.purchase_date, y.name, c.code,
       p.tax_amount_cache, p.total_amount_cache
FROM purchase_purchase p JOIN party_party y ON y.id = p.party
     JOIN currency_currency c ON c.id = p.currency
WHERE p.state IN ('confirmed', 'processing', 'done') ORDER BY p.id"""
_LINES = """
SELECT d.code, l.description, l.quantity, l.unit_price
FROM purchase_line l LEFT JOIN product_product d ON d.id = l.product
WHERE l.purchase = ? ORDER BY l.sequence, l.id"""


class Tryton:
    """A running Tryton; it ends with the ``with`` block.

    Attributes:
        url: Its address, without a slash at the end.
        username: Whom to log in as.
        password: What to log in with.
        database: Its SQLite file.
    """

    username = USER
    password = PASSWORD

    def __init__(self, place: Place, folder: Path, *, port: int = 0, session_s: int = 3600) -> None:
        """Prepare a server; nothing is started yet.

        Args:
            place: Where Tryton is installed.
            folder: Gets the database and the log; what is there is kept and gone on with.
            port: Its port; 0 takes a free one.
            session_s: Seconds after which an idle session ends.
        """
        self.url = ""
        self._place = place
        self._folder = folder.absolute()
        self._port = port
        self._session_s = session_s
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def database(self) -> Path:
        """Return its SQLite file."""
        return self._folder / "databases" / f"{DATABASE}.sqlite"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> Self:
        """Start the server and wait until it answers; after a kill, on the same port again.

        Raises:
            ApplicationException: ``tryton_failed``: it ended at once, or did not answer in time.
        """
        self.database.parent.mkdir(parents=True, exist_ok=True)
        if not self.database.exists():
            shutil.copyfile(self._place.seeded, self.database)
        self._port = self._port or _free_port()
        self.url = f"http://127.0.0.1:{self._port}"
        configuration = self._folder / "trytond.conf"
        self._place.configure(
            configuration, self.database.parent, port=self._port, session_s=self._session_s
        )
        server = self._place.python.with_name("trytond")
        with (self._folder / "server.log").open("ab") as said:
            self._process = subprocess.Popen(
                [str(server), "-c", str(configuration), "-d", DATABASE],
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._wait()
        return self

    def kill(self) -> None:
        """Kill the server, as ``kill -9`` does; its database is kept."""
        if self._process is None:
            return
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._process = None

    def orders(self) -> list[EnteredOrder]:
        """Return the confirmed orders of the database, in the order in which they were created.

        The data is not validated, so that invalid orders, such as those without a reference, are
        returned as well.
        """
        with closing(sqlite3.connect(f"file:{self.database}?mode=ro", uri=True)) as db:
            return [_entered(db, row) for row in db.execute(_ORDERS)]

    def _wait(self) -> None:
        deadline = clock.monotonic() + START
        while self._process is not None and self._process.poll() is None:
            if _answers(self._port):
                return
            if clock.monotonic() > deadline:
                break
            try:
                self._process.wait(WAIT_S)
            except subprocess.TimeoutExpired:
                continue
        self.kill()
        raise ApplicationException(
            "tryton_failed",
            "Tryton did not start; what it said stands in {file}.",
            file=self._folder / "server.log",
        )


def _answers(port: int) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _entered(db: sqlite3.Connection, row: tuple[object, ...]) -> EnteredOrder:
    number, confirmation, reference, day, supplier, currency = row[:6]
    lines = [
        OrderLine.model_construct(
            code=code or "-",
            description=name or "-",
            quantity=_number(quantity),
            unit_price=_number(price),
            amount=(_number(quantity) * _number(price)).quantize(CENT),
        )
        for code, name, quantity, price in db.execute(_LINES, (number,))
    ]
    return EnteredOrder(
        confirmation=str(confirmation),
        order=PurchaseOrder.model_construct(
            number=str(reference),
            order_date=date.fromisoformat(str(day)) if day else date.min,
            supplier=str(supplier),
            currency=str(currency),
            lines=lines,
            tax=_number(row[6]).quantize(CENT),
            total=_number(row[7]).quantize(CENT),
        ),
    )


def _number(stored: object) -> Decimal:
    """Return a number from Tryton's notation: exact ones are text in bytes, quantities floats."""
    return Decimal(stored.decode() if isinstance(stored, bytes) else str(stored or 0))
