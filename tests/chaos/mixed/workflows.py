"""The workflows, targets and bots of the mixed part, and the engine that runs them.

| workflow | what it adds to the trials |
|---|---|
| orders | group key, login limit, circuit breaker; some are sent again with other content |
| reorders | the same bot as orders; some of its orders are orders of `orders` |
| invoices | the numbers of orders, another kind of record |
| debits, credits | equal numbers on one target that cannot be searched |
| requests | five steps: one that fails at first, a question in the middle, a file, an effect |
| parcels, boxes | an item that submits a child item |
| scans | files of a folder; a target with a freeze window |
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

from loguru import logger
from pydantic import BaseModel

from clerkwork import ApplicationException, Receipt, Run, bot
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.intake.extensions import shipped
from clerkwork.intake.sources.webhook import Webhook
from clerkwork.model.orders import Document
from clerkwork.model.project.target_gates import Breaker, FreezeWindow
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Fallback, Step, Workflow
from clerkwork.model.work.retry import Retry
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import open_store
from tests.chaos import seams
from tests.chaos.bot import HttpScreen
from tests.chaos.life import MOST_DEATHS, Place

LIMIT = 900
SECRET_VARIABLE = "CHAOS_HOOK_SECRET"
FREEZE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Office(Place):
    """A place with the instant at which its freeze window begins."""

    frozen: datetime


class Paper(BaseModel):
    """What is entered; *note* names the sender's or the person's last change of it."""

    number: str
    note: str
    supplier: str
    amount: int
    lines: list[str] = []


class Order(Paper):
    """A purchase order."""


class Invoice(Paper):
    """An invoice."""


class Debit(Paper):
    """A debit note."""


class Credit(Paper):
    """A credit note."""


class Request(Paper):
    """A request that a person may have to allow."""


class Parcel(Paper):
    """A parcel that holds one box."""


class Box(Paper):
    """A box of a parcel."""


class Scan(Paper):
    """A scanned file."""


def find(screen: HttpScreen, paper: Paper) -> list[Receipt]:
    """Look the record up."""
    kind = type(paper).__name__
    return [
        Receipt(
            confirmation=paper.number,
            reference=paper.number,
            differences=[] if type(paper).model_validate_json(body) == paper else ["content"],
        )
        for body in screen.ask("GET", f"/{kind}/{quote(paper.number)}")
    ]


def enter(screen: HttpScreen, paper: Paper) -> Receipt:
    """Enter the record."""
    screen.about_to_submit()
    answer = screen.ask("POST", f"/{type(paper).__name__}", paper.model_dump_json())
    seams.reach("answered")
    return Receipt(confirmation=answer["number"], reference=paper.number)


def _entered(paper: Paper, run: Run) -> Receipt:
    run.step("price", len, paper.lines)
    name = f"enter {type(paper).__name__}"
    receipt = run.effect(name, paper, key="number", find=find, do=enter)
    run.step("file", str, receipt.confirmation)
    return receipt


@bot(target="erp")
def enter_order(order: Order, run: Run) -> Receipt:
    """Enter an order."""
    return _entered(order, run)


@bot(target="erp")
def enter_invoice(invoice: Invoice, run: Run) -> Receipt:
    """Enter an invoice."""
    return _entered(invoice, run)


@bot(target="books")
def enter_debit(debit: Debit, run: Run) -> Receipt:
    """Enter a debit note."""
    return _entered(debit, run)


@bot(target="books")
def enter_credit(credit: Credit, run: Run) -> Receipt:
    """Enter a credit note."""
    return _entered(credit, run)


def unreliable(root: str, number: str) -> str:
    """Fail the first time for every fifth number."""
    try:
        mark = Path(root, "failed", number)
        mark.parent.mkdir(exist_ok=True)
        if int(number.rpartition("-")[2]) % 5 == 0:
            mark.touch(exist_ok=False)
            raise ApplicationException("stock_unknown", "The stock cannot be read now.")
    except FileExistsError:
        pass
    return number


@bot(target="erp")
def handle_request(request: Request, run: Run) -> Receipt:
    """Enter a request after a person has allowed a large one."""
    run.step("price", len, request.lines)
    run.step("stock", unreliable, os.environ["CHAOS_ROOT"], request.number)
    request = run.check(request, request.amount <= LIMIT, "over_limit", fields=["amount"])
    run.attach("slip.txt", request.number.encode())
    receipt = run.effect("enter Request", request, key="number", find=find, do=enter)
    run.step("file", str, receipt.confirmation)
    return receipt


@bot()
def pack(parcel: Parcel, run: Run) -> Box:
    """Pack a parcel into a box of the same number."""
    return run.step("pack", Box.model_validate, parcel.model_dump())


@bot(target="erp")
def enter_box(box: Box, run: Run) -> Receipt:
    """Enter a box."""
    return _entered(box, run)


@bot(target="archive")
def file_scan(document: Document, run: Run) -> Receipt:
    """File a scan under its name."""
    scan = Scan(number=document.name, note="", supplier="", amount=1)
    return _entered(scan, run)


BOTS = {
    one.name: one
    for one in (
        enter_order,
        enter_invoice,
        enter_debit,
        enter_credit,
        handle_request,
        pack,
        enter_box,
        file_scan,
    )
}
KINDS = {
    "orders": Order,
    "reorders": Order,
    "invoices": Invoice,
    "debits": Debit,
    "credits": Credit,
    "requests": Request,
    "parcels": Parcel,
    "boxes": Box,
    "scans": Scan,
}


def _workflow(name: str, bot_name: str, **keys: Any) -> Workflow:
    keys.setdefault("steps", [Step(bot=bot_name)])
    return shipped().workflow(
        name=name,
        title=name,
        retry=Retry(attempts=6, wait_s=0.2, takeovers=MOST_DEATHS),
        fallback=Fallback(),
        **keys,
    )


WORKFLOWS = {
    made.name: made
    for made in (
        _workflow(
            "orders",
            "enter_order",
            group_key="supplier",
            webhook=Webhook(secret_variable=SECRET_VARIABLE),
        ),
        _workflow("reorders", "enter_order"),
        _workflow("invoices", "enter_invoice", webhook=Webhook(secret_variable=SECRET_VARIABLE)),
        _workflow("debits", "enter_debit"),
        _workflow("credits", "enter_credit", group_key="supplier"),
        _workflow("requests", "handle_request"),
        _workflow("parcels", "pack", steps=[Step(bot="pack"), Step(submit="boxes")]),
        _workflow("boxes", "enter_box", group_key="supplier"),
        _workflow(
            "scans",
            "file_scan",
            source={"folder": "scans", "reader": "document", "settle_s": 0.01},
            reference="file",
        ),
    )
}


def targets(place: Office) -> dict[str, Target]:
    """Return the targets; all are one system, under logins of their own."""
    begin, end = place.frozen, place.frozen + FREEZE
    common: dict[str, Any] = {"base_url": place.address, "slowest_commit_s": place.promised_s}
    window = FreezeWindow(begin=f"{begin:%H:%M}", end=f"{end:%H:%M}", reason="trial")
    made = (
        Target(
            name="erp",
            username="erp",
            limit=6,
            breaker=Breaker(failures=8, cool_down_s=1.0),
            **common,
        ),
        Target(name="books", username="books", guarantee="blind", **common),
        Target(name="archive", username="archive", freeze=[window], **common),
    )
    return {target.name: target for target in made}


@contextmanager
def opened(place: Place) -> Iterator[Engine]:
    """Open the lane's store and its engine."""
    assert isinstance(place, Office)
    logger.remove()
    os.environ["CHAOS_ROOT"] = str(place.root)
    os.environ[SECRET_VARIABLE] = "a secret of the trials"
    store = open_store(place.url, place.root)
    made = Engine(
        Core(
            store,
            RunLog(store, place.root / "logs", Redactor([])),
            workflows=WORKFLOWS,
            targets=targets(place),
            bots=BOTS,
            root=place.root,
        )
    )
    yield made
    made.close()
    store.close()
