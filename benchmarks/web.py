"""Measures entering orders in web pages: ``python -m benchmarks.web``; ``--write`` saves its table.

The bot and a plain script enter orders in turns, in the same browser. Then the whole toolkit enters
orders in a failing portal, with workers that are killed at random.
"""

import argparse
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.bare import enter_in_portal, enter_in_tryton
from clerkwork import OrderLine, PurchaseOrder, enter_record
from clerkwork.app import App, open_app
from clerkwork.browser.locate.fingerprints import FingerprintStore
from clerkwork.browser.process.host import BrowserHost
from clerkwork.config.files.targets import load_targets
from clerkwork.config.settings import BrowserSettings
from clerkwork.errors import ClerkworkError
from clerkwork.model.project.targets import Target
from clerkwork.model.work.items import CLOSED, ItemState, NewItem
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from clerkwork.testing.portal import SUPPLIERS, EnteredOrder, Fault, Faults, Portal, RequestKind
from clerkwork.testing.tryton import Place, Tryton
from clerkwork.testing.tryton.install import PRODUCTS

HOME = Path(__file__).parent.parent
DOCUMENT = HOME / "docs" / "benchmarks.md"
LINES = 3
HEAD = ["| what | measured | wanted | met | how |", "|---|---|---|---|---|"]
PAUSE = threading.Event()  # never set: used to sleep between two polls
FIGURES = HOME / "docs" / "figures" / "web.json"
PARTS = ("portal", "tryton", "faults")
Rows = list[list[str]]
Taken = dict[str, list[float | None]]
FAULTY = {Fault.ERROR_500: 0.15, Fault.SESSION_EXPIRY: 0.10}


@dataclass(frozen=True, slots=True)
class Way:
    """One way to enter an order: its name, its target, its function."""

    name: str
    target: Target
    enter: Callable[..., Any]


def order(number: int, name: str) -> PurchaseOrder:
    """Return an order of three lines with correct sums; its content depends on *number* only."""
    draw = random.Random(number)  # noqa: S311 - replayable
    lines = []
    for code in draw.sample(sorted(PRODUCTS), LINES):
        quantity, price = Decimal(draw.randrange(1, 60)), Decimal(draw.randrange(1, 9000)) / 100
        lines.append(
            OrderLine(
                code=code,
                description=PRODUCTS[code],
                quantity=quantity,
                unit_price=price,
                amount=(quantity * price).quantize(Decimal("0.01")),
            )
        )
    total = sum((line.amount for line in lines), Decimal(0))
    return PurchaseOrder.model_validate(
        {
            "number": f"{name}-{number:04}",
            "order_date": "2026-11-05",
            "supplier": draw.choice(SUPPLIERS),
            "currency": "SGD",
            "lines": lines,
            "tax": "0",
            "total": total,
        }
    )


def in_turns(host: BrowserHost, ways: list[Way], count: int) -> Taken:
    """Enter each order in each way, in turns; return the seconds, or None for a failed entry."""
    taken: Taken = {way.name: [] for way in ways}
    for number in range(count + 1):
        for way in ways:
            entered = order(number, way.name)
            start = time.monotonic()
            try:
                host.call(way.target, way.enter, entered)
                seconds = time.monotonic() - start
            except ClerkworkError as error:
                say(f"  {way.name}: {error}")
                seconds = None
            if number:  # the first one logs in and learns fingerprints
                taken[way.name].append(seconds)
        say(f"  {number} of {count}: " + _shown(taken))
    return taken


def ratio_row(
    taken: Taken, way: str, most: float, entered: list[EnteredOrder], what: str
) -> list[str]:
    """Return the row that compares *way* with the plain script of the same turns."""
    pairs = list(zip(taken[way], taken["bare"], strict=True))
    ratios = [ours / bare for ours, bare in pairs if ours is not None and bare is not None]
    if not ratios:
        return [what, "no order in both ways", f"≤ {most}", _met(False), ""]
    middle, count = statistics.median(ratios), len(pairs) + 1
    measured = f"{middle:.2f} [{min(ratios):.2f}-{max(ratios):.2f}]"
    right, bare = _right(entered, way, count), _right(entered, "bare", count)
    how = f"{len(ratios)} orders each in turns, median of ratios; right in the database:"
    how += f" {right} of {count}, bare {bare} of {count}"
    return [what, measured, f"≤ {most}", _met(middle <= most and right == count), how]


def against_bare(folder: Path, count: int) -> Rows:
    """Enter orders in the portal, in three ways in turns."""
    with Portal(folder / "timed.db") as portal:
        variables = {
            "CLERKWORK_PORTAL_URL": portal.url,
            "CLERKWORK_PORTAL_PASSWORD": portal.password,
        }
        target = load_targets(HOME, variables)["portal"]
        singly = target.model_copy(update={"name": "portal_singly"})
        fields = target.form.fields if target.form else {}
        FingerprintStore(folder).learn_slow(singly.name, sorted({*fields, *OrderLine.model_fields}))
        ways = [
            Way("bare", target.model_copy(update={"name": "bare"}), enter_in_portal),
            Way("singly", singly, enter_record),
            Way("batch", target, enter_record),
        ]
        host = BrowserHost(BrowserSettings(), folder / "evidence", root=folder)
        try:
            taken = in_turns(host, ways, count)
        finally:
            host.close()
        entered = portal.orders()
    return [
        ratio_row(taken, "singly", 1.3, entered, "portal, field by field, evidence: time to bare"),
        ratio_row(taken, "batch", 0.7, entered, "portal, as shipped, evidence: time to bare"),
    ]


def in_tryton(folder: Path, count: int) -> Rows:
    """Enter orders in Tryton, with the bot and the plain script in turns."""
    place = Place((HOME / "var" / "tryton").absolute())
    if not place.seeded.exists():
        return [["Tryton", "not run", "≤ 1.0", "**no**", "run `make tryton` first"]]
    with Tryton(place, folder / "tryton") as tryton:
        variables = {
            "CLERKWORK_PORTAL_PASSWORD": "",
            "CLERKWORK_TRYTON_URL": tryton.url,
            "CLERKWORK_TRYTON_PASSWORD": tryton.password,
        }
        target = load_targets(HOME, variables)["tryton"]
        target = target.model_copy(update={"call_timeout_s": 600})
        ways = [
            Way("bare", target.model_copy(update={"name": "bare"}), enter_in_tryton),
            Way("ours", target, enter_record),
        ]
        host = BrowserHost(BrowserSettings(), folder / "evidence", root=folder)
        try:
            taken = in_turns(host, ways, count)
        finally:
            host.close()
        entered = tryton.orders()
    what = "Tryton, as shipped, evidence: time to bare with 150 ms of quiet"
    return [ratio_row(taken, "ours", 1.0, entered, what)]


def _right(entered: list[EnteredOrder], way: str, count: int) -> int:
    """Return how many of *count* orders are in the database exactly once and unchanged."""
    found = Counter(one.order.number for one in entered)
    content = {one.order.digest() for one in entered}
    wanted = [order(number, way) for number in range(count)]
    return sum(found[one.number] == 1 and one.digest() in content for one in wanted)


def with_faults(folder: Path, count: int, seed: int) -> Rows:
    """Enter orders in a failing portal, with workers that are killed at random."""
    root = folder / "project"
    for part in ("bots", "workflows", "config"):
        shutil.copytree(HOME / part, root / part, ignore=shutil.ignore_patterns("__pycache__"))
    rates = dict.fromkeys(RequestKind, FAULTY)
    rates[RequestKind.SUBMIT] = {Fault.LOST_ANSWER: 0.25, **FAULTY}
    wanted = [order(number, "PO") for number in range(count)]
    with Portal(folder / "faulty.db", faults=Faults(rates=rates), seed=seed) as portal:
        os.environ |= {
            "CLERKWORK_PORTAL_URL": portal.url,
            "CLERKWORK_PORTAL_PASSWORD": portal.password,
        }
        app = open_app(root)
        try:
            _submit(app, wanted)
            kills = _work_off(app, root, seed)
            done, people = _count(app, ItemState.DONE), _count(app, ItemState.IN_REVIEW)
        finally:
            app.close()
        found = Counter(entry.order.number for entry in portal.orders())
        right = {entry.order.digest() for entry in portal.orders()}
    twice = sum(times - 1 for times in found.values())
    missing = sum(one.number not in found for one in wanted) - people
    wrong = sum(one.number in found and one.digest() not in right for one in wanted)
    measured = f"{twice} twice, {max(missing, 0)} missing, {wrong} wrong, {people} to people"
    met = twice == wrong == 0 and missing <= 0 and people <= count / 20
    how = f"{count} orders; 25 % of answers lost after commit, 15 % HTTP 500, 10 % session loss"
    how += f", {kills} workers killed; {done} done after restart"
    wish = "0 twice, 0 missing, 0 wrong, ≤ 5 % to people"
    return [["portal that fails, killed workers", measured, wish, _met(met), how]]


def _submit(app: App, orders: list[PurchaseOrder]) -> None:
    for one in orders:
        payload = one.model_dump(mode="json")
        new = NewItem(
            workflow="purchase_orders",
            reference=one.number,
            payload=payload,
            group_key=one.number,
        )
        app.engine.submit(new)


def _work_off(app: App, root: Path, seed: int) -> int:
    """Run workers and kill each at random until all items are settled; return how many ran."""
    draw = random.Random(seed)  # noqa: S311 - replayable
    kills = 0
    while True:
        process = subprocess.Popen(
            [sys.executable, "-m", "clerkwork", "--project", str(root), "work"],
            env={**os.environ, "PYTHONPATH": str(HOME)},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + draw.uniform(20, 120)
        while time.monotonic() < deadline and (open_ := _open(app)):
            PAUSE.wait(0.5)
        process.kill()
        process.wait()
        if not (open_ := _open(app)):
            return kills
        kills += 1
        say(f"  killed {kills} workers, {open_} orders open")


def _open(app: App) -> int:
    settled = {*CLOSED, ItemState.IN_REVIEW}
    return sum(_count(app, state) for state in ItemState if state not in settled)


def _count(app: App, state: ItemState) -> int:
    with app.store.read() as db:
        return items.count(db, Filter(state=state))


def _shown(taken: Taken) -> str:
    last = {name: values[-1] for name, values in taken.items() if values}
    return ", ".join(
        f"{name} failed" if seconds is None else f"{name} {seconds:.1f} s"
        for name, seconds in last.items()
    )


def _met(met: bool) -> str:
    return "yes" if met else "**no**"


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def main() -> None:
    """Run the benchmark with the options of the command line."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--orders", type=int, default=100, help="timed orders in each way")
    options.add_argument("--tryton", type=int, default=100, help="the same in Tryton")
    options.add_argument("--faulty", type=int, default=200, help="orders of the fault run")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true", help="write the table to the document")
    chosen = options.parse_args()
    parts: dict[str, Callable[[Path], Rows]] = {}
    if chosen.orders:
        parts["portal"] = partial(against_bare, count=chosen.orders)
    if chosen.tryton:
        parts["tryton"] = partial(in_tryton, count=chosen.tryton)
    if chosen.faulty:
        parts["faults"] = partial(with_faults, count=chosen.faulty, seed=chosen.seed)
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "evidence").mkdir()
        for part, measure in parts.items():
            rows = measure(Path(name))
            load = f"load average {os.getloadavg()[1]:.1f}"
            rows = [[*row[:-1], f"{row[-1]}; {load}"] for row in rows]
            say("\n".join(_table(rows)))
            if chosen.write:
                _write(part, rows)


def _table(rows: Rows) -> list[str]:
    return [*HEAD, *("| " + " | ".join(row) + " |" for row in rows)]


def _write(part: str, rows: Rows) -> None:
    """Save the rows of *part*, and write the table of all parts."""
    figures = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    figures[part] = rows
    FIGURES.write_text(json.dumps(figures, ensure_ascii=False, indent=1) + "\n", "utf-8")
    table = _table([row for one in PARTS for row in figures.get(one, [])])
    begin, end = "<!-- begin web -->", "<!-- end web -->"
    text = DOCUMENT.read_text("utf-8")
    before, _, rest = text.partition(begin)
    after = rest.partition(end)[2]
    DOCUMENT.write_text(before + "\n".join([begin, *table, end]) + after, "utf-8")


if __name__ == "__main__":
    main()
