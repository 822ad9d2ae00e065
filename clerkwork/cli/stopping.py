"""How long-running commands end on a signal, and how their workers are named."""

import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, NoReturn

from clerkwork.errors import ExitStatus, StoreLost

if TYPE_CHECKING:
    from clerkwork.engine.workers.worker import Worker

INTERRUPTED = 130
BEYOND_DRAIN_S = 5  # for the parts of the process that end after the items


@contextmanager
def stop_signals(drain_s: float) -> Iterator[threading.Event]:
    """Yield an event that is set by the first Ctrl+C or SIGTERM.

    The process ends at the latest ``BEYOND_DRAIN_S`` after *drain_s*, and at once on a second
    signal. Another worker then takes over its unfinished items, as after ``kill -9``.
    """
    stop = threading.Event()
    longest_s = drain_s + BEYOND_DRAIN_S
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(_number: int, _frame: FrameType | None) -> None:
        if stop.is_set():
            end_process(INTERRUPTED)
        stop.set()
        last = threading.Timer(longest_s, end_process, (ExitStatus.OK,))
        last.daemon = True
        last.start()

    for number in before:
        signal.signal(number, handle)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def end(
    worker: "Worker",
    kind: type[BaseException] | None,
    _error: BaseException | None,
    _trace: TracebackType | None,
) -> None:
    """Stop a worker; if the store is lost, do not wait for its items, which cannot be saved."""
    lost = kind is not None and issubclass(kind, StoreLost)
    worker.stop(patience=timedelta() if lost else None)


def end_process(status: int) -> NoReturn:
    """End the process now, even if a thread hangs in a bot."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # closed, or in use
            stream.flush()
    os._exit(status)


def has_running_threads() -> bool:
    """Return whether the process would wait for a thread before it can end."""
    return any(
        not thread.daemon and thread is not threading.main_thread()
        for thread in threading.enumerate()
    )


def new_name() -> str:
    """Return a unique name for a worker."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
