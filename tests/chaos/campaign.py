"""One lane of the campaign: a target, a store, and one worker life after another.

The plan of lives and faults is drawn from the seed, so the same seed makes the same plan; what the
operating system schedules in between is its own.
"""

import json
import os
import random
import select
import shutil
import signal
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

from clerkwork import clock
from clerkwork.model.items import ItemState
from tests.chaos import life, seams
from tests.chaos.life import Place
from tests.chaos.target import SLOWEST_S, Faults, entered, running

PAUSE = threading.Event()  # never set
SPAN_S = 1.5  # a life that is killed at a random instant ends within this time
OVERDUE_S = 4.0  # a life whose boundary does not come is killed now
TAKEOVER = timedelta(seconds=15)
DRAIN = timedelta(seconds=120)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one lane does.

    Attributes:
        kills: How often a worker is killed.
        orders: How many orders are submitted at least, or 0: as many as the workers need.
        stops: How often a worker is frozen beyond its lease while another one takes over.
        batch: Orders that are submitted at once, so that no life is idle.
    """

    seed: int
    kills: int = 0
    orders: int = 0
    stops: int = 0
    batch: int = 60
    url: str = "sqlite:///store.db"
    lost: float = 0.02
    phantom: float = 0.01
    slowest_s: float = SLOWEST_S
    mutate: Callable[[], None] | None = None


@dataclass(slots=True, kw_only=True)
class Count:
    """What was seen."""

    kills: int = 0
    stops: int = 0
    takeovers: int = 0
    items: int = 0
    answers_lost: int = 0
    phantoms: int = 0
    slowest_ms: int = 0
    lost: int = 0
    doubled: int = 0
    wrong: int = 0
    stuck: int = 0
    people: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    at: Counter[str] = field(default_factory=Counter)

    def caught(self) -> int:
        """Return how many items show a fault."""
        return self.lost + self.doubled + self.wrong + self.stuck

    def add(self, other: "Count") -> None:
        """Take the figures of another lane in."""
        self.slowest_ms = max(self.slowest_ms, other.slowest_ms)
        self.reasons += other.reasons
        self.at += other.at
        for name in (
            "kills",
            "stops",
            "takeovers",
            "items",
            "answers_lost",
            "phantoms",
            "lost",
            "doubled",
            "wrong",
            "stuck",
            "people",
        ):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def run_lane(plan: Plan, until: timedelta | None = None) -> Count:
    """Do what *plan* says, at the latest until the monotonic instant *until*."""
    root = Path(tempfile.mkdtemp(prefix="clerkwork-chaos-"))
    faults = Faults(seed=plan.seed, lost=plan.lost, phantom=plan.phantom, slowest_s=plan.slowest_s)
    try:
        with running(root / "target.db", faults) as address:
            place = Place(
                root=root,
                url=plan.url,
                address=address,
                lease_s=1.0 if plan.stops else 5.0,
                concurrency=1 if plan.stops else 4,
            )
            return _Lane(plan, place, until).run()
    finally:
        shutil.rmtree(root, ignore_errors=True)


class _Lane:
    def __init__(self, plan: Plan, place: Place, until: timedelta | None) -> None:
        self._plan = plan
        self._place = place
        self._until = until
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._count = Count()
        self._submitted = 0

    def run(self) -> Count:
        if self._plan.orders:
            self._submit(self._plan.orders)
        while self._count.kills < self._plan.kills and self._in_time():
            self._feed()
            self._live()
        while self._count.stops < self._plan.stops and self._in_time():
            self._feed()
            self._freeze()
        self._drain()
        return self._judge()

    def _in_time(self) -> bool:
        return self._until is None or clock.monotonic() < self._until

    def _submit(self, number: int) -> None:
        wanted = range(self._submitted, self._submitted + number)
        pid = life.forked(lambda: life.submit(self._place, self._plan.seed, wanted))
        if os.waitpid(pid, 0)[1]:
            raise RuntimeError("the orders could not be submitted")
        self._submitted += number

    def _facts(self) -> dict[str, int]:
        with urlopen(f"http://{self._place.address}/facts", timeout=20) as answer:
            facts: dict[str, int] = json.loads(answer.read())
        return facts

    def _feed(self) -> None:
        if (
            not self._plan.orders
            and self._submitted - self._facts()["asked"] < self._plan.batch // 2
        ):
            self._submit(self._plan.batch)

    def _start(self, prepare: Callable[[], None] | None = None) -> int:
        """Start a worker and return its process once it works."""
        reading, writing = os.pipe()

        def work() -> None:
            if self._plan.mutate is not None:
                self._plan.mutate()
            if prepare is not None:
                prepare()
            life.work(self._place, writing)

        pid = life.forked(work)
        os.close(writing)
        select.select([reading], [], [], 60)
        os.close(reading)
        return pid

    def _live(self) -> None:
        """Let one worker live until the instant or the boundary that its plan says."""
        seam = self._chance.choice([None, *seams.ALL]) if self._chance.random() < 0.6 else None
        nth, after_s = self._chance.randint(1, 4), self._chance.uniform(0, SPAN_S)
        if seam is None:
            pid = self._start()
            PAUSE.wait(after_s)
            name = "a random instant"
        else:
            pid = self._start(lambda: seams.watch(seam, nth, signal.SIGKILL))
            name = seam if _ended(pid, OVERDUE_S) else "a random instant"
        if name == "a random instant":
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._count.at[name] += 1
        self._count.kills += 1

    def _freeze(self) -> None:
        """Freeze a worker at a boundary, let another take over, and wake the first."""
        seam = "before the fence"  # between the look-up and the submit: the fence alone helps
        if self._chance.random() < 0.5:
            seam = self._chance.choice(seams.BEFORE_THE_FENCE)
        nth = self._chance.randint(1, 4)
        frozen = self._start(
            lambda: seams.watch(seam, nth, signal.SIGSTOP, lambda: life.no_writer(self._place))
        )
        if not _stopped(frozen, OVERDUE_S):
            os.kill(frozen, signal.SIGSTOP)
            seam = "a random instant"
        before, other = self._takeovers(), self._start()
        deadline = clock.monotonic() + TAKEOVER
        while clock.monotonic() < deadline and self._takeovers() == before:
            PAUSE.wait(0.2)
        PAUSE.wait(2 * life.SLOWEST_COMMIT_S)
        os.kill(frozen, signal.SIGCONT)
        PAUSE.wait(life.SLOWEST_COMMIT_S)
        for pid in (frozen, other):
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._count.stops += 1
        self._count.at[seam] += 1

    def _takeovers(self) -> int:
        return sum(row[3] for row in life.answer_of(lambda: life.state(self._place))["items"])

    def _drain(self) -> None:
        """Let a worker that nobody kills end what is open, as long as any item ends."""
        pid, least = self._start(), self._submitted + 1
        deadline = clock.monotonic() + DRAIN
        while clock.monotonic() < deadline:
            number = self._open()
            if number < least:
                least, deadline = number, clock.monotonic() + DRAIN
            if number == 0:
                break
            PAUSE.wait(0.3)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def _open(self) -> int:
        return int(life.answer_of(lambda: life.state(self._place))["open"])

    def _judge(self) -> Count:
        facts, count = self._facts(), self._count
        items = life.answer_of(lambda: life.state(self._place))["items"]
        there = entered(self._place.root / "target.db")
        times = Counter(number for number, _ in there)
        right = {
            made.number: made.model_dump_json()
            for made in (life.order(self._plan.seed, n) for n in range(self._submitted))
        }
        states = {reference: state for reference, state, *_ in items}
        count.items = len(right)
        count.takeovers = sum(row[3] for row in items)
        count.answers_lost, count.phantoms = facts["lost"], facts["phantom"]
        count.slowest_ms = facts["slowest_ms"]
        count.doubled = sum(number > 1 for number in times.values())
        count.wrong = sum(body != right.get(number) for number, body in there)
        for number in right:
            state = states.get(number)
            count.lost += state is None or (state == ItemState.DONE and not times[number])
            count.people += state == ItemState.IN_REVIEW
            count.stuck += state is not None and state not in life.ENDED
        count.reasons.update(row[2] for row in items if row[1] == ItemState.IN_REVIEW)
        return count


def _ended(pid: int, patience_s: float) -> bool:
    """Return whether the process ended by itself within *patience_s*; it is reaped then."""
    deadline = clock.monotonic() + timedelta(seconds=patience_s)
    while clock.monotonic() < deadline:
        if os.waitpid(pid, os.WNOHANG)[0]:
            return True
        PAUSE.wait(0.01)
    return False


def _stopped(pid: int, patience_s: float) -> bool:
    """Return whether the process stopped itself within *patience_s*."""
    deadline = clock.monotonic() + timedelta(seconds=patience_s)
    while clock.monotonic() < deadline:
        if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T":
            return True
        PAUSE.wait(0.01)
    return False
