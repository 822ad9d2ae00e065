"""The engine against a hand-written claim loop and against the items of a JSON file.

``python -m benchmarks.claims FOLDER COUNT ROUNDS`` prints the ratios of the first as JSON; it is a
command of its own so that it can be run on a disk that is slower than the machine's
(:func:`slow_disk`). A disk that acknowledges at once, as many virtual machines have, compares
processor time; one that waits compares commits.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from benchmarks import engines, rivals
from benchmarks.engines import Project, submit, wait_done
from tests.chaos import life

SLOW_DISK = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>
static int late(const char *name, int fd) {
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    struct timespec wait = {0, atol(getenv("SLOW_DISK_US")) * 1000};
    nanosleep(&wait, 0);
    return real(fd);
}
int fsync(int fd) { return late("fsync", fd); }
int fdatasync(int fd) { return late("fdatasync", fd); }
"""


def rate(root: Path, count: int, *, batch: bool = False) -> float:
    """Return the items per second that the engine adds, each alone or all at once, and works."""

    def run() -> float:
        with Project(root=root).working(concurrency=8, poll_s=0.05, sweep_s=5) as made:
            submit(made, count, 8)
            wait_done(made.store, 8)
            started = time.monotonic()
            if batch:
                engines.submit_batch(made, count)
            else:
                submit(made, 0, count)
            wait_done(made.store, count + 8)
            return count / (time.monotonic() - started)

    return float(life.answer_of(run))


def ratios_to_loop(folder: Path, count: int, rounds: int) -> list[float]:
    """Return the engine's items per second over the claim loop's, round by round."""
    ratios = []
    for turn in range(rounds):
        root = folder / f"claims{turn}"
        root.mkdir()
        started = time.monotonic()
        rivals.claim_loop(root, count, 8)
        loop = count / (time.monotonic() - started)
        ours = rate(root, count)
        ratios.append(ours / loop)
        sys.stderr.write(f"  claim loop {loop:.0f}/s, engine {ours:.0f}/s\n")
    return ratios


def measured(folder: Path, count: int, rounds: int, environment: dict[str, str]) -> list[float]:
    """Run :func:`ratios_to_loop` in a process with *environment* and return its answer."""
    command = [sys.executable, "-m", "benchmarks.claims", str(folder), str(count), str(rounds)]
    done = subprocess.run(
        command, env={**os.environ, **environment}, stdout=subprocess.PIPE, check=True, text=True
    )
    ratios: list[float] = json.loads(done.stdout)
    return ratios


def slow_disk(folder: Path, wait_us: int) -> dict[str, str] | None:
    """Return an environment where a flush waits *wait_us* longer, or None without a compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "slow_disk.so"
    command = [compiler, "-shared", "-fPIC", "-x", "c", "-o", str(library), "-", "-ldl"]
    subprocess.run(command, input=SLOW_DISK, check=True, text=True)
    return {"LD_PRELOAD": str(library), "SLOW_DISK_US": str(wait_us)}


def flush_ms(folder: Path, count: int = 100) -> float:
    """Return how long the disk under *folder* takes to say that 4 KiB are kept, the median."""
    times = []
    with (folder / "flush").open("wb", buffering=0) as file:
        for _ in range(count):
            file.write(bytes(4096))
            started = time.monotonic()
            os.fsync(file.fileno())
            times.append(time.monotonic() - started)
    return sorted(times)[count // 2] * 1000


if __name__ == "__main__":
    sys.stdout.write(
        json.dumps(ratios_to_loop(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
    )
