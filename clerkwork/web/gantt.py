"""Gantt chart of a run: one bar for each step; long waits are shortened to a gap."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from clerkwork.clock import to_ms
from clerkwork.model.work.events import Event, Kind, Level

WIDTH = 1000
FOLDED_SHARE = 0.04
LONGEST_GAP_MS = 3000
STARTS = frozenset({Kind.STEP_STARTED, Kind.EFFECT_INTENT})
ENDS = frozenset({Kind.STEP_DONE, Kind.EFFECT_CONFIRMED, Kind.EFFECT_FOUND})


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One step in one attempt.

    Attributes:
        left: Its start, in thousandths of the chart's width.
        width: Its length, in thousandths of the chart's width.
        ms: Its duration; None while it runs, or when it was interrupted.
        failed: Whether an exception ended it.
    """

    step: str
    attempt: int
    left: float
    width: float
    ms: int | None
    failed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """A wait without a running step."""

    left: float
    ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """All bars and gaps of one run."""

    bars: list[Bar]
    gaps: list[Gap]


@dataclass(slots=True, kw_only=True)
class _Span:
    step: str
    attempt: int
    start_ms: int
    end_ms: int
    known_ms: int | None
    failed: bool


def draw(log: list[Event], *, now: datetime, ended: bool) -> Chart:
    """Return the chart of the steps in *log*.

    Args:
        log: The events of one run, in order.
        now: The present; the end of a step that is running.
        ended: Whether the run has ended.
    """
    spans = _spans(log, log[-1].at if ended and log else now)
    if not spans:
        return Chart(bars=[], gaps=[])
    places, gaps_ms, worked_ms = _fold(spans)
    share = 1 - FOLDED_SHARE * min(len(gaps_ms), 10)
    scale = WIDTH * share / max(worked_ms, 1)
    fold = WIDTH * (1 - share) / max(len(gaps_ms), 1)
    bars = [
        Bar(
            step=span.step,
            attempt=span.attempt,
            left=offset * scale + folds * fold,
            width=max((span.end_ms - span.start_ms) * scale, 3),
            ms=span.known_ms,
            failed=span.failed,
        )
        for span, (offset, folds) in zip(spans, places, strict=True)
    ]
    gaps = [
        Gap(left=offset * scale + (number + 0.5) * fold, ms=ms)
        for number, (offset, ms) in enumerate(gaps_ms)
    ]
    return Chart(bars=bars, gaps=gaps)


def _spans(log: list[Event], last: datetime) -> list[_Span]:
    spans: list[_Span] = []
    for event in log:
        at_ms = to_ms(event.at)
        running = [span for span in spans if span.known_ms is None and not span.failed]
        if event.kind in STARTS and event.step:
            if any(span.step == event.step for span in running):
                continue  # an effect inside its own step
            spans.append(
                _Span(
                    step=event.step,
                    attempt=event.attempt,
                    start_ms=at_ms,
                    end_ms=to_ms(last),
                    known_ms=None,
                    failed=False,
                )
            )
        elif event.kind in ENDS and event.step:
            _end(spans, running, event, at_ms)
        elif event.kind in {Kind.EXCEPTION, Kind.TAKEN_OVER, Kind.RUN_STARTED, Kind.RUN_ENDED}:
            for span in running:
                span.end_ms, span.failed = at_ms, event.level is Level.ERROR
                span.known_ms = at_ms - span.start_ms
    return sorted(spans, key=lambda span: span.start_ms)


def _end(spans: list[_Span], running: list[_Span], event: Event, at_ms: int) -> None:
    ms = event.data.get("ms")
    for span in reversed(running):
        if span.step == event.step:
            if event.kind is Kind.STEP_DONE:
                span.end_ms, span.known_ms = at_ms, at_ms - span.start_ms
            return
    if event.kind is not Kind.STEP_DONE:
        return
    length = ms if isinstance(ms, int) else 0
    spans.append(
        _Span(
            step=str(event.step),
            attempt=event.attempt,
            start_ms=at_ms - length,
            end_ms=at_ms,
            known_ms=length,
            failed=False,
        )
    )


def _fold(spans: list[_Span]) -> tuple[list[tuple[int, int]], list[tuple[int, int]], int]:
    """Return the working time and the gaps before each span, the gaps, and the total time."""
    places, gaps = [], []
    base = cursor = spans[0].start_ms
    cut = 0
    for span in spans:
        idle = span.start_ms - cursor
        if idle > LONGEST_GAP_MS:
            gaps.append((cursor - base - cut, idle))
            cut += idle
        places.append((span.start_ms - base - cut, len(gaps)))
        cursor = max(cursor, span.end_ms)
    return places, gaps, cursor - base - cut


def first_error(log: list[Event]) -> Event | None:
    """Return the first error of a run, or None."""
    return next((event for event in log if event.level is Level.ERROR), None)


def is_ended(log: list[Event]) -> bool:
    """Return whether the last event is the end of the run."""
    return bool(log) and log[-1].kind is Kind.RUN_ENDED


def length(log: list[Event]) -> timedelta:
    """Return the time from the first to the last event."""
    return log[-1].at - log[0].at if log else timedelta()
