"""The bars of a run: steps on a line of working time."""

from datetime import UTC, datetime, timedelta
from typing import Any

from clerkwork.model.work.events import Event, Kind, Level
from clerkwork.web.gantt import Chart, draw, first_error, is_ended

START = datetime(2026, 11, 23, tzinfo=UTC)


def at(second: float, kind: Kind, step: str | None = None, **more: Any) -> Event:
    return Event(at=START + timedelta(seconds=second), kind=kind, step=step, attempt=1, **more)


def bars(chart: Chart) -> list[tuple[str, int | None, bool]]:
    return [(bar.step, bar.ms, bar.failed) for bar in chart.bars]


def test_steps_follow_each_other_on_the_line():
    """Each bar begins where its step began and is as long as it took."""
    log = [
        at(0, Kind.STEP_STARTED, "read"),
        at(1, Kind.STEP_DONE, "read"),
        at(1, Kind.STEP_STARTED, "enter"),
        at(4, Kind.STEP_DONE, "enter"),
        at(4, Kind.RUN_ENDED),
    ]
    chart = draw(log, now=START, ended=True)
    assert bars(chart) == [("read", 1000, False), ("enter", 3000, False)]
    assert [(bar.left, bar.width) for bar in chart.bars] == [(0, 250), (250, 750)]


def test_long_wait_is_folded_to_a_gap():
    """A night in review does not shrink the steps to nothing."""
    log = [
        at(0, Kind.STEP_STARTED, "read"),
        at(1, Kind.STEP_DONE, "read"),
        at(40_000, Kind.STEP_STARTED, "enter"),
        at(40_001, Kind.STEP_DONE, "enter"),
    ]
    chart = draw(log, now=START, ended=True)
    assert [gap.ms for gap in chart.gaps] == [39_999_000]
    assert [round(bar.width) for bar in chart.bars] == [480, 480]
    assert chart.bars[0].width < chart.gaps[0].left < chart.bars[1].left


def test_step_under_way_reaches_to_now():
    """The bar of a step without an end grows while the run goes on."""
    chart = draw([at(0, Kind.STEP_STARTED, "read")], now=START + timedelta(seconds=9), ended=False)
    assert bars(chart) == [("read", None, False)]
    assert chart.bars[0].width == 1000


def test_exception_ends_the_step_as_failed():
    """The bar that failed is marked, the one after it is not."""
    log = [
        at(0, Kind.STEP_STARTED, "read"),
        at(2, Kind.EXCEPTION, level=Level.ERROR),
        at(3, Kind.STEP_STARTED, "read"),
        at(4, Kind.STEP_DONE, "read"),
    ]
    assert bars(draw(log, now=START, ended=True)) == [("read", 2000, True), ("read", 1000, False)]


def test_effect_inside_its_step_is_one_bar():
    """The intent and the confirmation of an effect do not draw the step twice."""
    log = [
        at(0, Kind.STEP_STARTED, "enter"),
        at(0, Kind.EFFECT_INTENT, "enter"),
        at(2, Kind.EFFECT_CONFIRMED, "enter"),
        at(3, Kind.STEP_DONE, "enter"),
    ]
    assert bars(draw(log, now=START, ended=True)) == [("enter", 3000, False)]


def test_log_without_steps_has_no_bars():
    """A run that only wrote notes is a log and no chart."""
    assert draw([at(0, Kind.NOTE)], now=START, ended=True) == Chart(bars=[], gaps=[])


def test_first_error_and_end_of_a_log():
    """The first error is the one that explains the others; only the last line can end a run."""
    log = [
        at(0, Kind.RUN_ENDED),
        at(1, Kind.NOTE, level=Level.WARNING),
        at(2, Kind.EXCEPTION, level=Level.ERROR, message="first"),
        at(3, Kind.EXCEPTION, level=Level.ERROR, message="second"),
    ]
    assert (first_error(log), is_ended(log), is_ended(log[:1]), is_ended([])) == (
        log[2],
        False,
        True,
        False,
    )
