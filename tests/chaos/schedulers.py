"""One lane of the schedulers' part: two schedulers on one store, one of them always about to die.

Both look into the same folder, at the same instants, while files arrive. In the end every file must
be one item, and every due instant must have run once, or have a row that says why it did not.
"""

import os
import random
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import timedelta
from pathlib import Path
from typing import Any

from loguru import logger

from clerkwork import clock
from clerkwork.config.settings import Settings
from clerkwork.config.times.fire_times import Due
from clerkwork.engine.schedule.planned_runs import calls_on
from clerkwork.engine.schedule.schedule_clock import Calls, ScheduleClock
from clerkwork.intake.extensions import shipped
from clerkwork.intake.intake import Intake
from clerkwork.model.project.workflows import Schedule
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.runs import planned_runs as planned
from tests.chaos import life, seams
from tests.chaos.life import PAUSE, Place

SCHEDULE = Schedule(every_s=0.2)
ONE_FOR_ALL = "all instants from"  # one row stands for a gap of a schedule this fast
SPAN_S = 1.2
OVERDUE_S = 2.5
DRAIN = timedelta(seconds=60)
CALLS = ("claim", "settle", "finish", "claim_again")
SEAMS = (
    *(f"{side} {name}" for name in CALLS for side in ("before", "after")),
    *(f"{side} {kind}" for kind in ("item_added", "file_taken") for side in ("before", "after")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one lane does: how often a scheduler is killed, and where the store is."""

    seed: int
    kills: int
    url: str = "sqlite:///store.db"
    lease: timedelta = planned.LEASE


@dataclass(frozen=True, slots=True)
class _Life:
    """A scheduler that runs, and when it is killed if it does not kill itself before."""

    pid: int
    seam: str | None
    ends: timedelta


def run_lane(plan: Plan, until: timedelta | None = None) -> Counter[str]:
    """Do what *plan* says, at the latest until the monotonic instant *until*."""
    with life.folder() as root:
        return _Lane(plan, Place(root=root, url=plan.url, address=""), until).run()


class _Lane:
    def __init__(self, plan: Plan, place: Place, until: timedelta | None) -> None:
        self._plan = plan
        self._place = place
        self._until = until
        self._chance = random.Random(plan.seed)  # noqa: S311 - no secret
        self._dropped = 0
        self._count: Counter[str] = Counter()

    def run(self) -> Counter[str]:
        life.answer_of(lambda: life.create(self._place))
        lives = [self._start(), self._start()]
        while self._count["trials"] < self._plan.kills and self._in_time():
            for place, one in enumerate(lives):
                if self._is_over(one):
                    self._drop()
                    lives[place] = self._start()
            PAUSE.wait(0.02)
        for one in lives:
            _kill(one.pid)
            self._note(f"died {one.pid}")
        self._drain()
        self._judge()
        return self._count

    def _in_time(self) -> bool:
        return self._until is None or clock.monotonic() < self._until

    def _note(self, line: str) -> None:
        with (self._place.root / "lives").open("a") as lives:
            lives.write(line + "\n")

    def _drop(self) -> None:
        """Put two files into the folder, each complete when it appears."""
        inbox = self._place.root / "inbox" / "work"
        inbox.mkdir(parents=True, exist_ok=True)
        for _ in range(2):
            partial = inbox / f"{self._dropped}.part"
            partial.write_text(f"{self._plan.seed}/{self._dropped}")
            partial.rename(inbox / f"{self._dropped}.txt")
            self._dropped += 1

    def _start(self, *, immortal: bool = False) -> _Life:
        seam = self._chance.choice([None, *SEAMS]) if not immortal else None
        nth, after_s = self._chance.randint(1, 3), self._chance.uniform(0.1, SPAN_S)

        def work() -> None:
            if seam is not None:
                seams.watch(seam, nth, signal.SIGKILL, lambda: self._note(f"died {os.getpid()}"))
            run_scheduler(self._place, self._plan.lease, self._note)

        lasts = timedelta(seconds=after_s if seam is None else OVERDUE_S)
        return _Life(life.forked(work), seam, clock.monotonic() + lasts)

    def _is_over(self, one: _Life) -> bool:
        """Return whether the life is over; one that has lasted long enough is ended here."""
        if os.waitpid(one.pid, os.WNOHANG)[0]:
            at = one.seam or "by itself"
        elif clock.monotonic() >= one.ends:
            _kill(one.pid)
            self._note(f"died {one.pid}")
            at = "a random instant"
        else:
            return False
        self._count["trials"] += 1
        self._count[f"at {at}"] += 1
        return True

    def _drain(self) -> None:
        """Let a scheduler that nobody kills take what is left, the dead ones' instants as well."""
        last = self._start(immortal=True)
        deadline = clock.monotonic() + 2 * self._plan.lease + DRAIN
        while clock.monotonic() < deadline and life.answer_of(self._left):
            PAUSE.wait(0.5)
        _kill(last.pid)
        self._note(f"died {last.pid}")

    def _left(self) -> int:
        """Return how many files wait and how many instants of the dead are not run again."""
        waiting = len(list((self._place.root / "inbox" / "work").glob("*.txt")))
        end = clock.now() - timedelta(seconds=2)
        with life.engine(self._place) as made, made.core.store.read() as db:
            rows = planned.list_between(db, "work", since=_START, until=end)
        return waiting + sum(row.state is PlannedState.STARTED for row in rows)

    def _judge(self) -> None:
        found = life.answer_of(self._compare)
        self._count.update(found)

    def _compare(self) -> dict[str, int]:
        with life.engine(self._place) as made, made.core.store.read() as db:
            rows = planned.list_between(db, "work", since=_START, until=_END)
        names = Counter(row[0] for row in life.state(self._place))
        end = rows[-1].planned - timedelta(seconds=2)
        due = Due(SCHEDULE).between(rows[0].planned, end)
        begun = _begun_twice(self._place.root / "lives")
        return {
            "instants": len(rows),
            "items": self._dropped,
            "run again": sum("died running it" in row.reason for row in rows),
            "lost": self._dropped - len(names) + _unexplained(rows, due),
            "doubled": sum(times > 1 for times in names.values()) + begun,
            "stuck": sum(row.state is PlannedState.STARTED and row.planned < end for row in rows),
        }


def run_scheduler(place: Place, lease: timedelta, note: Callable[[str], None]) -> None:
    """Run a scheduler until somebody kills this process."""
    with life.engine(place) as made:
        intake = Intake(
            place.root,
            Settings(),
            shipped(),
            made.core.workflows,
            store=made.core.store,
            engine=made,
            documents=_Prober(),
        )
        calls = calls_on(
            made.core.store,
            f"s-{uuid.uuid4()}",
            work=intake.look,
            report=logger.error,
            blocked=lambda *_: None,
            lease=lease,
        )
        _Watched({"work": SCHEDULE}, _seamed(calls), note).start()
        threading.Event().wait()


class _Watched(ScheduleClock):
    """Notes when an instant begins and ends, so that two of the living at one are seen."""

    def __init__(
        self, schedules: dict[str, Schedule], calls: Calls, note: Callable[[str], None]
    ) -> None:
        super().__init__(schedules, calls)
        self._note = note

    def _work(self, name: str, planned: Any, note: str) -> None:
        self._note(f"begin {os.getpid()} {clock.to_ms(planned)}")
        super()._work(name, planned, note)
        self._note(f"end {os.getpid()} {clock.to_ms(planned)}")


class _Prober:
    """Takes every file for a document."""

    def probe(self, file: Path, name: str) -> object:
        return file, name


def _seamed(calls: Calls) -> Calls:
    """Return *calls* with a boundary before and after each that changes a row."""
    made = {field.name: getattr(calls, field.name) for field in fields(calls)}
    for name in CALLS:
        made[name] = seams.between(name, made[name])
    return Calls(**made)


def _begun_twice(file: Path) -> int:
    """Return how many instants were started during or after another live process's start."""
    at_work: dict[str, str] = {}
    ended: set[str] = set()
    doubled: set[str] = set()
    for line in file.read_text().splitlines():
        kind, pid, *instant = line.split()
        if kind == "died":
            at_work = {key: owner for key, owner in at_work.items() if owner != pid}
        elif kind == "begin":
            doubled |= {instant[0]} & (at_work.keys() | ended)
            at_work[instant[0]] = pid
        else:
            ended.add(instant[0])
    return len(doubled)


def _unexplained(rows: list[Any], due: Any) -> int:
    """Return how many due instants have no row and no earlier row that covers the gap."""
    there = {row.planned: row for row in rows}
    last, missing = rows[0], 0
    for instant in due:
        last = there.get(instant, last)
        missing += instant not in there and not last.reason.startswith(ONE_FOR_ALL)
    return missing


def _kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)


_START = clock.from_ms(0)
_END = clock.from_ms(4_000_000_000_000)
