"""Receivers for the contract test of notification channels, in a module of the channel's name.

A receiver has a context manager ``serve`` that yields a ``Trial``. A channel that works with the
defaults of its settings and needs no server does not need one.
"""

import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A channel's receiver while it listens.

    Attributes:
        settings: Settings with which the channel reaches it.
        received: Returns what arrived; None where only the channel's own result is known.
    """

    settings: dict[str, object]
    received: Callable[[], Sequence[str]] | None = None


@contextmanager
def trial_of(name: str) -> Iterator[Trial]:
    """Start the receiver of the channel *name*, or yield its default settings."""
    module = f"{__name__}.{name}"
    if importlib.util.find_spec(module) is None:
        yield Trial(settings={})
        return
    with importlib.import_module(module).serve() as trial:
        yield trial
