"""Damages the sample documents in many ways, reads the damaged files, and counts the results.

Each read must end with a ``DocumentRejected`` or a result, within 10 seconds of processor time and
300 MB of additional memory of the child process. The same holds for files that were constructed to
be malicious. No OCR engine is used, because it would only see correctly decoded pixels. The same
seed gives the same files.

Usage: python -m benchmarks.mutated [--count 500] [--seed 1] [--write]
"""

import argparse
import os
import random
import re
import resource
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from benchmarks.engines import say
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.errors import ClerkworkError
from clerkwork.processes import family
from tests.bad_documents import BAD, STRANGE
from tests.chaos.report import HOME, keep

DOCUMENT = HOME / "docs" / "benchmarks.md"
RESULTS = HOME / "docs" / "figures" / "documents.json"
SECTION = "mutated"
TICK = os.sysconf("SC_CLK_TCK")
SAMPLES = HOME / "samples" / "documents"
KINDS = {"pdf": (".pdf",), "picture": (".jpg", ".png")}
LIMIT_S = 10.0
LIMIT_MB = 300
LENGTHS = (0, -1, 1, 65535, 2**31 - 1, 99999999999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """The result of reading one damaged file.

    Attributes:
        how: ``result``, or the class name of the error and its code, if it has one.
        said: The message of the error.
        cpu_s: Processor time of the child in seconds.
        growth_mb: Peak growth of the child's memory; None if it was killed for that, or died.
    """

    name: str
    how: str
    said: str
    cpu_s: float
    growth_mb: int | None


Mutation = Callable[[random.Random, bytearray], bytes]


def flip(chance: random.Random, data: bytearray) -> bytes:
    """Change some bytes anywhere."""
    for _ in range(chance.choice([1, 4, 16, 64])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def flip_head(chance: random.Random, data: bytearray) -> bytes:
    """Change some bytes in the header, but not the first four."""
    for _ in range(chance.choice([1, 2, 4, 8])):
        data[chance.randrange(4, min(len(data), 512))] = chance.randrange(256)
    return bytes(data)


def cut(chance: random.Random, data: bytearray) -> bytes:
    """Keep the first part only."""
    return bytes(data[: chance.randrange(1, len(data))])


def take_out(chance: random.Random, data: bytearray) -> bytes:
    """Remove a part in the middle."""
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 4096)]
    return bytes(data)


def repeat(chance: random.Random, data: bytearray) -> bytes:
    """Write a part in the middle twice or many times."""
    start = chance.randrange(len(data))
    part = data[start : start + chance.randrange(1, 2048)]
    return bytes(data[:start] + part * chance.choice([2, 8, 64]) + data[start:])


def put_in(chance: random.Random, data: bytearray) -> bytes:
    """Insert noise in the middle."""
    start = chance.randrange(len(data))
    return bytes(data[:start] + chance.randbytes(chance.randrange(1, 2048)) + data[start:])


def renumber(chance: random.Random, data: bytearray) -> bytes:
    """Change numbers in text form, such as lengths, counts and references, to extreme values."""
    places = list(re.finditer(rb"(?<=[ \[])\d{1,6}(?=[ \]/>\r\n])", bytes(data)))
    for place in sorted(chance.sample(places, min(len(places), 3)), key=lambda p: -p.start()):
        data[place.start() : place.end()] = str(chance.choice(LENGTHS)).encode()
    return bytes(data)


MUTATIONS: tuple[Mutation, ...] = (flip, flip_head, cut, take_out, repeat, put_in, renumber)


def mutants(kind: str, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield *count* damaged files of a kind; their names contain the sample and the damage."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - damage, not secrets
    samples = sorted(file for file in SAMPLES.iterdir() if file.suffix in KINDS[kind])
    for number in range(count):
        sample = chance.choice(samples)
        mutation = MUTATIONS[number % len(MUTATIONS)]
        data = mutation(chance, bytearray(sample.read_bytes()))
        yield f"{number:03}-{mutation.__name__}-{sample.name}", data


def endings(files: Iterator[tuple[str, bytes]], folder: Path) -> Iterator[Ending]:
    """Read each file within the limits for opening a document, and yield the result."""
    bounds = {"page_timeout_s": LIMIT_S, "memory_mb": 2 * LIMIT_MB, "recycle_pages": 10**6}
    settings = DocumentSettings(engine="none", **bounds)
    reader = DocumentReader(settings, folder / "evidence")
    file = folder / "damaged"
    for name, data in files:
        file.write_bytes(data)
        yield ended(reader, file, name)
    reader.close()


def ended(reader: DocumentReader, file: Path, name: str) -> Ending:
    """Read one file and return the result."""
    cpu_s, children = _cpu_s(), family(os.getpid())[1:]
    before = {pid: _forget_peak(pid) for pid in children}
    how, said = "result", ""
    try:
        reader.read(file, name)
    except ClerkworkError as error:
        code = getattr(error, "code", "")
        how, said = f"{type(error).__name__} {code}".strip(), str(error)
    after = family(os.getpid())[1:]
    growth = max((_peak_mb(pid) - before.get(pid, 0) for pid in after), default=None)
    return Ending(
        name=name,
        how=how,
        said=said,
        cpu_s=_cpu_s() - cpu_s,
        growth_mb=growth if not before or after == children else None,
    )


def _forget_peak(pid: int) -> int:
    """Reset the kernel's peak memory of a process; return its current memory in MB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5", "ascii")
    return _peak_mb(pid)


def _peak_mb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text("utf-8")
    peak = status.partition("VmHWM:")[2].split()  # empty for a process that has ended
    return int(peak[0]) // 1024 if peak else 0


def _cpu_s() -> float:
    """Return the processor time of all children in seconds, including those that have ended."""
    own = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = 0
    for pid in family(os.getpid())[1:]:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(")")[2].split()
        used += sum(map(int, fields[11:15]))
    return used / TICK + own.ru_utime + own.ru_stime


def row(found: list[Ending]) -> dict[str, str]:
    """Return one row of the table."""
    counts = Counter(ending.how for ending in found)
    read, rejected = counts.pop("result", 0), counts.pop("DocumentRejected", 0)
    slowest = max(found, key=lambda ending: ending.cpu_s)
    largest = max(ending.growth_mb or 0 for ending in found)
    good = not counts and slowest.cpu_s <= LIMIT_S and largest <= LIMIT_MB
    return {
        "files": str(len(found)),
        "read": str(read),
        "rejected": str(rejected),
        "anything else": ", ".join(f"{count} {how}" for how, count in counts.items()) or "0",
        "slowest": f"{slowest.cpu_s:.1f} s ({slowest.name})",
        "largest growth": f"{largest} MB",
        "child ended": str(sum(ending.growth_mb is None for ending in found)),
        "met": "yes" if good else "**no**",
    }


def made() -> Iterator[tuple[str, bytes]]:
    """Yield the files that were constructed to be malicious."""
    makers = {name: make for name, (make, _) in BAD.items()} | STRANGE
    for name, make in makers.items():
        yield name, make()


def main() -> int:
    """Damage and read the files, and print one row per kind; return 0 if all are within limits."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500, help="files of each kind")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--write", action="store_true")
    given = options.parse_args()
    parts = {f"damaged {kind}s": mutants(kind, given.count, given.seed) for kind in KINDS}
    good = True
    for title, files in {**parts, "made to be bad": made()}.items():
        with tempfile.TemporaryDirectory() as folder:
            found = list(endings(files, Path(folder)))
        figures = row(found)
        good = good and figures["met"] == "yes"
        say(f"{title}: {figures}")
        for ending in found:
            if ending.how not in {"result", "DocumentRejected"} or ending.cpu_s > LIMIT_S:
                say(f"  {ending.name}: {ending.how}: {ending.said} ({ending.cpu_s:.1f} s)")
        if given.write:
            keep(SECTION, title, figures, document=DOCUMENT, results=RESULTS)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
