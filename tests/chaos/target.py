"""The target of the campaign: a small order system of its own process, which is never killed.

It has no unique constraint, commits up to 200 ms after it was asked, and follows a seeded
plan of faults: answers lost after the commit, and answers without a commit. A record has a kind,
the first part of its address, and a number.
"""

import json
import os
import random
import sqlite3
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote

from clerkwork import clock

SLOWEST_S = 0.2
PAUSE = threading.Event()  # never set


def monotonic_ms() -> int:
    """Return the milliseconds of the clock that nobody sets; all processes of a host share it."""
    return round(clock.monotonic().total_seconds() * 1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    """How the target misbehaves; shares are between 0 and 1.

    Attributes:
        lost: Share of records whose first answer is lost after the commit.
        slowest_s: Longest time between the request and the commit.
        phantom: Share of records whose first answer comes although nothing was stored.
    """

    seed: int
    lost: float = 0.02
    phantom: float = 0.01
    slowest_s: float = SLOWEST_S


_TABLES = """
CREATE TABLE record (kind TEXT, number TEXT, body TEXT, waited_ms INTEGER);
CREATE INDEX by_number ON record (kind, number);
"""


class Target:
    """The order system's data and its faults."""

    def __init__(self, file: Path, faults: Faults) -> None:
        self._db = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._db.execute("PRAGMA synchronous=off")
        self._db.execute(
            "CREATE TABLE record (kind TEXT, number TEXT, body TEXT, waited_ms INTEGER)"
        )
        self._db.execute("CREATE INDEX by_number ON record (kind, number)")
        self._faults = faults
        self._lock = threading.Lock()
        self._posts: Counter[tuple[str, str]] = Counter()
        self.lost = 0
        self.phantom = 0

    def find(self, kind: str, number: str) -> list[str]:
        with self._lock:
            rows = self._db.execute(
                "SELECT body FROM record WHERE kind = ? AND number = ?", (kind, number)
            )
            return [row[0] for row in rows.fetchall()]

    def enter(self, kind: str, number: str, body: str, sent_ms: int) -> bool:
        """Store a record in its own time; return whether the answer reaches who asked."""
        with self._lock:
            self._posts[kind, number] += 1
            nth = self._posts[kind, number]
        chance = random.Random(f"{self._faults.seed}/{kind}/{number}/{nth}")  # noqa: S311 - no secret
        PAUSE.wait(chance.uniform(0, self._faults.slowest_s))
        phantom, lost = chance.random(), chance.random()
        if nth == 1 and phantom < self._faults.phantom:
            with self._lock:
                self.phantom += 1
            return True
        waited_ms = monotonic_ms() - sent_ms
        with self._lock:
            row = (kind, number, body, waited_ms)
            self._db.execute("INSERT INTO record VALUES (?, ?, ?, ?)", row)
            if nth == 1 and lost < self._faults.lost:
                self.lost += 1
                return False
        return True

    def facts(self) -> dict[str, int]:
        """Return how many records it has, and what it did to answers."""
        with self._lock:
            count, slowest = self._db.execute(
                "SELECT count(DISTINCT kind || number), coalesce(max(waited_ms), 0) FROM record"
            ).fetchone()
            asked = len(self._posts)
        return {
            "orders": count,
            "asked": asked,
            "slowest_ms": slowest,
            "lost": self.lost,
            "phantom": self.phantom,
        }


class _Handler(BaseHTTPRequestHandler):
    target: Target

    def do_GET(self) -> None:
        if self.path == "/facts":
            self._answer(self.target.facts())
        else:
            _, kind, number = self.path.split("/")
            self._answer(self.target.find(kind, unquote(number)))

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        body = self.rfile.read(length).decode()
        if len(body.encode()) < length:  # who asked was killed in the middle of its request
            self.close_connection = True
            return
        number = json.loads(body)["number"]
        kind = self.path.strip("/")
        if self.target.enter(kind, number, body, int(self.headers["X-Sent-Ms"])):
            self._answer({"number": number})
        else:
            self.close_connection = True

    def _answer(self, data: object) -> None:
        text = json.dumps(data).encode()
        try:
            self.send_response(200)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)
        except ConnectionError:  # who asked was killed
            self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def running(file: Path, faults: Faults) -> Iterator[str]:
    """Run the target in a forked process and yield its address."""
    ThreadingHTTPServer.request_queue_size = 128
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    pid = os.fork()
    if pid == 0:
        with suppress(PermissionError):  # another machine's: it does not wait for our processors
            os.nice(-10)
        _Handler.target = Target(file, faults)
        server.serve_forever(poll_interval=timedelta(seconds=1).total_seconds())
        os._exit(0)
    address = f"127.0.0.1:{server.server_port}"
    server.socket.close()
    try:
        yield address
    finally:
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def entered(file: Path) -> list[tuple[str, str]]:
    """Return number and body of every record that the target's database holds."""
    return [(number, body) for _, number, body in records(file)]


def records(file: Path) -> list[tuple[str, str, str]]:
    """Return kind, number and body of every record that the target's database holds."""
    with closing(sqlite3.connect(file)) as db:
        return db.execute("SELECT kind, number, body FROM record").fetchall()
