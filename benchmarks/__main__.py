"""Run the benchmarks: ``python -m benchmarks [NAME...] [--quick]``; writes docs/benchmarks.md.

Every figure is a ratio of two variants that are measured in turns in one run, or a property of one
process. Absolute rates depend on the disk and on other processes more than on the engine.
"""

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

from benchmarks import bare_dbos, engines
from benchmarks.console import page_times_ms
from benchmarks.engines import Project, say, submit, wait_done
from benchmarks.filled import fill
from clerkwork.testing.postgres import Databases, own_server
from tests.chaos import life, report

DOCUMENT = report.HOME / "docs/benchmarks.md"
RESULTS = report.HOME / "docs/figures/benchmarks.json"
Row = dict[str, Any]


def _median(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} [{min(values):.2f}-{max(values):.2f}]"


def _row(figure: str, wanted: str, met: bool, how: str) -> Row:
    return {"figure": figure, "wanted": wanted, "met": "yes" if met else "**no**", "how": how}


def against_dbos(folder: Path, quick: bool) -> Row:
    """Items per second and processor time per item, against plain DBOS with the same steps."""
    count = 60 if quick else 300
    costs = bare_dbos.rounds(folder, count, 2 if quick else 5)
    rates = [ours.rate / theirs.rate for ours, theirs in costs]
    times = [ours.cpu_ms / theirs.cpu_ms for ours, theirs in costs]
    met = statistics.median(rates) >= 1.0 and statistics.median(times) <= 1.2
    spent = [statistics.median(cost.cpu_ms for cost in side) for side in zip(*costs, strict=True)]
    figure = f"{_median(rates)}; processor time {_median(times)}"
    how = f"{count} items of {bare_dbos.STEPS} steps, 8 at once, median of {len(costs)} rounds in"
    how += f" turns; {spent[0]:.1f} against {spent[1]:.1f} ms of processor time an item"
    return _row(figure, "≥ 1.0; ≤ 1.2", met, how)


def with_finished(folder: Path, quick: bool) -> Row:
    """Cost of an item with a million finished items in the store, against a thousand."""
    many = 20_000 if quick else 1_000_000
    small = life.answer_of(lambda: str(fill(folder / "few", 1000, finished=True).root))
    large = life.answer_of(lambda: str(fill(folder / "many", many, finished=True).root))
    ratios = _interleaved(small, large, _cost_per_item, 3)
    how = f"{many:,} against 1,000 finished items; processor seconds of 100 items, 3 rounds"
    return _row(_median(ratios), "≤ 1.3", statistics.median(ratios) <= 1.3, how)


def _interleaved(
    small: str, large: str, measure: Callable[[Path, int], float], rounds: int
) -> list[float]:
    ratios = []
    for turn in range(rounds):
        low = life.answer_of(partial(measure, Path(small), turn))
        high = life.answer_of(partial(measure, Path(large), turn))
        say(f"  few rows {low:.5f}, many rows {high:.5f}")
        ratios.append(high / low)
    return ratios


def _cost_per_item(root: Path, turn: int) -> float:
    with Project(root=root).working(concurrency=8, poll_s=0.05, sweep_s=5) as made:
        first = engines.highest_id(made.core.store) + 1
        submit(made, turn * 1000 + 10, 10)
        wait_done(made.core.store, 10, first)
        first, started = engines.highest_id(made.core.store) + 1, engines.own_cpu_s()
        submit(made, turn * 1000 + 100, 100)
        wait_done(made.core.store, 100, first)
        return (engines.own_cpu_s() - started) / 100


def start_latency(folder: Path, quick: bool) -> Row:
    """Median time from submitting an item to the start of its run, with the default settings."""

    def run() -> list[int]:
        with Project(root=folder / "latency").working() as made:
            submit(made, 0, 1)
            wait_done(made.core.store, 1)
            for number in range(1, 20 if quick else 60):
                submit(made, number, 1)
                wait_done(made.core.store, number + 1)
                engines.PAUSE.wait(0.013 * (number % 20))
            return [start - came for came, start in engines.starts_ms(made.core.store, 2)]

    (folder / "latency").mkdir()
    waits = sorted(life.answer_of(run))
    p50, p99 = waits[len(waits) // 2], waits[int(len(waits) * 0.99)]
    figure = f"{p50} ms (p99 {p99} ms)"
    return _row(figure, "≤ 100 ms", p50 <= 100, f"{len(waits)} items, one at a time")


def idle_worker(folder: Path, quick: bool) -> Row:
    """Processor time and memory of a worker without items, with the default settings."""

    def run() -> tuple[float, int]:
        with Project(root=folder / "idle").working():
            engines.PAUSE.wait(3)
            started, seconds = engines.own_cpu_s(), 5 if quick else 20
            engines.PAUSE.wait(seconds)
            pages = int(Path("/proc/self/statm").read_text().split()[1])
            used = (engines.own_cpu_s() - started) / seconds
            return used, pages * os.sysconf("SC_PAGE_SIZE") // 2**20

    (folder / "idle").mkdir()
    used, memory_mb = life.answer_of(run)
    figure = f"{used * 1000:.0f} ms/s, {memory_mb} MB"
    return _row(figure, "shown", True, "one queue; without the browser's process")


def flood(folder: Path, quick: bool) -> Row:
    """Time between two starts (p99) with a million waiting items, against a thousand."""
    many = 20_000 if quick else 1_000_000
    small = life.answer_of(lambda: str(fill(folder / "calm", 2000, finished=False).root))
    large = life.answer_of(lambda: str(fill(folder / "flood", many, finished=False).root))
    ratios = _interleaved(small, large, _claim_p99_s, 3)
    how = f"{many:,} against 2,000 waiting items, 150 claims each, 3 rounds"
    return _row(_median(ratios), "≤ 3", statistics.median(ratios) <= 3, how)


def _claim_p99_s(root: Path, _turn: int) -> float:
    with Project(root=root).working(concurrency=1, poll_s=0.02, sweep_s=5) as made:
        before = engines.done(made.core.store)
        wait_done(made.core.store, before + 150)
        times = sorted(start for _, start in engines.starts_ms(made.core.store, 0))[-150:]
    gaps = sorted(later - sooner for sooner, later in pairwise(times))
    return gaps[int(len(gaps) * 0.99)] / 1000


def console(folder: Path, quick: bool) -> Row:
    """Response time of the console's slowest page with a million events in the store."""
    items = 4_000 if quick else 200_000
    root = Path(life.answer_of(lambda: str(_with_steps(folder / "full", items))))
    times = life.answer_of(lambda: page_times_ms(root))
    slowest = max(times, key=lambda page: times[page])
    others = ", ".join(f"{page} {ms:.0f}" for page, ms in times.items() if page != slowest)
    figure = f"{times[slowest]:.0f} ms ({slowest})"
    how = f"{items * 5:,} events of {items:,} items in 6 days; the others, in ms: {others}"
    return _row(figure, "≤ 1000 ms", times[slowest] <= 1000, how)


def _with_steps(root: Path, items: int) -> Path:
    return fill(root, items, finished=True, rest_s=0.001).root


def four_workers(folder: Path, quick: bool) -> Row:
    """Items per second of four worker processes against one, PostgreSQL, steps of 200 ms."""
    count, ratios = 20 if quick else 60, []
    with ExitStack() as stack:
        server = os.environ.get("CLERKWORK_TEST_POSTGRES") or stack.enter_context(own_server())
        databases = Databases(server, lambda _: None)
        for turn in range(1 if quick else 2):
            rates = []
            for workers in (1, 4):
                root = folder / f"workers{turn}-{workers}"
                root.mkdir()
                url = stack.enter_context(databases.new())
                rates.append(_rate_of(Project(root=root, url=url), workers, count))
            say(f"  one worker {rates[0]:.2f}/s, four {rates[1]:.2f}/s")
            ratios.append(rates[1] / rates[0])
    how = f"{count} items of one step of 200 ms, one at a time for each worker"
    return _row(_median(ratios), "≥ 3.6", statistics.median(ratios) >= 3.6, how)


def _rate_of(project: Project, workers: int, count: int) -> float:
    def work() -> None:
        with project.working(concurrency=1, poll_s=0.02):
            engines.PAUSE.wait()

    def run() -> float:
        with project.engine() as made:
            submit(made, 0, workers, 0.2)
            wait_done(made.core.store, workers)
            submit(made, 100, count, 0.2)
            wait_done(made.core.store, count + workers)
            times = sorted(start for _, start in engines.starts_ms(made.core.store, workers + 1))
            return (count - workers) / ((times[-1] - times[workers - 1]) / 1000)

    def prepare() -> None:
        with project.engine():
            pass

    life.answer_of(prepare)
    pids = [life.forked(work) for _ in range(workers)]
    try:
        return float(life.answer_of(run))
    finally:
        for pid in pids:
            os.kill(pid, 9)
            os.waitpid(pid, 0)


BENCHMARKS: dict[str, tuple[str, Callable[[Path, bool], Row]]] = {
    "dbos": ("items/s against DBOS alone", against_dbos),
    "latency": ("start latency p50", start_latency),
    "idle": ("idle worker", idle_worker),
    "workers": ("4 workers against 1, PostgreSQL", four_workers),
    "flood": ("claim p99 in a flood", flood),
    "console": ("slowest page of the console, 10⁶ events", console),
    "finished": ("cost of an item with 10⁶ finished", with_finished),
}


def main() -> int:
    """Run the benchmarks named on the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", default=[])
    parser.add_argument("--quick", action="store_true", help="small counts; writes no document")
    chosen = parser.parse_args()
    good = True
    for name in chosen.names or BENCHMARKS:
        title, measure = BENCHMARKS[name]
        say(title)
        with tempfile.TemporaryDirectory(prefix="clerkwork-bench-") as folder:
            row = measure(Path(folder), chosen.quick)
        load = os.getloadavg()[0]
        row["load"] = f"{load:.1f} on {os.cpu_count()} cores"
        say(f"  {row}")
        if not chosen.quick:
            report.keep("benchmarks", title, row, document=DOCUMENT, results=RESULTS)
        good &= row["met"] == "yes"
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
