"""How long-running commands are asked to end, and what their workers are called."""

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
    from clerkwork.app import App
    from clerkwork.engine.workers.worker import Worker

INTERRUPTED = 130
BEYOND_DRAIN_S = 5  # for all that ends after the items


@contextmanager
def asked(app: "App") -> Iterator[threading.Event]:
    """Yield an event that is set by the first Ctrl+C or SIGTERM.

    The process ends ``BEYOND_DRAIN_S`` after ``worker.drain_s`` at the latest, and at once after a
    second one; what it still works on then is taken over by another worker, as after ``kill -9``.
    """
    stop = threading.Event()
    longest_s = app.settings.worker.drain_s + BEYOND_DRAIN_S
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
    """End a worker; its items get no time where the store is lost, in which they could end."""
    lost = kind is not None and issubclass(kind, StoreLost)
    worker.stop(patience=timedelta() if lost else None)


def end_process(status: int) -> NoReturn:
    """End the process now, whatever its threads do; a bot that hangs must not keep it."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, RuntimeError):  # closed, or in use
            stream.flush()
    os._exit(status)


def is_kept_up() -> bool:
    """Return whether a thread is at work that the process would wait for at its end."""
    return any(
        not thread.daemon and thread is not threading.main_thread()
        for thread in threading.enumerate()
    )


def new_name() -> str:
    """Return a worker's name that no worker ever had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
