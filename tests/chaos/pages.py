"""One lane of the part ``pages``: orders go through a real browser into pages that misbehave.

Workers are killed now and then. A person of a process of its own answers every review after a look
into the system's database, and notes what was there.
"""

import json
import os
import random
import select
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from functools import partial
from pathlib import Path
from typing import Any

from loguru import logger

from clerkwork import PurchaseOrder, clock
from clerkwork.browser.process import host
from clerkwork.config.settings import BrowserSettings, WorkerSettings
from clerkwork.engine.core import Core
from clerkwork.engine.facade import Engine
from clerkwork.engine.run_log import RunLog
from clerkwork.engine.workers.worker import Worker
from clerkwork.intake.extensions import shipped
from clerkwork.model.project.workflows import Fallback, Step, Workflow
from clerkwork.model.work.items import CLOSED, ItemState, NewItem
from clerkwork.model.work.retry import Retry
from clerkwork.model.work.reviews import Decision, Review
from clerkwork.safety.redact import Redactor
from clerkwork.store.database import open_store
from clerkwork.store.reviews import reviews
from tests.chaos import life, pages_bot, pages_system, seams
from tests.chaos.bot import NoReader
from tests.chaos.campaign import DRAIN, ended
from tests.chaos.life import MOST_DEATHS, PAUSE, Place
from tests.chaos.pages_bot import ENTERING, MUTANTS, WORKFLOWS, entering_pages

LIFE_S = (2.0, 10.0)  # a life that is killed ends within this span, at random or at a boundary
BATCH = 20  # orders that are submitted at once
MOST_REVIEWS = 8  # of one item; a further one stays open
NOTES = "person.jsonl"
REASON = "reason "  # before a reason code, in the figures


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one lane does.

    Attributes:
        orders: How many orders are submitted, over all targets together.
        kill_share: How often a worker is killed, per order.
        mutant: Name of a planted bug, or None.
        workflows: Those that the orders go to, in turn.
    """

    seed: int
    orders: int
    kill_share: float = 0.2
    mutant: str | None = None
    workflows: Sequence[str] = WORKFLOWS


def run_lane(plan: Plan, until: timedelta | None = None) -> Counter[str]:
    """Do what *plan* says; no order is submitted after the monotonic instant *until*."""
    with life.folder() as root, pages_system.running(root / "system.db", plan.seed) as address:
        place = Place(
            root=root,
            url="sqlite:///store.db",
            address=address,
            promised_s=pages_bot.PROMISED_S,
            concurrency=2,
        )
        chance = random.Random(plan.seed)  # noqa: S311 - no secret
        count: Counter[str] = Counter()
        life.answer_of(lambda: submit(place, plan, range(0)))  # the person needs a store
        person = life.forked(lambda: answer_reviews(place))
        try:
            for first in range(0, plan.orders, BATCH):
                if until is not None and clock.monotonic() > until:
                    break
                numbers = range(first, min(first + BATCH, plan.orders))
                life.answer_of(lambda numbers=numbers: submit(place, plan, numbers))
                count += _lives(place, plan, numbers, chance)
        finally:
            _kill(person)
        return count + judge(place, plan, count["trials"])


@contextmanager
def engine(place: Place) -> Iterator[Engine]:
    """Open the lane's store and its engine."""
    logger.remove()
    store = open_store(place.url, place.root)
    made = Engine(
        Core(
            store,
            RunLog(store, place.root / "logs", Redactor([])),
            workflows={name: _workflow(name) for name in WORKFLOWS},
            targets={name: pages_bot.target(name, place.address) for name in WORKFLOWS},
            bots={entering_pages.name: entering_pages},
            root=place.root,
        )
    )
    yield made
    made.close()
    store.close()


def _workflow(name: str) -> Workflow:
    return shipped().workflow(  # type: ignore[call-arg]  # keys of a source
        name=name,
        title=name,
        steps=[Step(bot=entering_pages.name)],
        target=name,
        retry=Retry(attempts=5, wait_s=0.2, takeovers=MOST_DEATHS),
        fallback=Fallback(),
        source={"folder": name, "reader": "document", "settle_s": 0.01},
    )


def submit(place: Place, plan: Plan, numbers: range) -> None:
    """Submit these orders, to each workflow in turn."""
    with engine(place) as made:
        for number in numbers:
            new = pages_bot.order(plan.seed, number)
            payload = new.model_dump(mode="json")
            name = plan.workflows[number % len(plan.workflows)]
            made.submit(NewItem(workflow=name, reference=new.number, payload=payload))


def work(place: Place, started: int) -> None:
    """Work until somebody kills this process; write a byte to *started* when work begins."""
    name = f"w-{uuid.uuid4()}"
    host.TRACED_AFTER = 0  # pictures and traces try nothing here, and take most of the time
    with engine(place) as made:
        browser = host.BrowserHost(
            BrowserSettings(trace_percent=0),
            place.root / "evidence",
            root=place.root,
            owner=name,
            full_percent=0,
        )
        worker = Worker(
            made,
            name=name,
            settings=WorkerSettings(
                poll_s=0.05, sweep_s=0.2, lease_s=place.lease_s, concurrency=place.concurrency
            ),
            browser=browser,
            reader=NoReader(),
        )
        worker.start()
        os.write(started, b"!")
        threading.Event().wait()


def answer_reviews(place: Place) -> None:
    """Answer each open review from the system's database, until this process is killed."""
    answered: Counter[int] = Counter()
    with engine(place) as made:
        while True:
            with made.core.store.read() as db:
                waiting = reviews.open_reviews(db)
            for review in waiting:
                if answered[review.item_id] < MOST_REVIEWS:
                    answered[review.item_id] += 1
                    _answer(made, place.root, review)
            PAUSE.wait(0.3)


def _answer(made: Engine, root: Path, review: Review) -> None:
    """Answer "done by hand" if the record exists, else resubmit the item; note what was seen."""
    stored = pages_system.records(root / "system.db")
    seen = [number for number, reference, *_ in stored if reference == review.reference]
    note = {"item": review.item_id, "code": review.code, "seen": seen}
    with (root / NOTES).open("a", encoding="utf-8") as notes:
        notes.write(json.dumps(note) + "\n")
    decision = Decision.BY_HAND if seen else Decision.CORRECT
    data = None if seen else review.shown
    made.answer(review.number, decision=decision, data=data, note="", who="person")


def _lives(place: Place, plan: Plan, numbers: range, chance: random.Random) -> Counter[str]:
    """Kill one worker after another over these orders, and let the last one end what is open."""
    count: Counter[str] = Counter(trials=len(numbers))
    kills = round(len(numbers) * plan.kill_share)
    for _ in range(kills):
        seam = chance.choice([None, *seams.ALL]) if chance.random() < 0.5 else None
        nth, after_s = chance.randint(1, 5), chance.uniform(*LIFE_S)
        if not _open(place):
            break
        pid = _start(place, plan, partial(_prepare_death, seam, nth))
        count["kills"] += 1
        if not ended(pid, after_s):
            _kill(pid)
    _drain(place, plan)
    return count


def _prepare_death(seam: str | None, nth: int) -> None:
    """Have this process killed at the *nth* visit of *seam*; its browser's end is not printed."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    if seam is not None:
        seams.watch(seam, nth, signal.SIGKILL)


def _start(place: Place, plan: Plan, prepare: Callable[[], None] = lambda: None) -> int:
    """Start a worker, after *prepare* in its process, and return it once it works."""
    reading, writing = os.pipe()

    def begin() -> None:
        if plan.mutant is not None:
            ENTERING[:] = [MUTANTS[plan.mutant]]
        prepare()
        work(place, writing)

    pid = life.forked(begin)
    os.close(writing)
    select.select([reading], [], [], 60)
    os.close(reading)
    return pid


def _drain(place: Place, plan: Plan) -> None:
    """Let a worker that nobody kills end what is open, as long as any item ends."""
    pid, least = _start(place, plan), plan.orders + 1
    deadline = clock.monotonic() + DRAIN
    while clock.monotonic() < deadline and (number := _open(place)):
        if number < least:
            least, deadline = number, clock.monotonic() + DRAIN
        PAUSE.wait(0.5)
    _kill(pid)


def _open(place: Place) -> int:
    """Return how many items are not closed."""
    items = life.answer_of(lambda: life.state(place))
    return sum(ItemState(state) not in CLOSED for _, state, *_ in items)


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


def judge(place: Place, plan: Plan, submitted: int) -> Counter[str]:
    """Compare the system's database and the items with the orders that were submitted.

    A record that differs from its order counts as wrong unless a person was asked and saw it.
    """
    orders = [pages_bot.order(plan.seed, number) for number in range(submitted)]
    right = {order.number: order for order in orders}
    stored = pages_system.records(place.root / "system.db")
    notes = _notes(place.root / NOTES)
    seen = {number for note in notes for number in note["seen"]}
    wrong = {
        number for number, reference, body, _ in stored if not _says(body, right.get(reference))
    }
    times = Counter(reference for _, reference, *_ in stored)
    items = life.answer_of(lambda: life.state(place))
    states = {reference: ItemState(state) for reference, state, *_ in items}
    count: Counter[str] = Counter(items=submitted)
    count["takeovers"] = sum(row[3] for row in items)
    count["doubled"] = sum(number > 1 for number in times.values())
    count["wrong lines"] = len(wrong - seen)
    count["wrong, seen by a person"] = len(wrong & seen)
    for reference in right:
        state = states.get(reference)
        count["lost"] += state is None or (state is ItemState.DONE and not times[reference])
        count["unanswered"] += state is ItemState.IN_REVIEW
        count["stuck"] += state is not None and str(state) not in life.ENDED
    count["to people"] = len({note["item"] for note in notes})
    count.update(REASON + note["code"] for note in notes)
    count.update(f"stored by {kind}" for *_, kind in stored)
    return count


def remarks(total: Counter[str]) -> str:
    """Return how often a worker was killed, and the reviews by their code."""
    codes = [
        f"{key[len(REASON) :]} {total[key]}" for key in sorted(total) if key.startswith(REASON)
    ]
    return f"{total['kills']} kills; reviews: {', '.join(codes) or 'none'}"


def _notes(file: Path) -> list[dict[str, Any]]:
    """Return what the person noted."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def _says(body: str, order: PurchaseOrder | None) -> bool:
    """Return whether a stored record says exactly what *order* does."""
    if order is None:
        return False
    data = json.loads(body)
    try:
        lines = [
            (code, Decimal(quantity), Decimal(price)) for code, quantity, price in data["lines"]
        ]
    except InvalidOperation:
        return False
    return (data["reference"], data["vendor"], data["date"], lines) == (
        order.number,
        order.supplier,
        order.order_date.isoformat(),
        [(line.code, line.quantity, line.unit_price) for line in order.lines],
    )
