"""One lane of the campaign: a target, a store, and one worker life after another.

The plan of lives and faults is drawn from the seed, so the same seed makes the same plan; what the
operating system schedules in between is its own.
"""

import json
import os
import random
import signal
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.request import urlopen

from clerkwork import clock
from clerkwork.model.work.items import ItemState
from tests.chaos import life, seams
from tests.chaos.life import PAUSE, Place
from tests.chaos.target import SLOWEST_S, Faults, entered, running

SPAN_S = 0.8  # a life that is killed at a random instant ends within this time
OVERDUE_S = 2.0  # a life whose boundary does not come is killed now
SETTLE_S = 1.0  # for what is on its way, and for what a woken worker still tries
FREEZE_S = 10.0  # a worker that has not come to its boundary by then is not frozen
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
    promised_s: float = life.SLOWEST_COMMIT_S
    mutate: Callable[[], None] | None = None


def run_lane(plan: Plan, until: timedelta | None = None) -> Counter[str]:
    """Do what *plan* says, at the latest until the monotonic instant *until*."""
    faults = Faults(seed=plan.seed, lost=plan.lost, phantom=plan.phantom, slowest_s=plan.slowest_s)
    with life.folder() as root, running(root / "target.db", faults) as address:
        place = Place(
            root=root,
            url=plan.url,
            address=address,
            promised_s=plan.promised_s,
            lease_s=1.0 if plan.stops else 5.0,
            concurrency=1 if plan.stops else 4,
        )
        return Lane(plan, place, until).run()


class Lane:
    def __init__(self, plan: Plan, place: Place, until: timedelta | None) -> None:
        self._plan = plan
        self._place = place
        self._until = until
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._count: Counter[str] = Counter()
        self._submitted = 0

    def run(self) -> Counter[str]:
        if self._plan.orders:
            self._submit(self._plan.orders)
        trial, number = (
            (self._freeze, self._plan.stops)
            if self._plan.stops
            else (
                self._live,
                self._plan.kills,
            )
        )
        while self._count["trials"] < number and self._in_time():
            self._feed()
            trial()
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

        def before() -> None:
            if self._plan.mutate is not None:
                self._plan.mutate()
            if prepare is not None:
                prepare()

        return life.started(self._place, before)

    def _live(self) -> None:
        """Let one worker live until the instant or the boundary that its plan says."""
        seam = self._chance.choice([None, *seams.ALL]) if self._chance.random() < 0.6 else None
        nth, after_s = self._chance.randint(1, 2), self._chance.uniform(0, SPAN_S)
        if seam is None:
            pid = self._start()
            PAUSE.wait(after_s)
            name = "a random instant"
        else:
            pid = self._start(lambda: seams.watch(seam, nth, signal.SIGKILL))
            name = seam if ended(pid, OVERDUE_S) else "a random instant"
        if name == "a random instant":
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        self._count[f"at {name}"] += 1
        self._count["trials"] += 1

    def _freeze(self) -> None:
        """Freeze a worker at a boundary, let another take over, and wake the first."""
        seam = "before the fence"  # between the look-up and the submit: the fence alone helps
        if self._chance.random() < 0.5:
            seam = self._chance.choice(seams.BEFORE_THE_FENCE)
        nth = self._chance.randint(1, 2)
        frozen = self._start(
            lambda: seams.watch(seam, nth, signal.SIGSTOP, lambda: life.no_writer(self._place))
        )
        workers = [frozen]
        if _stopped(frozen, FREEZE_S):
            before = self._takeovers()
            workers.append(self._start())
            deadline = clock.monotonic() + TAKEOVER
            while clock.monotonic() < deadline and self._takeovers() == before:
                PAUSE.wait(0.1)
            PAUSE.wait(SETTLE_S)
            os.kill(frozen, signal.SIGCONT)
            PAUSE.wait(SETTLE_S)
            self._count["trials"] += 1
            self._count[f"at {seam}"] += 1
        for pid in workers:  # where the boundary did not come nothing was tried
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)

    def _takeovers(self) -> int:
        return int(life.answer_of(lambda: life.figures(self._place))["takeovers"])

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
        return int(life.answer_of(lambda: life.figures(self._place))["open"])

    def _judge(self) -> Counter[str]:
        facts = self._facts()
        self._count["trials" if self._plan.orders else "answers lost"] += facts["lost"]
        self._count["answered, not stored"] += facts["phantom"]
        self._count["slowest_ms"] = facts["slowest_ms"]
        return self._count + judge(self._place, self._plan.seed, self._submitted)


def judge(place: Place, seed: int, submitted: int) -> Counter[str]:
    """Compare the target's database and the items with the orders that were submitted."""
    count: Counter[str] = Counter()
    items = life.answer_of(lambda: life.state(place))
    there = entered(place.root / "target.db")
    times = Counter(number for number, _ in there)
    right = {
        made.number: made.model_dump_json()
        for made in (life.order(seed, n) for n in range(submitted))
    }
    states = {reference: state for reference, state, *_ in items}
    count["items"] = len(right)
    count["takeovers"] = sum(row[3] for row in items)
    count["doubled"] = sum(number > 1 for number in times.values())
    count["wrong lines"] = sum(body != right.get(number) for number, body in there)
    for number in right:
        state = states.get(number)
        count["lost"] += state is None or (state == ItemState.DONE and not times[number])
        count["to people"] += state == ItemState.IN_REVIEW
        count["stuck"] += state is not None and state not in life.ENDED
    count.update(f"reason {row[2]}" for row in items if row[1] == ItemState.IN_REVIEW)
    return count


def ended(pid: int, patience_s: float) -> bool:
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
