"""Damage the sample documents in many ways and read what is left; count how each one ends.

Usage: ``python tools/mutate_documents.py [--count 500] [--seed 1]``. Half of the files, so many of
each kind, are PDFs and half are pictures. Each must end in one ``DocumentRejected`` or in a result,
within 10 seconds and 300 MB in the child process. No engine reads the words, because an engine
sees only pixels that were decoded well. The files are the same for the same seed.
"""

import argparse
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from clerkwork import clock
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.errors import ClerkworkError

SAMPLES = Path(__file__).parent.parent / "samples" / "documents"
KINDS = {"pdf": (".pdf",), "picture": (".jpg", ".png")}
LIMIT_S = 10.0
LIMIT_MB = 300
LENGTHS = (0, -1, 1, 65535, 2**31 - 1, 99999999999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How the reading of one damaged file ended.

    Attributes:
        how: ``result``, or the name of the error's class and its code, if it has one.
        said: The error's sentence.
    """

    name: str
    how: str
    said: str
    seconds: float


Mutation = Callable[[random.Random, bytearray], bytes]


def flip(chance: random.Random, data: bytearray) -> bytes:
    """Change some bytes anywhere."""
    for _ in range(chance.choice([1, 4, 16, 64])):
        data[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(data)


def flip_head(chance: random.Random, data: bytearray) -> bytes:
    """Change some bytes where sizes and types stand, the first four aside."""
    for _ in range(chance.choice([1, 2, 4, 8])):
        data[chance.randrange(4, min(len(data), 512))] = chance.randrange(256)
    return bytes(data)


def cut(chance: random.Random, data: bytearray) -> bytes:
    """Keep the first part only."""
    return bytes(data[: chance.randrange(1, len(data))])


def take_out(chance: random.Random, data: bytearray) -> bytes:
    """Leave a part in the middle out."""
    start = chance.randrange(len(data))
    del data[start : start + chance.randrange(1, 4096)]
    return bytes(data)


def repeat(chance: random.Random, data: bytearray) -> bytes:
    """Write a part in the middle twice or many times."""
    start = chance.randrange(len(data))
    part = data[start : start + chance.randrange(1, 2048)]
    return bytes(data[:start] + part * chance.choice([2, 8, 64]) + data[start:])


def put_in(chance: random.Random, data: bytearray) -> bytes:
    """Put noise into the middle."""
    start = chance.randrange(len(data))
    return bytes(data[:start] + chance.randbytes(chance.randrange(1, 2048)) + data[start:])


def renumber(chance: random.Random, data: bytearray) -> bytes:
    """Change written numbers, such as lengths, counts, references and sizes, to extreme ones."""
    places = list(re.finditer(rb"(?<=[ \[])\d{1,6}(?=[ \]/>\r\n])", bytes(data)))
    for place in sorted(chance.sample(places, min(len(places), 3)), key=lambda p: -p.start()):
        data[place.start() : place.end()] = str(chance.choice(LENGTHS)).encode()
    return bytes(data)


MUTATIONS: tuple[Mutation, ...] = (flip, flip_head, cut, take_out, repeat, put_in, renumber)


def mutants(kind: str, count: int, seed: int) -> Iterator[tuple[str, bytes]]:
    """Yield *count* damaged files of a kind, with names that say what was done to which sample."""
    chance = random.Random(f"{kind} {seed}")  # noqa: S311 - damage, not secrets
    samples = sorted(file for file in SAMPLES.iterdir() if file.suffix in KINDS[kind])
    for number in range(count):
        sample = chance.choice(samples)
        mutation = MUTATIONS[number % len(MUTATIONS)]
        data = mutation(chance, bytearray(sample.read_bytes()))
        yield f"{number:03}-{mutation.__name__}-{sample.name}", data


def endings(
    kind: str, count: int, seed: int, folder: Path, limit_s: float = LIMIT_S
) -> Iterator[Ending]:
    """Read each damaged file, each of its pages within *limit_s*, and yield how that ended."""
    settings = DocumentSettings(engine="none", page_timeout_s=limit_s, memory_mb=LIMIT_MB)
    reader = DocumentReader(settings, folder / "evidence")
    file = folder / "damaged"
    for name, data in mutants(kind, count, seed):
        file.write_bytes(data)
        yield ended(reader, file, name)
    reader.close()


def ended(reader: DocumentReader, file: Path, name: str) -> Ending:
    """Read one file and return how that ended."""
    start = clock.monotonic()
    how, said = "result", ""
    try:
        reader.read(file, name)
    except ClerkworkError as error:
        code = getattr(error, "code", "")
        how, said = f"{type(error).__name__} {code}".strip(), str(error)
    seconds = (clock.monotonic() - start).total_seconds()
    return Ending(name=name, how=how, said=said, seconds=seconds)


def main() -> int:
    """Damage, read, and print one line per kind of ending; the exit status tells if all is well."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=500, help="files of each kind")
    options.add_argument("--seed", type=int, default=1)
    options.add_argument("--limit-s", type=float, default=LIMIT_S, help="more on a busy machine")
    given = options.parse_args()
    good = True
    for kind in KINDS:
        with tempfile.TemporaryDirectory() as folder:
            found = list(endings(kind, given.count, given.seed, Path(folder), given.limit_s))
        counts = Counter(ending.how for ending in found)
        slowest = max(ending.seconds for ending in found)
        print(f"{kind}: {dict(counts)}, slowest {slowest:.1f} s")
        for ending in found:
            if ending.how not in {"result", "DocumentRejected"}:
                good = False
                print(f"  {ending.name}: {ending.how}: {ending.said} ({ending.seconds:.1f} s)")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
