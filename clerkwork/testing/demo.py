"""The demo: processes the sample input from start to end: ``python -m clerkwork.testing.demo``.

It creates a project from the shipped bots, workflows and settings, starts the portal and
``clerkwork dev`` as processes, copies the sample input to the inbox folders, and waits until every
item is done or in review.
"""

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from clerkwork import clock
from clerkwork.app import App, open_app
from clerkwork.errors import ApplicationException, ClerkworkError, UsageError
from clerkwork.insight.metrics import Report, report
from clerkwork.model.work.items import CLOSED, ItemState, Outcome
from clerkwork.store.items import items
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import reviews
from clerkwork.store.runs import events
from clerkwork.testing.portal import Portal

PARTS = ("bots", "workflows", "config")
INPUT = {"samples/orders": "inbox/orders", "samples/documents": "inbox/documents"}
SUFFIXES = {".xlsx", ".pdf", ".jpg", ".png"}
PATIENCE = timedelta(minutes=15)
PASSWORD = "portal-demo"  # noqa: S105 - of a portal that listens on loopback and holds samples
QUIET_LOOKS = 3  # the input counts as processed after this many polls without a change
POLL_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Progressed:
    """How much of the demo's input is processed."""

    items: int
    settled: int
    files_left: int
    events: int


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; return 0 if every item is accounted for, else print why not and return 1."""
    options = _parser().parse_args(arguments)
    screen = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started, as Ctrl+C
    try:
        with ExitStack() as stack:
            _demo(options, screen, stack)
            if not options.once:
                screen.print("It stays up until Ctrl+C.")
                threading.Event().wait()
    except KeyboardInterrupt:
        screen.print("Ended.")
    except ClerkworkError as error:
        screen.print(f"[red]{error}[/]")
        return int(error.exit_status)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="exit when all input is processed")
    parser.add_argument("--keep", action="store_true", help="reuse the project of the last demo")
    parser.add_argument("--folder", type=Path, default=Path("var/demo"), help="the demo's project")
    parser.add_argument(
        "--port", type=int, default=8700, help="port of the console; 0 for a free one"
    )
    return parser


def _demo(options: argparse.Namespace, screen: Console, stack: ExitStack) -> None:
    root = _make_project(options.folder.resolve(), keep=options.keep)
    screen.print(f"Project: {root}")
    portal = stack.enter_context(Portal(root / "var" / "portal.db", password=PASSWORD))
    os.environ["CLERKWORK_PORTAL_URL"] = portal.url
    os.environ["CLERKWORK_PORTAL_PASSWORD"] = PASSWORD
    app = open_app(root)
    stack.callback(app.close)
    port = options.port if _is_free(options.port) else 0
    address = stack.enter_context(_dev(root, port))
    screen.print(f"Portal:  {portal.url} (clerk / {PASSWORD})\nConsole: {address}")
    started = clock.monotonic()
    _put_input(root)
    _watch(app, screen, started)
    with app.store.read() as db:
        result = report(db, Filter(), workflows=app.workflows, offset=timedelta(0))
        entering = Filter(workflow="purchase_orders")
        orders = report(db, entering, workflows=app.workflows, offset=timedelta(0))
    screen.print(_table(app, result, orders))
    _check(app, portal, screen)
    screen.print(f"Look at it: [bold]{address}[/] - the fallback queue: {address}/queue")


def _make_project(root: Path, *, keep: bool) -> Path:
    home = Path.cwd()
    missing = [part for part in (*PARTS, *INPUT) if not (home / part).is_dir()]
    if missing:
        raise UsageError(f"no {missing[0]}/ here; run the demo from the project's own folder")
    if root.exists() and not keep:
        if not (root / ".demo").exists():
            raise UsageError(f"{root} is not a demo's folder; give another with --folder")
        shutil.rmtree(root)
    root.mkdir(parents=True, exist_ok=True)
    (root / ".demo").touch()
    (root / "var").mkdir(exist_ok=True)
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(home / part, root / part, ignore=ignored, dirs_exist_ok=True)
    return root


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", port)) != 0


@contextmanager
def _dev(root: Path, port: int) -> Iterator[str]:
    """Run ``clerkwork dev`` and yield the address of its console; end it gracefully."""
    command = [sys.executable, "-m", "clerkwork", "--project", str(root)]
    with (root / "logs.txt").open("w") as said:
        process = subprocess.Popen(
            [*command, "dev", "--port", str(port)],
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl+C is for the demo, which then ends this in order
        )
    try:
        yield _address(process, root / "logs.txt")
    finally:
        process.terminate()
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _address(process: "subprocess.Popen[bytes]", said: Path) -> str:
    deadline = clock.monotonic() + timedelta(seconds=60)
    pause = threading.Event()
    while process.poll() is None and clock.monotonic() < deadline:
        for line in said.read_text("utf-8").splitlines():
            if line.startswith("Console: "):
                return line.removeprefix("Console: ").strip()
        pause.wait(POLL_S)
    raise ApplicationException(
        "dev_failed", "clerkwork dev did not start: {said}", said=said.read_text("utf-8")[-500:]
    )


def _put_input(root: Path) -> None:
    for source, inbox in INPUT.items():
        (root / inbox).mkdir(parents=True, exist_ok=True)
        for file in sorted(Path(source).iterdir()):
            if file.suffix in SUFFIXES:
                shutil.copy(file, root / inbox / file.name)


def _watch(app: App, screen: Console, started: timedelta) -> None:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    quiet, before, pause = 0, None, threading.Event()
    with Progress(*columns, console=screen) as progress:
        task = progress.add_task("settled", total=None)
        while quiet < QUIET_LOOKS:
            present = _progress(app)
            idle = present.files_left == 0 and present.items > 0
            idle = idle and present.settled == present.items and present == before
            quiet, before = quiet + 1 if idle else 0, present
            progress.update(task, total=present.items, completed=present.settled)
            if clock.monotonic() - started > PATIENCE:
                raise ApplicationException("demo_stuck", "The input was not processed in time.")
            pause.wait(POLL_S)


def _progress(app: App) -> Progressed:
    with app.store.read() as db:
        everything = items.count(db, Filter())
        states = [*CLOSED, ItemState.IN_REVIEW]
        settled = sum(items.count(db, Filter(state=state)) for state in states)
        number = events.last_number(db)
    left = sum(
        1 for inbox in INPUT.values() for file in (app.root / inbox).iterdir() if file.is_file()
    )
    return Progressed(items=everything, settled=settled, files_left=left, events=number)


def _table(app: App, result: Report, orders: Report) -> Table:
    table = Table(title="Results of the sample input")
    table.add_column("")
    table.add_column("items", justify="right")
    table.add_column("")
    with app.store.read() as db:
        alone = items.count(db, Filter(outcome=Outcome.BY_BOT))
        rejected = items.count(db, Filter(state=ItemState.REJECTED))
        waiting = reviews.count_by_code(db)
        rates = [(name, figure) for name, figure in result.workflows]
    files = sum(
        1
        for inbox in INPUT.values()
        for file in (app.root / inbox / "rejected").glob("*")
        if file.suffix != ".txt"
    )
    table.add_row("done by bot", str(alone), "")
    table.add_row("waiting for a person", str(sum(waiting.values())), "", style="yellow")
    for code, number in waiting.items():
        table.add_row("", str(number), code, style="yellow")
    table.add_row("rejected", str(rejected + files), f"{files} files, {rejected} items")
    table.add_section()
    rows = [("automation rate", result.kpis["rate"].value), *((n, f.value) for n, f in rates)]
    for name, share in rows:
        table.add_row(name, "-" if share is None else f"{share:.1%}", "")
    seconds = orders.kpis["order_seconds"].value
    if seconds is not None:
        table.add_row("seconds per order", f"{seconds:.1f}", "bot time, done")
    return table


def _check(app: App, portal: Portal, screen: Console) -> None:
    """Check that the portal's database has each order that is done exactly once."""
    done = Filter(workflow="purchase_orders", state=ItemState.DONE, outcome=Outcome.BY_BOT)
    with app.store.read() as db:
        wanted = sorted(item.reference for item in items.search(db, done, limit=1000))
    entered = sorted(entry.order.number for entry in portal.orders())
    if not wanted:
        raise ApplicationException(
            "demo_idle", "No order was entered; run `clerkwork doctor` to see what is missing."
        )
    if wanted != entered:
        raise ApplicationException(
            "demo_differs",
            "The portal has the orders {entered}, but these are done: {wanted}.",
            entered=entered,
            wanted=wanted,
        )
    screen.print(f"The portal's database has these {len(entered)} orders, each exactly once.")


if __name__ == "__main__":
    sys.exit(main())
