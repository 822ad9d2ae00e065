"""One lane of the mixed part: two workers, senders and people on one store, and faults that come.

A trial is one fault. After the last one, senders send what is left, people answer, and workers that
nobody kills end what is open; then ``verdict`` compares the store, the target and the journals.
"""

import os
import random
import signal
import subprocess
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy.engine import make_url

from clerkwork import clock
from clerkwork.testing.postgres import programs
from tests.chaos import life, seams
from tests.chaos.life import PAUSE
from tests.chaos.mixed import people, senders, verdict
from tests.chaos.mixed.journal import Journal, Operation
from tests.chaos.mixed.workflows import Office, opened
from tests.chaos.target import Faults, running

SPAN_S = 1.5  # a fault comes within this time after the one before
DRAIN = timedelta(seconds=150)
ENDS_S = 15.0  # a process whose store is gone, or that is asked to end, ends within this time
SENDER_PAUSE_S = 0.02
ACT_PAUSE_S = 0.1
FAULTS = {  # with their weights
    "kill -9 of a worker": 10,
    "SIGTERM of a worker": 3,
    "kill -9 of the senders": 2,
    "kill -9 of the people": 2,
    "log not writable": 1,
    "store moved away": 1,  # SQLite
    "restart of the server": 1,  # PostgreSQL
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one lane does.

    Attributes:
        items: How many items are sent at least.
        faults: How many faults come.
        url: The store; a PostgreSQL server must be the lane's own, it is restarted.
    """

    seed: int
    items: int
    faults: int
    url: str = "sqlite:///store.db"
    mutate: Callable[[], None] | None = None


@dataclass(slots=True)
class _Processes:
    workers: list[int] = field(default_factory=list)
    senders: int = 0
    people: int = 0


def run_lane(plan: Plan, until: timedelta | None = None) -> Counter[str]:
    """Do what *plan* says, at the latest until the monotonic instant *until*."""
    faults = Faults(seed=plan.seed, lost=0.03, phantom=0.0)
    with life.folder() as root, running(root / "target.db", faults) as address:
        frozen = (clock.now() + timedelta(minutes=1)).replace(second=0, microsecond=0)
        place = Office(root=root, url=plan.url, address=address, frozen=frozen)
        return Lane(plan, place, until).run()


class Lane:
    """The processes of a lane and what is done to them."""

    def __init__(self, plan: Plan, place: Office, until: timedelta | None) -> None:
        self._plan = plan
        self._place = place
        self._until = until
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._count: Counter[str] = Counter()
        self._at = _Processes()
        self._lives = 0
        self._gone_ms: list[tuple[int, int]] = []  # when the store was away

    def run(self) -> Counter[str]:
        """Return the counts of the trials and of what was found wrong."""
        life.answer_of(lambda: verdict.create(self._place))
        self._start_all()
        kinds = {name: weight for name, weight in FAULTS.items() if self._has(name)}
        while self._count["trials"] < self._plan.faults and self._in_time():
            PAUSE.wait(self._chance.uniform(0.1, SPAN_S))
            fault = self._chance.choices(list(kinds), list(kinds.values()))[0]
            self._do(fault)
            self._count["trials"] += 1
            self._count[f"fault: {fault}"] += 1
            self._revive()
        self._drain()
        self._count.update(verdict.judge(self._place, self._plan.seed, self._plan.items))
        self._judge_acknowledged()
        return self._count

    def _has(self, fault: str) -> bool:
        sqlite = self._plan.url.startswith("sqlite")
        return fault != ("restart of the server" if sqlite else "store moved away")

    def _in_time(self) -> bool:
        return self._until is None or clock.monotonic() < self._until

    def _before(self) -> None:
        if self._plan.mutate is not None:
            self._plan.mutate()

    def _start_all(self) -> None:
        self._at = _Processes(
            workers=[self._worker(), self._worker()],
            senders=self._sender(),
            people=self._person(),
        )

    def _worker(self) -> int:
        """Start a worker; half of them die by themselves at a boundary."""
        seam = self._chance.choice([None, *seams.ALL])
        nth = self._chance.randint(1, 4)

        def before() -> None:
            self._before()
            if seam is not None:
                seams.watch(seam, nth, signal.SIGKILL)

        return life.started(self._place, before, opened)

    def _sender(self) -> int:
        place, plan = self._place, self._plan
        return life.forked(lambda: senders.send(place, plan.seed, plan.items, SENDER_PAUSE_S))

    def _person(self, *, only_answer: bool = False) -> int:
        self._lives += 1
        place, plan, number = self._place, self._plan, self._lives
        return life.forked(
            lambda: people.act(place, plan.seed, number, ACT_PAUSE_S, only_answer=only_answer)
        )

    def _do(self, fault: str) -> None:
        match fault:
            case "kill -9 of a worker":
                _kill(self._chance.choice(self._at.workers))
            case "SIGTERM of a worker":
                self._terminate(self._chance.choice(self._at.workers))
            case "kill -9 of the senders":
                _kill(self._at.senders)
            case "kill -9 of the people":
                _kill(self._at.people)
            case "log not writable":
                self._spoil_log()
            case "store moved away":
                self._move_store()
            case "restart of the server":
                _restart(self._plan.url)

    def _terminate(self, pid: int) -> None:
        """Ask a worker to end, and count it when it does not."""
        if _is_over(pid):
            return
        os.kill(pid, signal.SIGTERM)
        if not _ends(pid, ENDS_S):
            self._count["stuck"] += 1
            self._count["did not end on SIGTERM"] += 1
            _kill(pid)

    def _spoil_log(self) -> None:
        """Put a file in the place of the log folder for a while; nobody can write into that."""
        logs, away = self._place.root / "logs", self._place.root / "logs-away"
        logs.rename(away)
        logs.touch()
        PAUSE.wait(self._chance.uniform(1, 3))
        logs.unlink()
        away.rename(logs)

    def _move_store(self) -> None:
        """Move the store away: every process must end by itself. Then put it back."""
        away = self._place.root / "away"
        away.mkdir(exist_ok=True)
        files = sorted(self._place.root.glob("store.db*"), reverse=True)
        moved_ms = _now_ms()
        for file in files:
            file.rename(away / file.name)
        for pid in (*self._at.workers, self._at.senders, self._at.people):
            if not _ends(pid, ENDS_S):
                self._count["stuck"] += 1
                self._count["went on without its store"] += 1
                _kill(pid)
        self._gone_ms.append((moved_ms, _now_ms()))
        for file in away.iterdir():
            file.rename(self._place.root / file.name)

    def _judge_acknowledged(self) -> None:
        """Count what began and was acknowledged as done while the store was away.

        What is only answered from what was there before, such as that a batch is known, is right.
        """
        for name in ("sent", "acts"):
            for one in Journal(self._place.root / name).operations().values():
                if _is_done(one) and any(
                    moved < one.begun_ms < back for moved, back in self._gone_ms
                ):
                    verdict.note(self._count, "lost", f"{one.facts} was acknowledged")

    def _revive(self) -> None:
        """Restart what has ended."""
        at = self._at
        at.workers = [self._worker() if _is_over(pid) else pid for pid in at.workers]
        if _is_over(at.senders):
            at.senders = self._sender()
        if _is_over(at.people):
            at.people = self._person()

    def _drain(self) -> None:
        """Let everything end what it has to, as long as anything ends."""
        for pid in (*self._at.workers, self._at.people):
            _kill(pid)
        least, deadline = verdict.ENDLESS, clock.monotonic() + DRAIN
        workers = [life.started(self._place, self._before, opened) for _ in range(2)]
        person = self._person(only_answer=True)
        sender = self._at.senders
        while clock.monotonic() < deadline:
            if _is_over(sender) and not self._all_sent():
                sender = self._sender()
            left = life.answer_of(lambda: verdict.left(self._place)) + self._unsent()
            if left < least:
                least, deadline = left, clock.monotonic() + DRAIN
            if left == 0:
                break
            PAUSE.wait(0.3)
        for pid in (*workers, person, sender):
            _kill(pid)

    def _unsent(self) -> int:
        done = Journal(self._place.root / "sent").operations().values()
        planned = len(senders.plan(self._plan.seed, self._plan.items))
        return planned - sum(one.acknowledged for one in done)

    def _all_sent(self) -> bool:
        return self._unsent() == 0


def _is_done(one: Operation) -> bool:
    """Return whether the answer says that something was done just then."""
    if isinstance(one.answer, list):
        return "new" in one.answer
    return one.answer in {True, "added", "taken"}


def _is_over(pid: int) -> bool:
    """Return whether the child process is over; it is reaped then."""
    try:
        return os.waitpid(pid, os.WNOHANG)[0] != 0
    except ChildProcessError:
        return True


def _ends(pid: int, patience_s: float) -> bool:
    deadline = clock.monotonic() + timedelta(seconds=patience_s)
    while clock.monotonic() < deadline:
        if _is_over(pid):
            return True
        PAUSE.wait(0.02)
    return False


def _kill(pid: int) -> None:
    if not _is_over(pid):
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def _now_ms() -> int:
    return round(clock.monotonic().total_seconds() * 1000)


def _restart(url: str) -> None:
    """Restart a PostgreSQL server of ``own_server`` as after a crash."""
    home = Path(str(make_url(url).query["host"]))
    command = [str((programs() or Path()) / "pg_ctl"), "-D", str(home / "data")]
    user = "nobody" if os.geteuid() == 0 else None
    subprocess.run(
        [*command, "-w", "-m", "immediate", "-l", str(home / "log"), "restart"],
        check=True,
        user=user,
        cwd=home,
        stdout=subprocess.DEVNULL,
    )
