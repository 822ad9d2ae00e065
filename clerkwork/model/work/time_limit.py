"""The wall time that one attempt of a bot may take.

The limit belongs to the thread that works on the item and is no argument of the calls in between:
whatever waits there for a child process ends in time, whoever called it.
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
    """The time limit of one attempt; it begins when it is made.

    Attributes:
        step: The step at work, or None between two steps.
    """

    def __init__(self, bot: str, allowed: timedelta) -> None:
        self._bot = bot
        self._allowed = allowed
        self._end = clock.monotonic() + allowed
        self.step: str | None = None

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Open a context in which the limit holds for this thread."""
        token = _present.set(self)
        try:
            yield
        finally:
            _present.reset(token)

    def left(self) -> timedelta:
        """Return the time that is left, never less than zero."""
        return max(self._end - clock.monotonic(), timedelta())

    def exceeded(self) -> ApplicationException:
        """Return what is said when the time is over."""
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
    """Return the limit that holds for this thread, or None."""
    return _present.get()


def check() -> None:
    """Raise ``ApplicationException`` when the time limit of this thread is over."""
    limit = _present.get()
    if limit is not None and not limit.left():
        raise limit.exceeded()


@contextmanager
def at_step(name: str) -> Iterator[None]:
    """Open a context for the work on a step, which begins only while there is time left.

    Raises:
        ApplicationException: The time is over.
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
    """Hold *lock*; waiting for it counts for the time limit of this thread.

    Raises:
        ApplicationException: The time was over before the lock was free.
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
