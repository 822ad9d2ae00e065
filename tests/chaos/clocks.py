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
from typing import Any

from clerkwork import clock
from tests.chaos import life, seams
from tests.chaos.campaign import Lane, Plan, ended
from tests.chaos.life import PAUSE, Place
from tests.chaos.target import Faults, running

LIBRARIES = sorted(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"))
STEPS_S = (-86_400, -3600, -30, -1, 1, 30, 3600, 7200)
HOME = Path(__file__).resolve().parent.parent.parent


def run_lane(plan: Plan, steps: int, until: timedelta | None = None) -> Counter[str]:
    """Set the clock *steps* times, at the latest until the monotonic instant *until*.

    Of the plan count its seed, its batch and what the target promises.

    Raises:
        FileNotFoundError: libfaketime is not installed.
    """
    if not LIBRARIES:
        raise FileNotFoundError("libfaketime is not installed (Debian: faketime)")
    left_s = 1e6 if until is None else (until - clock.monotonic()).total_seconds()
    faults = Faults(seed=plan.seed, slowest_s=0.5)
    # The target is another machine: neither is its clock set, nor does libfaketime slow it down.
    with life.folder() as root, running(root / "target.db", faults) as address:
        offset = root / "offset"
        offset.write_text("+0s\n")
        asked = {
            "root": str(root),
            "address": address,
            "seed": plan.seed,
            "batch": plan.batch,
            "promised_s": plan.promised_s,
            "steps": steps,
            "left_s": left_s,
        }
        environment = os.environ | {
            "LD_PRELOAD": str(LIBRARIES[0]),
            "FAKETIME_TIMESTAMP_FILE": str(offset),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        done = subprocess.run(
            [sys.executable, "-m", __name__, json.dumps(asked)],
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


def main(asked: dict[str, Any]) -> None:
    """Run the lane in this process, whose clock is set, and print its figures."""
    time.sleep = PAUSE.wait  # type: ignore[assignment] # libfaketime lets the true one fail
    place = Place(
        root=Path(asked["root"]),
        url="sqlite:///store.db",
        address=asked["address"],
        promised_s=asked["promised_s"],
        lease_s=3.0,
    )
    until = clock.monotonic() + timedelta(seconds=asked["left_s"])
    plan = Plan(seed=asked["seed"], batch=asked["batch"])
    found = _Lane(plan, place, asked["steps"], until).run()
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
