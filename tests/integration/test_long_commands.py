"""Commands that stay until they are asked to end, as processes of their own."""

import json
import signal
import subprocess
import sys
import urllib.request

import pytest

from tests.fixtures_cli import SMALL, Shell

SCHEDULED = """
name: orders
title: Orders
source: {folder: orders, pattern: "*.xlsx", reader: workbook, settle_s: 0.1}
schedule: {every_s: 0.2}
steps:
  - bot: orders
"""
ORDERS_BOT = '''
"""Takes orders."""
from clerkwork import PurchaseOrder, Run, bot


@bot()
def orders(order: PurchaseOrder, run: Run) -> PurchaseOrder:
    """Take an order."""
    return order
'''

PATIENT_BOT = '''
"""Waits for a system that is down."""
from pydantic import BaseModel
from clerkwork import ApplicationException, Run, bot


class Parcel(BaseModel):
    number: str


@bot()
def patient(parcel: Parcel, run: Run) -> None:
    """Find the system down."""
    raise ApplicationException("down", "The system is down.")
'''


def test_help_imports_nothing_slow():
    """The help waits for none of the libraries that only some commands need."""
    slow = ("dbos", "sqlalchemy", "pydantic", "playwright", "fastapi", "openpyxl", "babel")
    program = (
        "import sys; from clerkwork.cli.main import main; main(['--help']); "
        f"sys.exit(','.join(name for name in {slow} if name in sys.modules) or 0)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_worker_ends_cleanly_when_asked(worked: Shell, number):
    """Ctrl+C and SIGTERM end a worker with status 0, and it leaves no sign of life behind."""
    assert worked("queue", "answer", 1, "--set", "amount=90").status == 0
    with worked.started("work", "--name", "w-1") as worker, worked.started("logs", "-f", 2) as log:
        worker.until("Worker w-1 works on default")
        log.until("expenses: book done")
        log.until("done")
        status = worker.ask_to_end(number)
    found = {row["check"]: row["found"] for row in worked("doctor", "--json").data}
    assert (status, found["workers"]) == (0, "No worker is alive; no item waits for one.")


def test_an_interrupted_run_ends_with_130(worked: Shell):
    """Ctrl+C ends a run that goes on, and its item is left for the next worker."""
    (worked.root / "bots" / "patient.py").write_text(PATIENT_BOT)
    (worked.root / "workflows" / "patient.yaml").write_text(
        "name: patient\ntitle: Patient\nretry: {wait_s: 600}\nsteps: [{bot: patient}]\n"
    )
    with worked.started("run", "patient", '{"number": "P-1"}') as run:
        run.until("postponed")
        status = run.ask_to_end(signal.SIGINT)
    found = worked("items", "--workflow", "patient", "--json").data
    assert (status, [item["state"] for item in found]) == (130, ["postponed"])


def test_a_followed_log_shows_what_others_do(worked: Shell):
    """`logs -f --json` prints an event that another process writes, as one JSON object."""
    with worked.started("logs", "-f", "--json") as log:
        log.until("waits for a person")  # the last line that was there before
        with worked.started("run", "expenses", SMALL.replace("E-1", "E-5")) as run:
            line = log.until("item_added")
            run.until("E-5")
    assert json.loads(line)["data"]["reference"] == "E-5"


def test_dev_serves_schedules_and_works(worked: Shell):
    """One process serves the console, takes a file from the inbox, and ends with status 0."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    with worked.started("dev", "--port", "0") as process:
        address = process.until("Console: ").removeprefix("Console: ")
        with urllib.request.urlopen(address, timeout=30) as answer:
            page = answer.read().decode()
        inbox = worked.root / "inbox" / "orders"
        inbox.mkdir(parents=True, exist_ok=True)
        (inbox / "broken.xlsx").write_text("not a workbook")
        rejected = process.until("broken.xlsx")
        status = process.ask_to_end(signal.SIGTERM)
    planned = worked("schedule", "--workflow", "orders", "--json").data
    assert (status, "Clerkwork" in page, "was rejected" in rejected) == (0, True, True)
    # instants that fall into a run that is still at work are merged with it
    assert {run["state"] for run in planned} - {"merged"} == {"ran"}


def test_dev_says_when_its_port_is_taken(worked: Shell):
    """A second console on one port is one sentence with a remedy, and status 2."""
    with worked.started("dev", "--port", "0", "--no-worker", "--no-scheduler") as first:
        port = first.until("Console: ").rpartition(":")[2]
        said = worked("dev", "--port", port, "--no-worker", "--no-scheduler")
    assert (said.status, said.err.count("\n"), "--port" in said.err) == (2, 1, True)


def test_put_says_what_became_of_each_order(worked: Shell, request):
    """The sample workbook's orders are new at first, and merged when they come again."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    workbook = request.config.rootpath / "samples" / "orders" / "orders-2026-11.xlsx"
    first = worked("submit", "orders", workbook, "--json")
    second = worked("submit", "orders", workbook, "--json")
    kinds = [{row["became"] for row in said.data} for said in (first, second)]
    assert (first.status, second.status) == (0, 0)
    assert "new" in kinds[0]
    assert "new" not in kinds[1]


def test_a_rejected_file_is_a_failure_that_says_why(worked: Shell):
    """A file that is not what it claims to be ends `submit` with 1 and one sentence."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    (worked.root / "bots" / "orders.py").write_text(ORDERS_BOT)
    file = worked.root / "broken.xlsx"
    file.write_text("not a workbook")
    said = worked("submit", "orders", file)
    assert (said.status, said.err.count("\n"), "broken.xlsx" in said.err) == (1, 1, True)
    assert worked("items", "--json").data[0]["reference"] == "E-2"


def test_the_next_instants_of_a_schedule_are_listed(worked: Shell):
    """`schedule next` lists as many instants as asked for, in order."""
    (worked.root / "workflows" / "orders.yaml").write_text(SCHEDULED)
    found = worked("schedule", "next", "orders", "--count", 3, "--json").data
    instants = [row["planned"] for row in found]
    assert (len(instants), instants) == (3, sorted(set(instants)))
