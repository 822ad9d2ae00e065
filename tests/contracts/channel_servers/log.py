"""Receives what the log channel writes."""

from collections.abc import Iterator
from contextlib import contextmanager

from loguru import logger

from tests.contracts.channel_servers import Trial


@contextmanager
def serve() -> Iterator[Trial]:
    """Collect the lines of the log."""
    lines: list[str] = []
    sink = logger.add(lines.append, format="{level.name} {message}", diagnose=False)
    try:
        yield Trial(settings={}, received=lambda: lines)
    finally:
        logger.remove(sink)
