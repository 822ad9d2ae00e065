"""Runs a bot with a time limit in its own process, because a process can be killed.

The bot's code, including its steps, runs in that process. Everything that needs the run, the store,
the browser or the reader is requested from the worker, for example whether a step has a checkpoint.
The process stores nothing itself, so killing it affects the item like the death of a worker.
"""

import importlib
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from enum import Enum
from functools import partial
from pickle import PicklingError
from typing import Any, TypeVar

from clerkwork.children import OWNER, Channel, Child
from clerkwork.engine.codec import encode
from clerkwork.engine.signals import RunEnded
from clerkwork.errors import ApplicationException, ClerkworkError, UsageError
from clerkwork.model.bots import Bot, Run
from clerkwork.model.work.items import WorkItem
from clerkwork.model.work.time_limit import TimeLimit

START = timedelta(seconds=60)  # for starting the process; not part of the bot's own time limit
T = TypeVar("T")


class Order(Enum):
    """The worker's reply to a request that has no result."""

    WORK = "the step has no checkpoint: run it"
    STOP = "the run is over"


class BotFailed(ClerkworkError):
    """An unexpected error in a bot's own process.

    Attributes:
        kind: Name of its type.
        trace: Its traceback.
    """

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.kind = type(error).__name__
        self.trace = traceback.format_exc()


class BotProcesses:
    """The processes of one worker for bots with a time limit, one for each running item."""

    def __init__(self, *, owner: str, memory_mb: int) -> None:
        """Prepare the pool; no process is started yet.

        Args:
            owner: Name of the worker.
            memory_mb: Memory limit above which a process is killed.
        """
        self._owner = owner
        self._memory_mb = memory_mb
        self._lock = threading.Lock()
        self._idle: list[Child] = []
        self._closed = False

    @contextmanager
    def one(self) -> Iterator[Child]:
        """Open a context with a process for exclusive use."""
        with self._lock:
            child = self._idle.pop() if self._idle else self._new()
        try:
            yield child
        finally:
            with self._lock:
                self._idle.append(child)
                if self._closed:
                    child.close()

    def close(self) -> None:
        """End the idle processes; a busy one ends with its call, or with this process."""
        with self._lock:
            self._closed = True
            for child in self._idle:
                child.close()

    def _new(self) -> Child:
        return Child("bot", memory_mb=self._memory_mb, environment={OWNER: self._owner})


class DistantRun(Run):
    """The ``Run`` in the bot's own process: forwards every call to the worker."""

    def __init__(self, channel: Channel, item: WorkItem) -> None:
        self.item = item
        self._channel = channel

    def step(self, name: str, function: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        """See ``Run.step``; *function* runs in this process."""
        answer = self._ask("step", name)
        if answer is Order.WORK:
            answer = self._channel.bring(partial(_done, function, args, kwargs))
        result: T = _unless_over(answer)
        return result

    def check(self, *args: Any, **kwargs: Any) -> Any:
        """See ``Run.check``."""
        return self._asked("check", args, kwargs)

    def ask(self, *args: Any, **kwargs: Any) -> Any:
        """See ``Run.ask``."""
        return self._asked("ask", args, kwargs)

    def attach(self, *args: Any, **kwargs: Any) -> Any:
        """See ``Run.attach``."""
        return self._asked("attach", args, kwargs)

    def effect(self, *args: Any, **kwargs: Any) -> Any:
        """See ``Run.effect``."""
        return self._asked("effect", args, kwargs)

    def read_document(self, *args: Any, **kwargs: Any) -> Any:
        """See ``Run.read_document``."""
        return self._asked("read_document", args, kwargs)

    def log(self, message: str, **facts: object) -> None:
        """See ``Run.log``."""
        self._channel.tell("log", (message, facts))

    def _asked(self, method: str, args: Any, kwargs: Any) -> Any:
        return _unless_over(self._ask(method, (args, kwargs)))

    def _ask(self, method: str, data: Any) -> Any:
        try:
            return self._channel.ask(method, data)
        except (PicklingError, AttributeError, TypeError) as error:
            raise TypeError(
                f"run.{method} got a value that cannot be sent to the worker ({error}); a bot with"
                " timeout_s runs in its own process: use models and functions that are defined at"
                " the top level of a module, and plain data"
            ) from error


class _Over(BaseException):
    """Ends the bot's function when the run is over; ``except Exception`` does not catch it."""


def _unless_over(answer: Any) -> Any:
    if answer is Order.STOP:
        raise _Over
    return answer


def _bot(module: str, name: str) -> Bot:
    for value in vars(importlib.import_module(module)).values():
        if isinstance(value, Bot) and value.name == name:
            return value
    raise UsageError(
        f"the bot {name} must be defined at the top level of {module}, where its process imports it"
    )


def _get_ready(_channel: Channel, module: str, name: str) -> None:
    _bot(module, name)


def _work(channel: Channel, module: str, name: str, value: Any, item: WorkItem) -> Any:
    try:
        return _told(lambda: _bot(module, name)(value, DistantRun(channel, item)))
    except _Over:
        return None


def _done(function: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    return _told(lambda: encode(function(*args, **kwargs)))


def _told(function: Callable[[], Any]) -> Any:
    try:
        return function()
    except ClerkworkError:
        raise
    except Exception as error:
        raise BotFailed(error) from error


class _Answers:
    """The worker's side of one attempt: answers the bot's requests."""

    def __init__(self, run: Run, child: Child) -> None:
        self._run = run
        self._child = child
        self._depth = 0
        self._ended: RunEnded | None = None

    def until_end(self, place: tuple[str, str], value: Any, limit: TimeLimit) -> Any:
        """Return the result of the bot."""
        try:
            result = self._child.call(
                _work, *place, value, self._run.item, timeout=limit.left(), on_message=self._answer
            )
        except ApplicationException:
            if self._ended is None:
                raise
        if self._ended is not None:
            raise self._ended
        return result

    def _answer(self, kind: str, data: Any) -> Any:
        if kind == "log":
            message, facts = data
            return self._run.log(message, **facts)
        self._depth += 1
        try:
            return Order.STOP if self._ended is not None else self._of_run(kind, data)
        except RunEnded as signal:
            if self._depth > 1:  # inside a step: there is no result to send, so kill the process
                raise
            self._ended = signal
            return Order.STOP
        finally:
            self._depth -= 1

    def _of_run(self, kind: str, data: Any) -> Any:
        if kind == "step":
            return self._run.step(data, self._child.go_on, Order.WORK)
        args, kwargs = data
        return getattr(self._run, kind)(*args, **kwargs)


def run_limited(bot: Bot, allowed: timedelta, value: Any, run: Run, child: Child) -> Any:
    """Run *bot* in *child* and return its result.

    Args:
        bot: The bot.
        allowed: Wall time of the attempt.
        value: The data it processes.
        run: Answers the bot's requests.
        child: A process for exclusive use.

    Raises:
        RunEnded: A request of the bot ended the run.
        ApplicationException: ``timeout``, or the process failed; see ``Child.call``.
        ClerkworkError: The error that the bot raised.
    """
    place = (bot.function.__module__, bot.name)
    child.call(_get_ready, *place, timeout=START)
    limit = TimeLimit(bot.name, allowed)
    with limit.applied():
        return _Answers(run, child).until_end(place, value, limit)
