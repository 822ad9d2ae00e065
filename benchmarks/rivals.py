"""What the engine is compared with: a hand-written claim loop, and the items of a JSON file."""

import json
import sys
import threading
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

RIVAL = Path(__file__).resolve().parent.parent / ".venv/rivals"
FILE_LOOP = """
import logging, time
logging.disable(logging.CRITICAL)
from robocorp import workitems
started, done = time.monotonic(), 0
for item in workitems.inputs:
    workitems.outputs.create(payload=item.payload)
    item.done()
    done += 1
print(done / (time.monotonic() - started))
"""


def _open(file: Path) -> sqlite.Connection:
    db = sqlite.connect(str(file), isolation_level=None, timeout=30)
    db.execute("PRAGMA journal_mode=wal")
    db.execute("PRAGMA synchronous=full")
    return db


def claim_loop(root: Path, count: int, threads: int) -> None:
    """Add, claim and complete *count* items, each in a commit of its own, with *threads*."""
    file = root / "claims.db"
    db = _open(file)
    db.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, state INTEGER, payload TEXT)")
    db.execute("CREATE INDEX waiting ON item (id) WHERE state = 0")
    for number in range(count):
        payload = json.dumps({"number": str(number)})
        db.execute("INSERT INTO item (state, payload) VALUES (0, ?)", (payload,))

    def work() -> None:
        own = _open(file)
        while row := own.execute(
            "UPDATE item SET state = 1 WHERE id = (SELECT id FROM item WHERE state = 0"
            " ORDER BY id LIMIT 1) RETURNING id"
        ).fetchone():
            own.execute("UPDATE item SET state = 2 WHERE id = ?", row)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def file_loop(root: Path, count: int) -> tuple[list[str], dict[str, str]]:
    """Return command and environment that work *count* items of a JSON file."""
    items = [{"payload": {"number": str(n)}, "files": {}} for n in range(count)]
    (root / "in.json").write_text(json.dumps(items))
    environment = {
        "PYTHONPATH": str(RIVAL),
        "RC_WORKITEM_INPUT_PATH": str(root / "in.json"),
        "RC_WORKITEM_OUTPUT_PATH": str(root / "out.json"),
    }
    return [sys.executable, "-c", FILE_LOOP], environment
