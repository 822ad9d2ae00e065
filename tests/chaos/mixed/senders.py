"""The senders of the mixed part: each item comes once or more, by webhook, batch, folder or call.

What they send follows from the seed. A sender that was killed begins again with the first operation
that was not acknowledged, as senders do.
"""

import base64
import hashlib
import hmac
import json
import os
import random
import threading
from dataclasses import dataclass
from typing import Any

from clerkwork import clock
from clerkwork.config.settings import Settings
from clerkwork.engine.facade import Engine
from clerkwork.errors import BatchKnown
from clerkwork.intake.extensions import shipped
from clerkwork.intake.intake import Intake
from clerkwork.intake.sources.webhook import HookIntake, Request
from clerkwork.model.work.items import NewItem
from clerkwork.model.work.queues import Batch
from tests.chaos.mixed.journal import Journal
from tests.chaos.mixed.workflows import KINDS, LIMIT, SECRET_VARIABLE, WORKFLOWS, Paper, opened

BATCH = 12
SHARES = {
    "orders": 6,
    "reorders": 2,
    "invoices": 4,
    "debits": 3,
    "credits": 3,
    "requests": 5,
    "parcels": 3,
    "scans": 2,
}
WAYS = {
    "orders": ("webhook", "submit"),
    "invoices": ("webhook", "batch"),
    "reorders": ("batch",),
    "scans": ("file",),
}
PAUSE = threading.Event()  # never set


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """One operation of a sender: some items by one way."""

    key: str
    way: str
    workflow: str
    papers: list[Paper]


def paper(seed: int, workflow: str, number: int, note: str = "first") -> Paper:
    """Return the paper with this number; everything but *note* follows from it.

    Every fourth of the reorders is an order of ``orders``, word for word.
    """
    source = "orders" if workflow == "reorders" and number % 4 == 0 else workflow
    chance = random.Random(f"{seed}/{source}/{number}")  # noqa: S311 - no secret
    prefix = "R" if source == "reorders" else "N"
    return KINDS[workflow](
        number=f"{prefix}-{number:05}",
        note=note,
        supplier=f"S{chance.randint(1, 3)}",
        amount=chance.choice([chance.randint(1, LIMIT), chance.randint(1, LIMIT), LIMIT + 100]),
        lines=[f"{source} {number} {line} 办公椅" for line in range(chance.randint(1, 4))],
    )


def plan(seed: int, items: int) -> list[Sending]:
    """Return what is sent: at least so many *items*, and some of them again or changed."""
    chance = random.Random(f"{seed}/senders")  # noqa: S311 - no secret
    made: list[Sending] = []
    for workflow, share in SHARES.items():
        number, count = 0, -(-items * share // sum(SHARES.values()))
        while number < count:
            way = chance.choice(WAYS.get(workflow, ("submit",)))
            size = min(count - number, BATCH if way == "batch" else chance.randint(1, 3))
            papers = [paper(seed, workflow, n) for n in range(number, number + size)]
            made.append(_sending(made, way, workflow, papers))
            number += size
    chance.shuffle(made)
    for known in chance.sample(made, len(made) // 12):  # again, or with other content
        changed = chance.random() < 0.5 and known.way == "submit"
        note = f"again {len(made)}" if changed else "first"
        again = [one.model_copy(update={"note": note}) for one in known.papers[:1]]
        way = "file" if known.way == "file" else "submit"
        place = chance.randint(len(made) // 2, len(made))
        made.insert(place, _sending(made, way, known.workflow, again))
    return made


def _sending(made: list[Sending], way: str, workflow: str, papers: list[Paper]) -> Sending:
    return Sending(key=f"send {len(made)}", way=way, workflow=workflow, papers=papers)


def send(place: Any, seed: int, items: int, pause_s: float) -> None:
    """Send what is planned and not yet acknowledged, one operation after the other."""
    journal = Journal(place.root / "sent")
    done = {key for key, one in journal.operations().items() if one.acknowledged}
    with opened(place) as engine:
        sender = Sender(engine)
        for sending in plan(seed, items):
            if sending.key in done:
                continue
            journal.begin(
                sending.key,
                way=sending.way,
                workflow=sending.workflow,
                papers=[[one.number, one.note] for one in sending.papers],
            )
            journal.end(sending.key, sender.send(sending))
            PAUSE.wait(pause_s)


class _Prober:
    """Takes every file for a document."""

    def probe(self, file: object, name: str) -> object:
        return file, name


class Sender:
    """Sends by the real ways in."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._hook = HookIntake(WORKFLOWS, engine.core.store, engine)
        self._intake = Intake(
            engine.core.root,
            Settings(),
            shipped(),
            WORKFLOWS,
            store=engine.core.store,
            engine=engine,
            documents=_Prober(),
        )

    def send(self, sending: Sending) -> Any:
        return getattr(self, f"_{sending.way}")(sending)

    def _submit(self, sending: Sending) -> list[str]:
        added = [self._engine.submit(new(sending.workflow, one)) for one in sending.papers]
        return [str(each.added) for each in added]

    def _batch(self, sending: Sending) -> str:
        arrivals = [(new(sending.workflow, one), None) for one in sending.papers]
        try:
            self._engine.submit_all(arrivals, Batch(id=sending.key))
        except BatchKnown:
            return "known"
        return "added"

    def _webhook(self, sending: Sending) -> str:
        body = json.dumps([one.model_dump() for one in sending.papers]).encode()
        stamp = str(int(clock.now().timestamp()))
        content = f"{sending.key}.{stamp}.".encode() + body
        digest = hmac.new(os.environ[SECRET_VARIABLE].encode(), content, hashlib.sha256).digest()
        headers = {
            "webhook-id": sending.key,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
        }
        received = self._hook.receive(sending.workflow, Request(headers=headers, body=body))
        return "known" if received.duplicate else "added"

    def _file(self, sending: Sending) -> str:
        inbox = self._engine.core.root / "inbox" / "scans"
        inbox.mkdir(parents=True, exist_ok=True)
        for one in sending.papers:
            partial = inbox / f"{one.number}.part"
            partial.write_text(one.number)
            partial.rename(inbox / f"{one.number}.txt")
        for _ in range(50):  # a file is taken once nothing has changed it for a moment
            self._intake.look("scans")
            if not list(inbox.glob("*.txt")):
                return "taken"
            PAUSE.wait(0.02)
        raise RuntimeError(f"{inbox} is not taken")


def new(workflow: str, paper: Paper) -> NewItem:
    """Return the item of a paper."""
    return NewItem(workflow=workflow, reference=paper.number, payload=paper.model_dump())
