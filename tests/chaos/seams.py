"""The boundaries between two states, and what happens to the process that reaches one.

Every event of the run log is a boundary twice, before and after it is written; the page functions
add their own around the one irreversible request.
"""

import os
from collections import Counter
from collections.abc import Callable

from clerkwork.engine.runlog import RunLog
from clerkwork.model.events import Event, Kind

OF_THE_LOG = (
    Kind.RUN_STARTED,
    Kind.STEP_STARTED,
    Kind.STEP_DONE,
    Kind.EFFECT_INTENT,
    Kind.EFFECT_SENT,
    Kind.EFFECT_CONFIRMED,
    Kind.RUN_ENDED,
)
OF_THE_PAGES = ("before the fence", "about to post", "posted", "answered")
# Frozen here, a worker has passed its last look at the fence; only the target itself, or a proxy
# before it, could turn the request away that it sends when it wakes.
UNFENCEABLE = ("before effect_sent", "after effect_sent", "about to post")
ALL = tuple(f"{side} {kind}" for kind in OF_THE_LOG for side in ("before", "after")) + OF_THE_PAGES
BEFORE_THE_FENCE = tuple(seam for seam in ALL if seam not in UNFENCEABLE)

_plan: dict[tuple[str, int], int] = {}
_before: list[Callable[[], None]] = []
_seen: Counter[str] = Counter()


def reach(seam: str) -> None:
    """Send this process the signal that is planned for this visit of *seam*, if there is one."""
    _seen[seam] += 1
    signal = _plan.get((seam, _seen[seam]))
    if signal is not None:
        for prepare in _before:
            prepare()
        os.kill(os.getpid(), signal)


def watch(seam: str, nth: int, signal: int, prepare: Callable[[], None] | None = None) -> None:
    """Send *signal*, after *prepare*, at the *nth* visit of *seam*; the run log takes part."""
    _plan[seam, nth] = signal
    _before.extend([prepare] if prepare is not None else [])
    write = RunLog.write

    def write_between(log: RunLog, event: Event) -> None:
        reach(f"before {event.kind}")
        write(log, event)
        reach(f"after {event.kind}")

    RunLog.write = write_between  # type: ignore[method-assign] - the switch of the harness
