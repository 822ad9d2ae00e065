"""One lane of the clock's part: the wall clock of every process of a host is set, again and again.

libfaketime sets it, so the whole lane is a process of its own that starts with that library. Two
workers work on one store. Before most steps one of them dies, often with an order on its way: then
only the quiet period keeps the next one from entering it again, and a clock that jumped must not
end it. In the end the clock is right.
"""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path

from clerkwork import clock
from tests.chaos import life, seams
from tests.chaos.campaign import Lane, Plan, ended
from tests.chaos.life import PAUSE, Place
from tests.chaos.target import Faults, running

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
STEPS_S = (-86_400, -3600, -30, -1, 1, 30, 3600, 7200)
HOME = Path(__file__).resolve().parent.parent.parent


def run_lane(seed: int, steps: int, until: timedelta | None = None) -> Counter[str]:
    """Set the clock *steps* times, at the latest until the monotonic instant *until*.

    Raises:
        FileNotFoundError: libfaketime is not installed.
    """
    if not LIBRARIES:
        raise FileNotFoundError("libfaketime is not installed (Debian: faketime)")
    left_s = 1e6 if until is None else (until - clock.monotonic()).total_seconds()
    faults = Faults(seed=seed, slowest_s=0.5)
    # The target is another machine: neither is its clock set, nor does libfaketime slow it down.
    with life.folder() as root, running(root / "target.db", faults) as address:
        offset = root / "offset"
        offset.write_text("+0s\n")
        environment = os.environ | {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", __name__, str(root), address, *map(str, (seed, steps, left_s))],
            cwd=HOME,
            env=environment,
            stdout=subprocess.PIPE,
            check=True,
        )
    return Counter(json.loads(done.stdout))


class _Lane(Lane):
    def __init__(self, plan: Plan, place: Place, steps: int, until: timedelta) -> None:
        super().__init__(plan, place, until)
        self._steps = steps
        self._away = False

    def run(self) -> Counter[str]:
        workers = [self._start(), self._start()]
        while self._count["trials"] < self._steps and self._in_time():
            self._feed()
            nth = self._chance.randrange(2)
            if self._chance.random() < 0.5:
                self._end(workers[nth])
                workers[nth] = self._start(lambda: seams.watch("posted", 1, signal.SIGKILL))
                if not ended(workers[nth], 3.0):
                    self._end(workers[nth])
                workers[nth] = 0
            else:
                PAUSE.wait(self._chance.uniform(0, 1))
                if self._chance.random() < 0.5:
                    self._end(workers[nth])
                    workers[nth] = 0
            self._set_clock()
            workers[nth] = workers[nth] or self._start()
        if self._away:
            self._set_clock()
        for worker in workers:
            self._end(worker)
        self._drain()
        return self._judge()

    def _set_clock(self) -> None:
        self._away = not self._away
        offset_s = self._chance.choice(STEPS_S) if self._away else 0
        partial = self._place.root / "offset.part"
        partial.write_text(f"{offset_s:+d}s\n")
        partial.rename(self._place.root / "offset")
        self._count["trials"] += 1
        self._count[f"at {offset_s:+d} s" if self._away else "at right again"] += 1

    def _end(self, pid: int) -> None:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def main(root: Path, address: str, seed: int, steps: int, left_s: float) -> None:
    """Run the lane in this process, whose clock is set, and print its figures."""
    time.sleep = PAUSE.wait  # type: ignore[assignment] - libfaketime lets the true one fail
    place = Place(root=root, url="sqlite:///store.db", address=address, lease_s=3.0)
    until = clock.monotonic() + timedelta(seconds=left_s)
    found = _Lane(Plan(seed=seed), place, steps, until).run()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5]))
