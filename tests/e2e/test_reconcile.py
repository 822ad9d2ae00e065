"""`clerkwork reconcile` against the portal: what was entered is looked up in a real browser."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing
from typing import Any

import pytest

from clerkwork.model.work.items import ItemState
from clerkwork.store.items import items
from tests.fixtures_project import Project, make_order, until

NUMBERS = ("PO-RIGHT", "PO-TWICE", "PO-GONE", "PO-OTHER")
DAMAGE = """
INSERT INTO orders (reference, order_date, supplier, currency, tax, total)
    SELECT reference, order_date, supplier, currency, tax, total
    FROM orders WHERE reference = 'PO-TWICE';
INSERT INTO order_lines
    SELECT last_insert_rowid(), position, code, description, quantity, unit_price, amount
    FROM order_lines
    WHERE order_id = (SELECT min(id) FROM orders WHERE reference = 'PO-TWICE');
DELETE FROM orders WHERE reference = 'PO-GONE';
UPDATE order_lines SET quantity = '13' WHERE position = 1
    AND order_id = (SELECT id FROM orders WHERE reference = 'PO-OTHER');
"""


def reconciled(project: Project) -> tuple[int, dict[str, str]]:
    """Return the status of the command, and what it found of each order."""
    done = subprocess.run(
        [sys.executable, "-m", "clerkwork", "reconcile", "--json"],
        cwd=project.root,
        env=project.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return done.returncode, {row["key"]: row["result"] for row in rows}


@pytest.mark.slow
def test_every_fault_in_the_portal_is_found_and_goes_to_a_person(project: Project) -> None:
    """One order was doubled, one is gone and one was changed; of the right one nothing is said."""
    ids = [project.submit(make_order(number)) for number in NUMBERS]
    worker = project.worker()

    def all_done() -> bool:
        with project.app.store.read() as db:
            found = [items.get(db, one) for one in ids]
        return all(one is not None and one.state is ItemState.DONE for one in found)

    until(all_done, "all four orders are entered")
    worker.kill()
    worker.wait()
    before = reconciled(project)
    with closing(sqlite3.connect(project.portal.database)) as db, db:
        db.executescript(DAMAGE)
    after = reconciled(project)
    wrong = ("right", "found_twice", "confirmed_but_missing", "entered_differently")
    assert (before, after) == (
        (0, dict.fromkeys(NUMBERS, "right")),
        (3, dict(zip(NUMBERS, wrong, strict=True))),
    )
