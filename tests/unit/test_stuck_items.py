"""Every open item has a way to continue; one that lost it is found and repaired."""

from datetime import timedelta
from typing import Any

import pytest

from clerkwork import Run, bot, clock
from clerkwork.engine.sweep import Sweep
from clerkwork.model.items import ItemState
from clerkwork.store import moves
from tests.fixtures_engine import Bench, MakeBench, Number


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def postpone(bench: Bench, item_id: int, seconds: float) -> None:
    """Do what a worker does with a queue entry whose item it cannot take now."""
    now = clock.now()
    with bench.store.write() as db:
        until = now + timedelta(seconds=seconds)
        moves.defer(db, item_id, not_before=until, code="group_busy", reason="busy", now=now)
    bench.engine.client.cancel_workflow(bench.item(item_id).run_id)


def test_item_postponed_again_during_a_sweep_stays_postponed(
    make_bench: MakeBench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep does not mark it as waiting: its new queue entry is used up already."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    postpone(bench, item_id, 0)
    rewind = bench.engine.client.rewind_workflow

    def rewind_to_a_quick_worker(run_id: str, **options: Any) -> None:
        rewind(run_id, **options)
        postpone(bench, item_id, 3600)

    monkeypatch.setattr(bench.engine.client, "rewind_workflow", rewind_to_a_quick_worker)
    Sweep(bench.engine, "sweeper", lease=timedelta(seconds=5)).once()
    assert bench.item(item_id).state is ItemState.POSTPONED
