"""Child processes with hard limits, for work that must be stoppable at any moment.

A hung page or a huge scan is stopped by killing the process. The child runs functions given by the
parent (pickled by reference, so they must be defined at the top level of a module). It can send
messages to the parent and ask it questions while it works. A guard process next to the child
watches a pipe to the parent; when the parent dies, however it dies, the guard kills the child and
everything it started.
"""

import contextlib
import os
import resource
import select
import signal
import socket
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from clerkwork import clock
from clerkwork.errors import ApplicationException, ClerkworkError
from clerkwork.model.work import time_limit
from clerkwork.model.work.time_limit import TimeLimit
from clerkwork.processes import cpu_ticks, ended, family, private_bytes

POLL_S = 0.2
OWNER = "CLERKWORK_OWNER"  # environment variable of a child: the worker that it was started for
Handler = Callable[[str, Any], Any]


class Channel:
    """The connection of a function in the child to the parent."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tell(self, kind: str, data: Any) -> None:
        """Send a message that needs no answer."""
        self._connection.send(("tell", kind, data))

    def ask(self, kind: str, data: Any) -> Any:
        """Send a question and return the parent's answer; an error of the parent is raised."""
        self._connection.send(("ask", kind, data))
        return self._answer()

    def bring(self, function: Callable[[], Any]) -> Any:
        """Send the result or error of *function* to ``Child.go_on``; return the reply to it."""
        _send_outcome(self._connection, function)
        return self._answer()

    def _answer(self) -> Any:
        good, answer = self._connection.recv()
        if not good:
            raise answer
        return answer


@dataclass(frozen=True, slots=True, kw_only=True)
class _Bounds:
    """The limits of a call.

    Attributes:
        deadline: On the monotonic clock.
        cpu_s: Processor seconds, counted from the start of the child, or None.
        memory_mb: Private memory of the child and everything it started.
        limit: The time limit of the attempt that makes the call, or None.
    """

    deadline: timedelta
    cpu_s: float | None
    memory_mb: int
    limit: TimeLimit | None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Talk:
    """A call in progress."""

    connection: Connection
    bounds: _Bounds
    on_message: Handler | None


class Child:
    """One child process, started at the first call and again after it was killed.

    One call at a time: a second thread waits for the first.

    Attributes:
        name: Its purpose, for messages to people.
    """

    def __init__(
        self,
        name: str,
        *,
        memory_mb: int,
        address_space_mb: int | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Prepare a child; no process is started yet.

        Args:
            name: Its purpose.
            memory_mb: Private memory of the child and everything it started, above which it is
                killed.
            address_space_mb: A limit that the kernel enforces on the child itself, or None.
            environment: Variables added to the parent's.
        """
        self.name = name
        self._memory_mb = memory_mb
        self._address_space_mb = address_space_mb
        self._environment = dict(environment or {})
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._connection: Connection | None = None
        self._lifeline: int | None = None
        self._talk: _Talk | None = None
        self._guarded = clock.monotonic()

    def call(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        timeout: timedelta,
        cpu: timedelta | None = None,
        growth_mb: int | None = None,
        on_message: Handler | None = None,
    ) -> Any:
        """Run ``function(channel, *arguments)`` in the child and return its result.

        Args:
            function: Defined at the top level of a module that the child can import.
            arguments: Anything that can be pickled.
            timeout: Wall time after which the child and everything it started is killed.
            cpu: Processor time after which it is killed, so that a busy machine does not count;
                or None.
            growth_mb: By how much its memory may grow in this call, if less than its limit allows.
            on_message: Called with each message's kind and data; its result, or the
                ``ClerkworkError`` it raises, is the answer to a question.

        Raises:
            ApplicationException: ``child_timeout``, ``child_cpu``, ``child_memory``,
                ``child_died`` or ``child_failed``; ``timeout`` at the end of this thread's
                ``TimeLimit``.
            ClerkworkError: The error that the function raised.
        """
        with time_limit.acquired(self._lock):
            time_limit.check()
            connection = self._start()
            bounds = self._bounds(timeout, cpu, growth_mb)
            self._talk = _Talk(connection=connection, bounds=bounds, on_message=on_message)
            return self._converse(self._talk, (function, arguments))

    def go_on(self, answer: Any) -> Any:
        """Answer the child's question and return what it sends next; see ``Channel.bring``.

        To be called in a handler; the handler's own result is the reply to what was sent.
        """
        if self._talk is None:
            raise RuntimeError("there is no question to answer")
        return self._converse(self._talk, (True, answer))

    def close(self) -> None:
        """Kill the child and everything it started; the next call starts a new one."""
        with self._lock:
            self._kill()

    def _start(self) -> Connection:
        if self._connection is not None and self._process and self._process.poll() is None:
            return self._connection
        self._kill()
        ours, theirs = socket.socketpair()
        read_end, self._lifeline = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "clerkwork.children", str(theirs.fileno()), str(read_end)],
            pass_fds=(theirs.fileno(), read_end),
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **self._environment},
        )
        theirs.close()
        os.close(read_end)
        self._connection = Connection(ours.detach())
        self._connection.send(self._address_space_mb)
        return self._connection

    def _converse(self, talk: _Talk, message: Any) -> Any:
        """Send *message*, answer the child's questions, and return its result."""
        self._send(talk, message)
        while True:
            kind, *rest = self._received(talk)
            if kind == "result":
                return rest[0]
            if kind == "error":
                raise rest[0]
            try:
                reply = _answer(talk.on_message, rest[0], rest[1])
                if kind == "ask":
                    self._send(talk, reply)
            except BaseException:
                self._kill()  # otherwise its late result would answer the next call
                raise
            if kind != "ask" and not reply[0]:
                self._kill()
                raise reply[1]
            if clock.monotonic() - self._guarded >= timedelta(seconds=POLL_S):
                self._guard(talk.bounds)  # not after each message: it reads all of /proc

    def _send(self, talk: _Talk, message: Any) -> None:
        try:
            talk.connection.send(message)
        except OSError as error:
            raise self._died() from error

    def _received(self, talk: _Talk) -> Any:
        try:
            while not talk.connection.poll(POLL_S):
                self._guard(talk.bounds)
            return talk.connection.recv()
        except (EOFError, OSError) as error:
            raise self._died() from error

    def _died(self) -> ApplicationException:
        self._kill()
        return ApplicationException(
            "child_died", "The {name} process ended unexpectedly.", name=self.name
        )

    def _bounds(self, timeout: timedelta, cpu: timedelta | None, growth_mb: int | None) -> _Bounds:
        most = self._memory_mb
        if growth_mb is not None:
            most = min(most, self._used_mb() + growth_mb)
        return _Bounds(
            deadline=clock.monotonic() + timeout,
            cpu_s=None if cpu is None else self._cpu_s() + cpu.total_seconds(),
            memory_mb=most,
            limit=time_limit.present(),
        )

    def _guard(self, bounds: _Bounds) -> None:
        self._guarded = clock.monotonic()
        if bounds.limit is not None and not bounds.limit.left():
            self._kill()
            raise bounds.limit.exceeded()
        if bounds.cpu_s is not None and self._cpu_s() > bounds.cpu_s:
            self._kill()
            raise ApplicationException(
                "child_cpu", "The {name} process needed too much processor time.", name=self.name
            )
        if clock.monotonic() > bounds.deadline:
            self._kill()
            raise ApplicationException(
                "child_timeout", "The {name} process did not finish in time.", name=self.name
            )
        used_mb = self._used_mb()
        if used_mb > bounds.memory_mb:
            self._kill()
            raise ApplicationException(
                "child_memory",
                "The {name} process used {used} MB, more than its limit of {limit} MB.",
                name=self.name,
                used=used_mb,
                limit=bounds.memory_mb,
            )

    def _used_mb(self) -> int:
        if self._process is None:
            return 0
        return sum(private_bytes(pid) for pid in family(self._process.pid)) // 2**20

    def _cpu_s(self) -> float:
        """Return the processor seconds of the child and everything it started."""
        if self._process is None:
            return 0.0
        return sum(cpu_ticks(pid) for pid in family(self._process.pid)) / os.sysconf("SC_CLK_TCK")

    def _kill(self) -> None:
        if self._process is not None:
            for pid in family(self._process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
        if self._connection is not None:
            self._connection.close()
        if self._lifeline is not None:
            os.close(self._lifeline)
        self._process = self._connection = self._lifeline = None


def end_children_of(owner: str) -> bool:
    """Kill everything started on this host for the worker *owner*; return whether all is gone."""
    mark = f"{OWNER}={owner}".encode()
    gone = True
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with contextlib.suppress(OSError):  # it belongs to another user, or has just ended
            if mark in environment.read_bytes().split(b"\0"):
                for pid in reversed(family(int(environment.parent.name))):
                    gone = ended(pid) and gone
    return gone


def _answer(on_message: Handler | None, kind: str, data: Any) -> tuple[bool, Any]:
    try:
        return True, on_message(kind, data) if on_message else None
    except ClerkworkError as error:
        return False, error


def _start_guard(connection: int, lifeline: int) -> None:
    """Start the process that kills this one, and everything it started, when the parent dies.

    A thread cannot do it: threads stop while C code in another thread holds the interpreter lock.
    """
    guarded, me = os.getpid(), os.pidfd_open(os.getpid())
    if os.fork():
        return
    os.close(connection)  # kept open here, it would hide the end of this process from the parent
    ready, _, _ = select.select([lifeline, me], [], [])
    if me not in ready:
        for pid in reversed(family(guarded)):
            if pid != os.getpid():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    os._exit(0)


def _serve(connection: Connection) -> None:
    channel = Channel(connection)
    while True:
        try:
            function, arguments = connection.recv()
        except EOFError:
            return
        _send_outcome(connection, partial(function, channel, *arguments))


def _send_outcome(connection: Connection, function: Callable[[], Any]) -> None:
    """Send the result or error of *function*."""
    try:
        connection.send(("result", function()))
    except ClerkworkError as error:
        connection.send(("error", error))
    except Exception as error:  # noqa: BLE001 - any error is passed to the parent
        traceback.print_exc()
        connection.send(("error", _foreign(error)))


def _foreign(error: Exception) -> ApplicationException:
    text = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
    return ApplicationException("child_failed", "{error}", error=text[:500])


def main() -> None:
    """Serve the parent, given by two file descriptors on the command line, until it ends."""
    descriptor, lifeline = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl+C
    _start_guard(descriptor, lifeline)
    connection = Connection(descriptor)
    if limit_mb := connection.recv():
        resource.setrlimit(resource.RLIMIT_AS, (limit_mb * 2**20, limit_mb * 2**20))
    _serve(connection)


if __name__ == "__main__":
    main()
