"""The time limit of one attempt of a bot, in wall time.

The limit is a variable of the thread that runs the bot, not an argument of its calls, so that every
wait for a child process in this thread ends in time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import timedelta

from clerkwork import clock
from clerkwork.errors import ApplicationException

CODE = "timeout"


class TimeLimit:
    """The time limit of one attempt; the time starts when the object is created.

    Attributes:
        step: The running step, or None between two steps.
    """

    def __init__(self, bot: str, allowed: timedelta) -> None:
        self._bot = bot
        self._allowed = allowed
        self._end = clock.monotonic() + allowed
        self.step: str | None = None

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Open a context in which the limit applies to this thread."""
        token = _present.set(self)
        try:
            yield
        finally:
            _present.reset(token)

    def left(self) -> timedelta:
        """Return the remaining time, at least zero."""
        return max(self._end - clock.monotonic(), timedelta())

    def exceeded(self) -> ApplicationException:
        """Return the exception for an exceeded limit."""
        seconds = f"{self._allowed.total_seconds():g}"
        if self.step is None:
            return ApplicationException(
                CODE,
                "The bot {bot} was stopped between two steps after {limit} s. Find out what it "
                "waits for, or raise its timeout_s.",
                bot=self._bot,
                limit=seconds,
            )
        return ApplicationException(
            CODE,
            "The step {step} was stopped, because the attempt took longer than {limit} s. Find out "
            "what it waits for, or raise timeout_s of the bot {bot}.",
            step=self.step,
            limit=seconds,
            bot=self._bot,
        )


def present() -> TimeLimit | None:
    """Return the limit of this thread, or None."""
    return _present.get()


def check() -> None:
    """Raise ``ApplicationException`` if the time limit of this thread is exceeded."""
    limit = _present.get()
    if limit is not None and not limit.left():
        raise limit.exceeded()


@contextmanager
def at_step(name: str) -> Iterator[None]:
    """Open a context for a step, which starts only if time remains.

    Raises:
        ApplicationException: The time limit is exceeded.
    """
    limit = _present.get()
    if limit is not None:
        limit.step = name
    try:
        check()
        yield
    finally:
        if limit is not None:
            limit.step = None


@contextmanager
def acquired(lock: threading.Lock) -> Iterator[None]:
    """Hold *lock*; the wait for it counts towards the time limit of this thread.

    Raises:
        ApplicationException: The time limit was exceeded before the lock was free.
    """
    limit = _present.get()
    if limit is None:
        lock.acquire()
    elif not lock.acquire(timeout=limit.left().total_seconds()):
        raise limit.exceeded()
    try:
        yield
    finally:
        lock.release()


_present: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)
