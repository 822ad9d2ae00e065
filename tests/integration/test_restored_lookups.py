"""After a restore, entries that may exist in the target are looked up before other work."""

from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from clerkwork import ApplicationException, Receipt, Run, bot, clock
from clerkwork.app import open_bare
from clerkwork.engine import target_gate
from clerkwork.engine.operate.after_restore import waive
from clerkwork.model.project.workflows import Schedule, Step, Workflow
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.items import items, restored_lookups, transitions
from clerkwork.store.maintenance.recovery import Touched, mark_restored
from clerkwork.store.runs import planned_runs
from tests.fixtures_cli import Shell
from tests.fixtures_engine import Bench, Ledger, MakeBench, Number

in_use: list["Seen"] = []


@dataclass
class Seen(Ledger):
    """A target that notes what it is asked, and what else was worked on."""

    calls: list[str] = field(default_factory=list)
    broken: bool = False


def find(screen: object, value: Number) -> list[Receipt]:
    seen = in_use[-1]
    seen.calls.append(f"find {value.number}")
    if seen.broken:
        raise ApplicationException("target_error", "The target does not answer.")
    return seen.find(screen, value)  # type: ignore[arg-type]  # as the bench's own browser


def enter(screen: object, value: Number) -> Receipt:
    in_use[-1].calls.append(f"enter {value.number}")
    return in_use[-1].enter(screen, value)  # type: ignore[arg-type]  # as the bench's own browser


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


@bot()
def counting(value: Number, _run: Run) -> None:
    """Touch no target."""
    in_use[-1].calls.append(f"count {value.number}")


def restored(make_bench: MakeBench, *begun: str, entered: str = "") -> tuple[Bench, dict[str, int]]:
    """Return a bench whose items *begun* were at work after its backup, and its item N-1."""
    bench = make_bench(entering, counting)
    in_use.append(Seen())
    in_use[-1].entered += [Number(number=entered)] if entered else []
    found = {"N-1": bench.put("N-1", workflow="next")}
    found |= {number: bench.put(number) for number in begun}
    since = [
        Touched(item=replace(bench.item(found[number]), attempt=1), digest="") for number in begun
    ]
    with bench.store.write() as db:
        mark_restored(db, now=clock.now(), touched=since, workflows={"work"})
    return bench, found


def done(bench: Bench, found: dict[str, int]) -> list[str]:
    for item_id in found.values():
        bench.until(item_id, ItemState.DONE, ItemState.IN_REVIEW)
    return in_use[-1].calls


def test_nothing_starts_while_an_item_cannot_be_looked_up(make_bench: MakeBench) -> None:
    """An item of another workflow and without a target waits as well, and says for what."""
    bench, found = restored(make_bench, "A-1", entered="A-1")
    target_gate.hold(bench.engine.core, "erp", who="ann", why="not up yet")
    bench.start_worker()
    waits = bench.until(found["N-1"], ItemState.POSTPONED, ItemState.DONE)
    bench.until(found["A-1"], ItemState.POSTPONED)  # else it is put off after the release
    target_gate.release(bench.engine.core, "erp", who="ann", why="up")
    calls = done(bench, found)
    assert (waits.reason_code, waits.reason, calls) == (
        "restored",
        restored_lookups.REASON,
        ["find A-1", "count N-1"],
    )


def test_what_is_missing_is_entered_after_the_last_lookup(make_bench: MakeBench) -> None:
    """Each item that was at work is looked up first; the one that is missing is entered once."""
    bench, found = restored(make_bench, "A-1", "A-2", "A-3", entered="A-2")
    bench.start_worker()
    calls = done(bench, found)
    assert (sorted(calls[:3]), calls.count("enter A-1"), sorted(n.number for n in _entered())) == (
        ["find A-1", "find A-2", "find A-3"],
        1,
        ["A-1", "A-2", "A-3"],
    )


def test_a_target_that_does_not_answer_is_never_one_without_the_record(
    make_bench: MakeBench,
) -> None:
    """After its attempts the item is with a person, nothing is entered, and the others go on."""
    bench, found = restored(make_bench, "A-1", entered="A-1")
    in_use[-1].broken = True
    bench.start_worker()
    calls = done(bench, found)
    assert (bench.item(found["A-1"]).state, calls) == (
        ItemState.IN_REVIEW,
        ["find A-1", "find A-1", "find A-1", "count N-1"],
    )


def test_an_item_whose_worker_died_looking_it_up_is_looked_up_again(make_bench: MakeBench) -> None:
    """An unfinished lookup says nothing about the target."""
    bench, found = restored(make_bench, "A-1", entered="A-1")
    with bench.store.write() as db:
        transitions.reserve(db, found["A-1"], worker="dead", now=clock.now())
    bench.start_worker()
    assert done(bench, found) == ["find A-1", "count N-1"]


def test_an_operator_lets_work_go_on_and_items_still_look_first(make_bench: MakeBench) -> None:
    """The waiver frees the others; the item that was left out is not entered twice."""
    bench, found = restored(make_bench, "A-1", entered="A-1")
    target_gate.hold(bench.engine.core, "erp", who="ann", why="down for days")
    bench.start_worker()
    bench.until(found["N-1"], ItemState.POSTPONED)
    missed = waive(bench.engine.core, who="ann", why="the ERP is down for days")
    bench.until(found["N-1"], ItemState.DONE)
    target_gate.release(bench.engine.core, "erp", who="ann", why="up")
    assert (missed, done(bench, found)) == (1, ["count N-1", "find A-1"])


@pytest.mark.parametrize(
    ("touched", "wanted"), [(None, ["old", "waits"]), ([], ["runs"])], ids=["lost", "readable"]
)
def test_what_nobody_knows_of_is_looked_up(
    make_bench: MakeBench, touched: list[Touched] | None, wanted: list[str]
) -> None:
    """Of a store that is lost every open item counts but those that were not due yet."""
    bench = make_bench(entering, counting)
    later = clock.now() + timedelta(days=1)
    bench.put("waits")
    bench.put("later", not_before=later)
    bench.put("other", workflow="next")
    old = bench.put("old" if touched is None else "runs")
    with bench.store.write() as db:
        transitions.reserve(db, old, worker="w", now=clock.now())
        mark_restored(db, now=clock.now(), touched=touched, workflows={"work"})
        left = restored_lookups.left(db)
    assert sorted(item.reference for item in left) == wanted


def test_the_newest_blocked_run_of_a_schedule_runs_after_the_last_lookup(
    worked: Shell,
) -> None:
    """Nothing is taken in before; afterwards a daily source is not left out for a day."""
    plan = Workflow(
        name="expenses",
        title="Expenses",
        steps=[Step(bot="expenses")],
        schedule=Schedule(every_s=60),
    )
    now = clock.now()
    app = replace(open_bare(worked.root), workflows={"expenses": plan})
    with closing(app), closing(app.reader()) as reader, closing(app.intake(reader)) as intake:
        with app.store.write() as db:
            restored_lookups.hold(db, lambda _item: False, now=now)
        app.schedule_clock("s-1", intake).fire("expenses", now)
        with app.store.write() as db:
            planned_runs.settle(
                db,
                "expenses",
                now - timedelta(days=1),
                worker="s-1",
                state=PlannedState.BLOCKED,
                reason=restored_lookups.REASON,
                now=now,
            )
            restored_lookups.let_go(db, now=now)
            runs = planned_runs.list_recent(db, schedule="expenses")
    assert [(run.state, run.reason, run.released is None) for run in runs] == [
        (PlannedState.BLOCKED, restored_lookups.REASON, False),
        (PlannedState.BLOCKED, restored_lookups.REASON, True),
    ]


def test_the_commands_show_what_is_held_and_let_it_go(worked: Shell) -> None:
    """`doctor` and `workers` say so, `reconcile --waive` ends it once, with a reason."""
    app = open_bare(worked.root)
    with closing(app), app.store.write() as db:
        restored_lookups.hold(db, lambda _item: False, now=clock.now())
    seen = [one["found"] for one in worked("doctor", "--json").data if one["check"] == "restore"]
    warned = worked("workers").err
    ends = [worked("reconcile", "--waive", why).status for why in ("", "the ERP is gone", "again")]
    assert (seen, "until 0 items are looked up" in warned, ends) == (
        ["After the restore, work waits for lookups in the targets; 0 left: none"],
        True,
        [2, 0, 2],
    )


def _entered() -> list[Number]:
    return in_use[-1].entered


def test_the_console_shows_on_its_first_page_that_everything_waits(served: Any) -> None:
    """With how many items are still to be looked up."""
    served.project.filler().order("PO-1")
    with served.project.store.write() as db:
        restored_lookups.hold(db, lambda _item: False, now=clock.now())
        restored_lookups.mark(db, items.search(db, items.Filter(), limit=1)[0].id)
    with served.client() as client:
        text = client.get("/").text
    assert "waits for lookups in the targets; 1 left" in text
