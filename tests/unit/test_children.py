"""Child processes: killed at their limits, and together with their parent."""

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from clerkwork.children import OWNER, Channel, Child, end_children_of
from clerkwork.errors import ApplicationException, BusinessException, Fenced
from clerkwork.processes import cpu_ticks, family
from tests.fixtures_project import HOME, until

SOON = timedelta(seconds=1)
LONG = timedelta(seconds=30)


def double(_channel: Channel, number: int) -> int:
    return number * 2


def hang(_channel: Channel) -> None:
    subprocess.run(["sleep", "600"], check=False)


def grow(_channel: Channel) -> None:
    block = [bytearray(os.urandom(2**20)) for _ in range(400)]
    time.sleep(600)
    block.clear()


def spin(_channel: Channel) -> None:
    while True:
        pass


def keep_the_interpreter(_channel: Channel) -> None:
    re.match(r"(a+)+$", "a" * 60 + "b")  # in C: no other thread of the process runs


def doze(_channel: Channel) -> str:
    time.sleep(1.5)  # the very thing: time that goes by without work
    return "rested"


def die(_channel: Channel) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def refuse(_channel: Channel) -> None:
    raise BusinessException("over_limit", "{total} is too much", fields=("total",), total=7)


def stumble(_channel: Channel) -> None:
    raise KeyError("nobody expected this")


def converse(channel: Channel) -> Any:
    channel.tell("log", "working")
    return channel.ask("may I", 1)


def start_another(_channel: Channel) -> list[int]:
    return [os.getpid(), subprocess.Popen(["sleep", "600"]).pid]


@pytest.fixture
def child() -> Iterator[Child]:
    made = Child("test", memory_mb=200)
    yield made
    made.close()


def code_of(child: Child, function: Any, timeout: timedelta) -> str:
    with pytest.raises(ApplicationException) as caught:
        child.call(function, timeout=timeout)
    return caught.value.code


def test_a_child_that_works_too_long_is_killed_by_its_processor_time(child: Child) -> None:
    """The clock had not run out yet."""
    with pytest.raises(ApplicationException) as caught:
        child.call(spin, timeout=LONG, cpu=SOON)
    assert caught.value.code == "child_cpu"


def test_waiting_uses_up_no_processor_time(child: Child) -> None:
    """What a busy machine makes slow is not stopped for that."""
    child.call(double, 1, timeout=LONG)
    assert child.call(doze, timeout=LONG, cpu=SOON) == "rested"


def test_memory_may_be_bounded_for_one_call() -> None:
    """The child as a whole would be allowed more."""
    large = Child("test", memory_mb=1000)
    with pytest.raises(ApplicationException) as caught:
        large.call(grow, timeout=LONG, growth_mb=100)
    large.close()
    assert caught.value.code == "child_memory"


def test_a_child_returns_what_the_function_returns(child: Child) -> None:
    """Arguments and results cross the border."""
    assert [child.call(double, number, timeout=LONG) for number in (1, 2)] == [2, 4]


@pytest.mark.parametrize(
    ("function", "timeout", "code"),
    [
        (hang, SOON, "child_timeout"),
        (grow, LONG, "child_memory"),
        (die, LONG, "child_died"),
        (stumble, LONG, "child_failed"),
    ],
)
def test_a_child_that_breaks_its_limits_is_one_clear_exception(
    child: Child, function: Any, timeout: timedelta, code: str
) -> None:
    """Time, memory, death and unexpected errors each have a code, and the next call works."""
    assert (code_of(child, function, timeout), child.call(double, 4, timeout=LONG)) == (code, 8)


def test_a_deliberate_error_crosses_the_border_whole(child: Child) -> None:
    """Code, message, facts and fields of a bot exception are those that were raised."""
    with pytest.raises(BusinessException) as caught:
        child.call(refuse, timeout=LONG)
    error = caught.value
    assert (str(error), error.code, error.message, error.facts, error.fields) == (
        "7 is too much",
        "over_limit",
        "{total} is too much",
        {"total": "7"},
        ("total",),
    )


def test_a_child_tells_and_asks_its_parent(child: Child) -> None:
    """Messages arrive in order, and a question gets what the handler returns."""
    heard: list[tuple[str, Any]] = []

    def handle(kind: str, data: Any) -> str:
        heard.append((kind, data))
        return "yes"

    answer = child.call(converse, timeout=LONG, on_message=handle)
    assert (answer, heard) == ("yes", [("log", "working"), ("may I", 1)])


def test_a_handler_that_breaks_leaves_no_answer_for_the_next_call(child: Child) -> None:
    """What the broken call would have returned is not taken for the next one's result."""

    def handle(kind: str, data: Any) -> None:
        raise LookupError("the store is away")

    with pytest.raises(LookupError):
        child.call(converse, timeout=LONG, on_message=handle)
    assert child.call(double, 4, timeout=LONG) == 8


def test_a_question_that_is_refused_raises_in_the_child(child: Child) -> None:
    """The handler's error comes back to the caller through the child."""

    def handle(kind: str, _data: Any) -> None:
        if kind == "may I":
            raise Fenced("taken over")

    with pytest.raises(Fenced, match="taken over"):
        child.call(converse, timeout=LONG, on_message=handle)


@pytest.mark.parametrize("how", ["hang", "keep_the_interpreter"])
def test_nothing_that_a_child_started_outlives_a_killed_parent(how: str) -> None:
    """After kill -9 of the parent, a busy child and its own children are gone."""
    code = (
        "from datetime import timedelta\n"
        "from clerkwork.children import Child\n"
        f"from tests.unit.test_children import {how}, double\n"
        "child, long = Child('test', memory_mb=500), timedelta(seconds=300)\n"
        "child.call(double, 1, timeout=long)\n"
        "print('ready', flush=True)\n"
        f"child.call({how}, timeout=long)\n"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code],
        cwd=HOME,
        env={**os.environ, "PYTHONPATH": str(HOME)},
        stdout=subprocess.PIPE,
    )
    with parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        kin = family(parent.pid)[1:]
        busy = until(lambda: at_work(kin[0]), "the child works")
        kin = family(parent.pid)[1:]
        parent.kill()
    assert busy
    assert until(lambda: not [pid for pid in kin if running(pid)], "all are gone")


def test_what_was_started_for_a_worker_can_be_ended_by_another(tmp_path: Path) -> None:
    """The parent may be frozen; nobody else's children are touched."""
    mine = Child("test", memory_mb=500, environment={OWNER: "w-1"})
    other = Child("test", memory_mb=500, environment={OWNER: "w-10"})
    try:
        pids = [child.call(start_another, timeout=LONG) for child in (mine, other)]
        assert end_children_of("w-1")
        assert [[running(pid) for pid in pair] for pair in pids] == [[False] * 2, [True] * 2]
    finally:
        mine.close()
        other.close()


def at_work(pid: int) -> bool:
    """Return whether the child does what it was called for: has a child, or needs the processor."""
    started = [Path(f"/proc/{kin}/comm").read_text().strip() for kin in family(pid)]
    before = cpu_ticks(pid)
    time.sleep(0.1)
    return "sleep" in started or cpu_ticks(pid) - before > 3


def running(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
