"""The web system of the part ``pages``: a form, a list and a record page, in a process of its own.

Each visit of the form behaves as the seed says: it takes the order as a good page does, changes its
head while lines are added, refuses it without a word, or loses the answer before or after the
commit. It has no unique constraint, and nothing on its pages sends a request twice.
"""

import json
import os
import random
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from tests.chaos.target import PAUSE

FORM = Path(__file__).with_name("pages_form.html")
SLOWEST_S = 0.2
LATE_S = 0.15
SHARES = {"plain": 6, "head": 5, "silent": 2, "lost": 1, "vain": 1}
HEAD = ("reference", "vendor", "date")
TABLE = "<table><thead><tr>{}</tr></thead><tbody>{}</tbody></table>"


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """How one visit of the form goes.

    Attributes:
        kind: ``plain``; ``head``: a head field changes when a line is added; ``silent``: Save
            stores and says nothing; ``lost`` and ``vain``: the connection is closed instead of an
            answer, after and before the commit.
        field: The head field that changes.
        text: What it shows then.
        how: ``first``: with the first line; ``each``: with every line; ``always``: whenever it is
            left, too.
        shows: Whether the confirmation of the last order is on the form; it is where Save
            refuses.
        counts: Whether a refused form shows the next number afterwards.
        late: Whether what the page shows comes from a second request.
    """

    kind: str
    field: str
    text: str
    how: str
    shows: bool
    counts: bool
    late: bool

    @classmethod
    def of(cls, seed: str) -> "Behaviour":
        """Return the behaviour that *seed* draws."""
        chance = random.Random(seed)  # noqa: S311 - no secret
        (kind,) = chance.choices([*SHARES], [*SHARES.values()])
        return cls(
            kind=kind,
            field=chance.choice(HEAD),
            text=chance.choice(["", "", "2020-01-31"]),
            how=chance.choices(["first", "each", "always"], [5, 4, 1])[0],
            shows=kind == "silent" or chance.random() < 0.4,
            counts=chance.random() < 0.3,
            late=chance.random() < 0.3,
        )


class System:
    """The records, and what each visit does."""

    def __init__(self, file: Path, seed: int) -> None:
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA synchronous=off")
        self._db.execute("PRAGMA journal_mode=wal")  # it is read meanwhile
        self._db.execute(
            "CREATE TABLE records (id INTEGER PRIMARY KEY, reference TEXT, body TEXT, visit TEXT)"
        )
        self._lock = threading.Lock()
        self._seed = seed
        self._visits: list[Behaviour] = []

    def visit(self) -> tuple[int, Behaviour]:
        """Return number and behaviour of a new visit of the form."""
        with self._lock:
            number = len(self._visits)
            self._visits.append(Behaviour.of(f"{self._seed}/visit/{number}"))
        return number, self._visits[number]

    def save(self, order: dict[str, str]) -> int | None:
        """Store a posted order as its visit says; return its number, or None: no answer."""
        visit = int(order["visit"])
        kind = self._visits[visit].kind
        chance = random.Random(f"{self._seed}/save/{visit}")  # noqa: S311 - no secret
        PAUSE.wait(chance.uniform(0, SLOWEST_S))
        if kind == "vain":
            return None
        row = (order["reference"], order["body"], kind)
        with self._lock:
            added = self._db.execute(
                "INSERT INTO records (reference, body, visit) VALUES (?, ?, ?)", row
            )
        return None if kind == "lost" else added.lastrowid

    def rows(self, reference: str) -> list[tuple[int, str]]:
        """Return number and reference of each record whose reference contains *reference*."""
        select = "SELECT id, reference FROM records WHERE instr(reference, ?) ORDER BY id"
        with self._lock:
            return self._db.execute(select, (reference,)).fetchall()

    def last(self) -> int:
        """Return the number of the newest record."""
        with self._lock:
            (number,) = self._db.execute("SELECT coalesce(max(id), 0) FROM records").fetchone()
        return int(number)

    def record(self, number: int) -> tuple[dict[str, str], list[list[str]], bool]:
        """Return head and lines of a record in the sequence it shows, and whether it is late."""
        with self._lock:
            row = self._db.execute("SELECT body FROM records WHERE id = ?", (number,)).fetchone()
        body = json.loads(row[0])
        lines = body.pop("lines")
        chance = random.Random(f"{self._seed}/record/{number}")  # noqa: S311 - no secret
        if chance.random() < 0.4:
            chance.shuffle(lines)
        return body, lines, chance.random() < 0.3


class _Handler(BaseHTTPRequestHandler):
    system: System
    protocol_version = "HTTP/1.1"  # so that a browser may repeat what was lost on a connection

    def do_GET(self) -> None:
        at = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(at.query).items()}
        match at.path:
            case "/single" | "/row":
                self._answer(self._form(at.path.lstrip("/")))
            case "/orders":
                self._answer(self._list(asked.get("ref", "")))
            case "/record":
                self._answer(self._record(int(asked["id"])))
            case "/saved":
                self._answer(_page(f"<p>Receipt no.: T-{int(asked['id'])}</p>"))
            case "/wait":
                PAUSE.wait(LATE_S)
                self._answer("")
            case _:
                self.send_error(404)

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        text = self.rfile.read(length)
        if len(text) < length:  # who asked was killed in the middle of its request
            self.close_connection = True
            return
        order = {
            name: values[0]
            for name, values in parse_qs(text.decode(), keep_blank_values=True).items()
        }
        number = self.system.save(order)
        if number is None:
            self.close_connection = True
        elif self.path == "/row":
            self._answer(f"Order T-{number} was saved")
        else:
            self._answer("", 303, {"Location": f"/saved?id={number}"})

    def _form(self, entry: str) -> str:
        number, behaviour = self.system.visit()
        plan = asdict(behaviour) | {"visit": number, "entry": entry, "last": self.system.last()}
        return FORM.read_text("utf-8").replace('"PLAN"', json.dumps(plan))

    def _list(self, reference: str) -> str:
        rows = "".join(
            f'<tr><td><a href="/record?id={number}">T-{number}</a></td><td>{escape(own)}</td></tr>'
            for number, own in self.system.rows(reference)
        )
        chance = random.Random(f"{reference}/{rows.count('<tr>')}")  # noqa: S311 - no secret
        headings = "<th>Receipt no.</th><th>Our ref.</th>"
        return _page(TABLE.format(headings, rows), late=chance.random() < 0.3)

    def _record(self, number: int) -> str:
        head, lines, late = self.system.record(number)
        words = {"reference": "Our ref.", "vendor": "Vendor", "date": "Date"}
        pairs = {"Receipt no.": f"T-{number}"} | {words[name]: head[name] for name in HEAD}
        shown = "".join(f"<dt>{word}</dt><dd>{escape(it)}</dd>" for word, it in pairs.items())
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in line) + "</tr>"
            for line in lines
        )
        headings = "<th>Article</th><th>Qty</th><th>Price</th>"
        return _page(f"<dl>{shown}</dl>" + TABLE.format(headings, rows), late=late)

    def _answer(self, text: str, status: int = 200, headers: dict[str, str] | None = None) -> None:
        body = text.encode()
        try:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:  # who asked was killed
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def _page(body: str, *, late: bool = False) -> str:
    """Return a page that shows *body*; a late one after a second request."""
    head = '<!doctype html><meta charset="utf-8"><title>Orders</title>'
    if not late:
        return f"{head}<main>{body}</main>"
    script = (
        'fetch("/wait").then(() => document.querySelector("main")'
        '.append(document.querySelector("template").content));'
    )
    return f"{head}<main></main><template>{body}</template><script>{script}</script>"


@contextmanager
def running(file: Path, seed: int) -> Iterator[str]:
    """Run the system in a forked process and yield its address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    pid = os.fork()
    if pid == 0:
        _Handler.system = System(file, seed)
        server.serve_forever(poll_interval=timedelta(seconds=1).total_seconds())
        os._exit(0)
    address = f"http://127.0.0.1:{server.server_port}"
    server.socket.close()
    try:
        yield address
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def records(file: Path) -> list[tuple[int, str, str, str]]:
    """Return number, reference, body and kind of visit of every record that is stored."""
    with closing(sqlite3.connect(file, timeout=20)) as db:
        return db.execute("SELECT id, reference, body, visit FROM records").fetchall()
