"""Power cuts: the writes of a real worker are recorded, and disks are made that lost some of them.

strace records what the worker wrote to the store's files, when it waited for the disk, and when it
learned that an event is kept. A cut is an instant of that record: what was waited for is on the
disk; of each later write all, nothing or a torn part is, as the seed says. Every such disk must
open without damage and hold every event that was acknowledged before the cut.
"""

import os
import random
import re
import signal
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pysqlite3 import dbapi2 as sqlite

from clerkwork import clock
from clerkwork.engine.run_log import RunLog
from clerkwork.model.work.events import Event
from tests.chaos import life
from tests.chaos.life import PAUSE, Place
from tests.chaos.target import Faults, running

ORDERS = 30
SECTOR = 512
PATIENCE = timedelta(seconds=90)
FILES = ("store.db", "store.db-wal")
CALLS = "pwrite64,write,fsync,fdatasync,ftruncate"
BEGUN = re.compile(r"(\d+) +(\w+)\(\d+<([^>]*)>(.*)")
RESUMED = re.compile(r"(\d+) +<\.\.\. (\w+) resumed>(.*)")
WROTE = re.compile(r', "([^"]*)", \d+(?:, (\d+))?')


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that succeeded; *begun* and *ended* are its places in the record.

    Attributes:
        data: What was written, or None for another call.
        offset: Where it was written, or the size that a file was cut to.
    """

    kind: str
    file: str
    begun: int
    ended: int
    data: bytes | None = None
    offset: int = 0


def run(
    seed: int, cuts: int, mutate: Callable[[], None] = lambda: None, orders: int = ORDERS
) -> Counter[str]:
    """Record a worker, cut its power *cuts* times, and count what the disks had lost."""
    with life.folder() as root:
        before, calls = _recorded(root, seed, mutate, orders)
        chance = random.Random(seed)  # noqa: S311 - no secret
        count: Counter[str] = Counter(items=orders)
        for _ in range(cuts):
            cut = chance.randrange(calls[-1].ended)
            _write_disk(root / "disk", before, calls, cut, chance)
            count["trials"] += 1
            count.update(_found(root / "disk" / FILES[0], _acknowledged(calls, cut)))
    return count


def _recorded(
    root: Path, seed: int, mutate: Callable[[], None], orders: int
) -> tuple[dict[str, bytes], list[Call]]:
    """Return the files before a worker worked, and the calls it made."""
    with running(root / "target.db", Faults(seed=seed, slowest_s=0.02)) as address:
        place = Place(root=root, url="sqlite:///store.db", address=address, promised_s=0.5)
        life.answer_of(lambda: life.submit(place, seed, range(orders)))
        before = {name: _bytes(root / name) for name in FILES}
        (root / "acknowledged").touch()
        waiting, go = os.pipe()

        def work() -> None:
            os.read(waiting, 1)
            mutate()
            _acknowledge(root / "acknowledged")
            life.work(place, os.open(os.devnull, os.O_WRONLY), life.engine)

        pid = life.forked(work)
        tracer = life.traced(
            pid,
            root / "strace",
            [root / name for name in (*FILES, "acknowledged")],
            ["-y", "-xx", "-s", "70000", "-e", f"trace={CALLS}"],
        )
        os.write(go, b"!")
        deadline = clock.monotonic() + PATIENCE
        while clock.monotonic() < deadline and life.answer_of(lambda: life.figures(place))["open"]:
            PAUSE.wait(0.2)
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        tracer.communicate()  # closes its pipe as well
        with (root / "strace").open() as lines:
            return before, sorted(_calls(lines), key=lambda call: call.ended)


def _acknowledge(file: Path) -> None:
    """Write the number of each event to *file* once its transaction has been committed."""
    acknowledged = os.open(file, os.O_WRONLY | os.O_APPEND)
    show = RunLog.show

    def shown(log: RunLog, event: Event) -> None:
        os.write(acknowledged, f"{event.number}\n".encode())
        show(log, event)

    RunLog.show = shown  # type: ignore[method-assign] # the switch of the harness


def _calls(lines: Iterable[str]) -> Iterator[Call]:
    """Yield the calls that strace saw succeed."""
    open_calls: dict[str, tuple[str, str, int, str]] = {}
    for place, line in enumerate(lines):
        if resumed := RESUMED.match(line):
            kind, path, begun, text = open_calls.pop(resumed[1])
            text += resumed[3]
        elif found := BEGUN.match(line):
            kind, path, begun, text = found[2], found[3], place, found[4]
            if text.rstrip().endswith("<unfinished ...>"):
                open_calls[found[1]] = kind, path, begun, text
                continue
        else:
            continue
        if text.rstrip().rpartition("= ")[2].startswith("-1"):
            continue
        file = _unhexed(path).decode().rpartition("/")[2]
        if wrote := WROTE.match(text):
            data = _unhexed(wrote[1])
            yield Call(
                kind=kind,
                file=file,
                begun=begun,
                ended=place,
                data=data,
                offset=int(wrote[2] or 0),
            )
        else:
            size = re.match(r", (\d+)", text)
            offset = int(size[1]) if size else 0
            yield Call(kind=kind, file=file, begun=begun, ended=place, offset=offset)


def _unhexed(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def _write_disk(
    folder: Path, before: dict[str, bytes], calls: list[Call], cut: int, chance: random.Random
) -> None:
    """Write the files as a disk may hold them after a cut at the place *cut* of the record."""
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    done = calls[: bisect_left(calls, cut, key=lambda call: call.ended)]
    for name in FILES:
        mine = [call for call in done if call.file == name]
        synced = max((call.begun for call in mine if call.kind.endswith("sync")), default=-1)
        content = bytearray(before[name])
        for call in mine:
            if not call.kind.endswith("sync"):
                _apply(content, call, chance if call.ended > synced else None)
        (folder / name).write_bytes(content)


def _apply(content: bytearray, call: Call, chance: random.Random | None) -> None:
    """Do what *call* did; with *chance* wholly, not at all, or for some sectors only."""
    fate = "all" if chance is None else chance.choice(["all", "nothing", "torn"])
    if fate == "nothing":
        return
    if call.data is None:
        del content[call.offset :]
        return
    end = call.offset + len(call.data)
    content.extend(bytes(max(0, end - len(content))))
    if fate == "all":
        content[call.offset : end] = call.data
        return
    for start in range(0, len(call.data), SECTOR):
        if chance is not None and chance.random() < 0.5:
            sector = call.data[start : start + SECTOR]
            content[call.offset + start : call.offset + start + len(sector)] = sector


def _acknowledged(calls: list[Call], cut: int) -> set[int]:
    """Return the events whose keeping was acknowledged before the cut."""
    return {
        int(call.data)
        for call in calls
        if call.file == "acknowledged" and call.data and call.begun < cut
    }


def _found(file: Path, acknowledged: set[int]) -> Counter[str]:
    """Return whether the disk is damaged, and whether it lost an acknowledged event."""
    try:
        with closing(sqlite.connect(file)) as db:
            whole = db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            kept = {row[0] for row in db.execute("SELECT number FROM event")}
    except sqlite.DatabaseError:
        return Counter(damaged=1)
    return Counter(damaged=not whole, lost=bool(acknowledged - kept))


def _bytes(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""
