"""One lane of the disk's part: a write of a worker fails while it works on one item.

strace makes the *n*-th call of a kind fail in each thread of the worker, so that over all *n* every
write of the item, to the store and to its run log, has failed once. The worker gets a while to help
itself; then it is killed, and one without faults ends what is open.
"""

import os
import re
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from clerkwork import clock
from tests.chaos import life
from tests.chaos.campaign import judge
from tests.chaos.life import PAUSE, Place
from tests.chaos.target import Faults, running

CALLS = ("pwrite64", "write", "fsync", "fdatasync", "ftruncate")
FAILED = "(INJECTED)"
ERRORS = ("ENOSPC", "EIO")
HELP_ITSELF = timedelta(seconds=6)
DRAIN = timedelta(seconds=60)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What one lane does: the kind of call, the error, and which call of each thread fails."""

    seed: int
    faults: Sequence[tuple[str, str, int]]


def faults_of_one_item(seed: int) -> list[tuple[str, str, int]]:
    """Return kind, error and number for every call of an item that meets no fault."""
    with _lane(seed) as lane:
        log = lane.work("")
    most: Counter[str] = Counter()
    for (_, kind), number in Counter(_calls(log)).items():
        most[kind] = max(most[kind], number)
    return [
        (kind, error, nth)
        for kind, number in sorted(most.items())
        for nth in range(1, number + 1)
        for error in ERRORS
    ]


def run_lane(plan: Plan, until: timedelta | None = None) -> Counter[str]:
    """Do what *plan* says, at the latest until the monotonic instant *until*."""
    count: Counter[str] = Counter()
    with _lane(plan.seed) as lane:
        for kind, error, nth in plan.faults:
            if until is not None and clock.monotonic() >= until:
                break
            log = lane.work(f"inject={kind}:error={error}:when={nth}")
            count["trials"] += 1
            count["writes that failed"] += log.count(FAILED)
            count["not ended by the worker itself"] += lane.open() > 0
            lane.drain()
        count.update(lane.judged())
    return count


class _Lane:
    def __init__(self, place: Place, seed: int) -> None:
        self._place = place
        self._seed = seed
        self._submitted = 0

    def submit(self) -> None:
        wanted = range(self._submitted, self._submitted + 1)
        life.answer_of(lambda: life.submit(self._place, self._seed, wanted))
        self._submitted += 1

    def open(self) -> int:
        return int(life.answer_of(lambda: life.figures(self._place))["open"])

    def work(self, inject: str) -> str:
        """Let a worker work on a new order under strace, and return what strace wrote."""
        pid = life.started(self._place)
        log = self._place.root / "strace"
        tracer = self._traced(pid, log, inject)
        self.submit()
        deadline = clock.monotonic() + HELP_ITSELF
        while clock.monotonic() < deadline and self.open() and not _is_dead(pid):
            if FAILED in log.read_text(errors="replace"):
                tracer.terminate()  # one fault is enough; the threads that begin now have none
            PAUSE.wait(0.02)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        tracer.communicate()  # closes its pipe as well
        return log.read_text(errors="replace")

    def _traced(self, pid: int, log: Path, inject: str) -> "subprocess.Popen[str]":
        root = self._place.root
        lines = root / "logs" / "runs" / f"item-{self._submitted + 1}-1.jsonl"
        lines.parent.mkdir(parents=True, exist_ok=True)
        paths = [root / "store.db", root / "store.db-wal", root / "store.db-shm", lines]
        options = ["-e", f"trace={','.join(CALLS)}", *(["-e", inject] if inject else [])]
        return life.traced(pid, log, paths, options)

    def drain(self) -> None:
        pid = life.started(self._place)
        deadline = clock.monotonic() + DRAIN
        while clock.monotonic() < deadline and self.open():
            PAUSE.wait(0.1)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def judged(self) -> Counter[str]:
        damage = life.answer_of(lambda: life.damage(self._place))
        return judge(self._place, self._seed, self._submitted) + Counter(damaged=damage)


@contextmanager
def _lane(seed: int) -> Iterator[_Lane]:
    faults = Faults(seed=seed, lost=0.0, phantom=0.0, slowest_s=0.05)
    with life.folder() as root, running(root / "target.db", faults) as address:
        place = Place(root=root, url="sqlite:///store.db", address=address, promised_s=0.5)
        yield _Lane(replace(place, concurrency=1), seed)


def _calls(log: str) -> Iterator[tuple[str, str]]:
    """Yield thread and name of every call that began."""
    for line in log.splitlines():
        if found := re.match(r"(\d+) +(\w+)\(", line):
            yield found[1], found[2]


def _is_dead(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
