"""How long-running commands are asked to end, and what their workers are called."""

import os
import secrets
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from clerkwork.errors import StoreLost

if TYPE_CHECKING:
    from clerkwork.engine.worker import Worker


@contextmanager
def asked() -> Iterator[threading.Event]:
    """Yield an event that is set by the first Ctrl+C or SIGTERM; a second one ends at once."""
    stop = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def handle(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        for number in before:
            signal.signal(number, signal.default_int_handler)

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


def new_name() -> str:
    """Return a worker's name that no worker ever had."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
