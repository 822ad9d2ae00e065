"""The boundaries between two states, and what happens to the process that reaches one.

Every event of the run log is a boundary twice, before and after it is written; so is every step
with its checkpoint, since the events of quick steps are written together. The page functions add
their own around the one irreversible request. Before an event that is committed
with a change, or with a check of the fence, that change is in the open transaction already.
"""

import os
from collections import Counter
from collections.abc import Callable
from typing import Any

from clerkwork.engine.run_log import RunLog, Writing
from clerkwork.engine.runs.execution import Execution
from clerkwork.model.work.events import Event, Kind

OF_THE_LOG = (
    Kind.RUN_STARTED,
    Kind.STEP_STARTED,
    Kind.STEP_DONE,
    Kind.EFFECT_INTENT,
    Kind.EFFECT_SENT,
    Kind.EFFECT_CONFIRMED,
    Kind.RUN_ENDED,
)
WITH_A_CHANGE = (
    Kind.RUN_STARTED,
    Kind.STEP_STARTED,
    Kind.STEP_DONE,
    Kind.EFFECT_SENT,
    Kind.RUN_ENDED,
)
OF_THE_PAGES = ("before the fence", "about to post", "posted", "answered")
# Frozen here, a worker has passed its last look at the fence; only the target itself, or a proxy
# before it, could turn the request away that it sends when it wakes.
UNFENCEABLE = ("before effect_sent", "after effect_sent", "about to post")
OF_A_STEP = ("before checkpoint", "after checkpoint")
ALL = (
    *(f"{side} {kind}" for kind in OF_THE_LOG for side in ("before", "after")),
    *OF_A_STEP,
    *OF_THE_PAGES,
)
# Frozen here, it holds the write lock of a SQLite file: nothing is tried until it wakes.
WRITING = tuple(f"before {kind}" for kind in WITH_A_CHANGE)
BEFORE_THE_FENCE = tuple(seam for seam in ALL if seam not in UNFENCEABLE + WRITING)

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


def between(name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return *call* with a boundary before and after it."""

    def called(*arguments: Any, **named: Any) -> Any:
        reach(f"before {name}")
        answer = call(*arguments, **named)
        reach(f"after {name}")
        return answer

    return called


def watch(seam: str, nth: int, signal: int, prepare: Callable[[], None] | None = None) -> None:
    """Send *signal*, after *prepare*, at the *nth* visit of *seam*; the run log takes part."""
    _plan[seam, nth] = signal
    _before.extend([prepare] if prepare is not None else [])
    write, event_within, show = RunLog.write, Writing.event, RunLog.show

    def write_between(log: RunLog, event: Event) -> None:
        reach(f"before {event.kind}")
        write(log, event)
        reach(f"after {event.kind}")

    def event_after_change(writing: Writing, *events: Event) -> None:
        for event in events:
            if event.kind in WITH_A_CHANGE:
                reach(f"before {event.kind}")
        event_within(writing, *events)

    def show_after_commit(log: RunLog, event: Event) -> None:
        show(log, event)
        if event.kind in WITH_A_CHANGE:
            reach(f"after {event.kind}")

    step = between("checkpoint", Execution.checkpoint)
    Execution.checkpoint = step  # type: ignore[method-assign] # the switch of the harness
    RunLog.write = write_between  # type: ignore[method-assign] # the switch of the harness
    Writing.event = event_after_change  # type: ignore[method-assign] # as above
    RunLog.show = show_after_commit  # type: ignore[method-assign] # as above
