"""What is kept how long, on both back ends, and what a full disk stops."""

import hashlib
import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from clerkwork import ApplicationException, Receipt, Run, bot, clock
from clerkwork.app import open_bare
from clerkwork.config.settings import RetentionSettings
from clerkwork.engine.operate.retention import Tidying
from clerkwork.model.project.workflows import Schedule, Step, Workflow
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import ItemState
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.inbox import deliveries
from clerkwork.store.instants import Milestone, reach, reached
from clerkwork.store.items import items
from clerkwork.store.runs import effects, events, planned_runs
from clerkwork.store.schema import item as item_table
from tests.fixtures_cli import Shell
from tests.fixtures_engine import Bench, MakeBench, Number, TestScreen

DAY, KB = timedelta(days=1), 1000


@bot()
def plain(value: Number, run: Run) -> Number:
    """Return the number as it is."""
    return run.step("keep", lambda: value)


def picture(bench: Bench, item_id: int, step: str, attempt: int | None = None) -> str:
    """Keep one kilobyte as evidence of a step of an attempt, the last one's; return its address."""
    content = f"{item_id} {step}".ljust(KB).encode()
    sha256 = hashlib.sha256(content).hexdigest()
    file = bench.logs.parent / "evidence" / sha256[:2] / f"{sha256}.jpg"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    item = bench.item(item_id)
    new = Event(
        at=clock.now(),
        kind=Kind.EVIDENCE,
        item_id=item_id,
        run_id=item.run_id,
        attempt=item.attempt if attempt is None else attempt,
        step=step,
        message=step,
        data={"sha256": sha256},
    )
    bench.engine.core.log.write(new)
    return sha256


def kept(bench: Bench) -> set[str]:
    return {file.stem for file in (bench.logs.parent / "evidence").glob("??/*.jpg")}


def tidying(bench: Bench, **settings: float) -> Tidying:
    return Tidying(
        core=bench.engine.core,
        settings=RetentionSettings.model_validate(settings),
        evidence=bench.logs.parent / "evidence",
        logs=bench.logs,
    )


def done(bench: Bench, *numbers: str) -> list[int]:
    found = [bench.put(number) for number in numbers]
    bench.start_worker()
    for item_id in found:
        bench.until(item_id, ItemState.DONE)
    bench.stop_worker()
    return found


def test_pictures_go_by_what_became_of_their_item(make_bench: MakeBench) -> None:
    """After ten days those of a success are gone; of a failure, a review, an open item not."""
    bench = make_bench(plain)
    success, failure, review = done(bench, "A-1", "A-2", "A-3")
    waiting = bench.put("A-4")
    with bench.store.write() as db:
        table = item_table.update()
        db.execute(table.where(item_table.c.id == failure).values(failures=1))
        db.execute(table.where(item_table.c.id == review).values(touched=True))
    addresses = [picture(bench, number, "s") for number in (success, failure, review, waiting)]
    result = tidying(bench).run(clock.now() + 10 * DAY)
    assert (result.pictures, kept(bench)) == (1, set(addresses[1:]))


def test_a_picture_that_two_items_share_stays_until_both_are_old(make_bench: MakeBench) -> None:
    """Files are deleted by content, and only when nothing speaks of them any more."""
    bench = make_bench(plain)
    first, second = done(bench, "A-1", "A-2")
    with bench.store.write() as db:
        db.execute(item_table.update().where(item_table.c.id == second).values(failures=1))
    address = picture(bench, first, "s")
    new = Event(at=clock.now(), kind=Kind.EVIDENCE, item_id=second, data={"sha256": address})
    bench.engine.core.log.write(new)
    after_ten = tidying(bench).run(clock.now() + 10 * DAY).pictures, kept(bench)
    after_forty = tidying(bench).run(clock.now() + 40 * DAY).pictures, kept(bench)
    assert (after_ten, after_forty) == ((1, {address}), (1, set()))


def keeps(bench: Bench, failures: list[str], *names: str) -> Callable[..., Receipt]:
    """Return what enters a number and keeps a file under each of *names* on the way.

    It fails, after the files, as often as *failures* has its step's name.
    """

    def enter(screen: TestScreen, value: Number) -> Receipt:
        failing = value.number in failures
        for name in names:
            content = f"{value.number} {name}{' failing' * failing}".encode()
            sha256 = hashlib.sha256(content).hexdigest()
            file = bench.logs.parent / "evidence" / sha256[:2] / f"{sha256}.txt"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
            screen.on_message("evidence", {"name": name, "sha256": sha256})
        if failing:
            failures.remove(value.number)
            raise ApplicationException("down", "The {step} is down.", step="system")
        return bench.ledger.enter(screen, value)

    return enter


def test_the_cap_takes_no_file_of_a_first_a_last_or_a_failed_step(make_bench: MakeBench) -> None:
    """Of a run whose second step failed once a cap of nothing leaves all files of these steps."""
    failures: list[str] = ["second"]

    @bot(target="erp")
    def entering(value: Number, run: Run) -> Number:
        """Enter four numbers, one after the other."""
        for name in ("first", "second", "third", "fourth"):
            enter = keeps(bench, failures, "fields", "form", "confirmation")
            number = value.model_copy(update={"number": name})
            run.effect(name, number, key="number", find=bench.ledger.find, do=enter)
        return value

    bench = make_bench(entering)
    done(bench, "A-1")
    result = tidying(bench, evidence_max_gb=0).run(clock.now())
    left = {file.read_text() for file in (bench.logs.parent / "evidence").glob("??/*.txt")}
    names = ("fields", "form", "confirmation")
    wanted = [f"{step} {name}" for step in ("first", "fourth") for name in names]
    assert (left, result.pictures) == ({*wanted, *(f"second {name} failing" for name in names)}, 6)


def test_the_log_names_the_step_that_failed(make_bench: MakeBench) -> None:
    """The step's name is the event's own, and a fact that is called so is not replaced by it."""
    failures = ["A-1"]

    @bot(target="erp")
    def entering(value: Number, run: Run) -> Receipt:
        """Enter the number."""
        enter = keeps(bench, failures)
        return run.effect("enter", value, key="number", find=bench.ledger.find, do=enter)

    bench = make_bench(entering)
    (item_id,) = done(bench, "A-1")
    with bench.store.read() as db:
        log = events.after(db, 0, item_id=item_id)
    told = [(event.step, event.data["step"]) for event in log if event.kind is Kind.EXCEPTION]
    assert told == [("entering: enter", "system")]


def test_a_cap_that_cannot_be_met_is_reported(make_bench: MakeBench) -> None:
    """What must stay is counted by how much it is over the cap."""
    bench = make_bench(plain)
    (item_id,) = done(bench, "A-1")
    steps = [picture(bench, item_id, f"s{number}") for number in range(4)]
    result = tidying(bench, evidence_max_gb=0).run(clock.now())
    found = kept(bench), result.pictures, result.over_bytes
    assert found == ({steps[0], steps[3]}, 2, 2 * KB)


def test_the_cap_takes_no_more_than_it_must(make_bench: MakeBench) -> None:
    """The oldest goes first, and as soon as the rest fits nothing more goes."""
    bench = make_bench(plain)
    (item_id,) = done(bench, "A-1")
    steps = [picture(bench, item_id, f"s{number}") for number in range(4)]
    tidying(bench, evidence_max_gb=3 * KB / 10**9).run(clock.now())
    assert kept(bench) == {steps[0], steps[2], steps[3]}


def test_logs_checkpoints_and_items_go_when_they_are_old(make_bench: MakeBench) -> None:
    """The closed item is gone after its time, the waiting one and the ledger stay."""
    bench = make_bench(plain)
    (closed,) = done(bench, "A-1")
    waiting = bench.put("A-2")
    with bench.store.write() as db:
        effects.intend(
            db,
            target="erp",
            key="A-1",
            record="e",
            name="e",
            item_id=closed,
            digest="d",
            now=clock.now(),
        )
    log_file = bench.logs / "runs" / f"item-{closed}-1.jsonl"
    os.utime(log_file, (0, 0))
    first = tidying(bench).run(clock.now() + 100 * DAY)
    runs = [run.workflow_id for run in bench.engine.core.client.list_workflows()]
    with bench.store.read() as db:
        log = [len(events.after(db, 0, item_id=number)) > 0 for number in (closed, waiting)]
    second = tidying(bench).run(clock.now() + 800 * DAY)
    with bench.store.read() as db:
        left = [item.id for item in items.search(db, items.Filter())]
        ledger = effects.get(db, "erp", "A-1")
    assert (first.checkpoints, runs, log, log_file.exists()) == (
        1,
        [f"item-{waiting}-1"],
        [False, True],
        False,
    )
    assert (second.items, left, ledger is not None) == (1, [waiting], True)


def test_planned_runs_go_but_the_newest_and_those_open(make_bench: MakeBench) -> None:
    """A scheduler needs the newest run to count missed ones; open runs are kept."""
    bench = make_bench(plain)
    now = clock.now()
    with bench.store.write() as db:
        for days, schedule in ((100, "a"), (99, "a"), (80, "a"), (100, "b"), (98, "c"), (97, "c")):
            planned_runs.claim(db, schedule, now - days * DAY, worker="w", now=now)
        for days, schedule in ((100, "a"), (99, "a"), (80, "a"), (100, "b"), (97, "c")):
            planned_runs.finish(
                db,
                schedule,
                now - days * DAY,
                state=PlannedState.BLOCKED,
                items=0,
                reason="",
                now=now,
            )
        planned_runs.release(db, "a", now - 99 * DAY, now=now)
    deleted = tidying(bench).run(now).planned_runs
    with bench.store.read() as db:
        left = [
            (run.schedule, round((now - run.planned) / DAY)) for run in planned_runs.list_recent(db)
        ]
    assert (deleted, sorted(left)) == (
        1,
        [("a", 80), ("a", 99), ("b", 100), ("c", 97), ("c", 98)],
    )


def test_a_delivery_is_known_for_its_days(make_bench: MakeBench) -> None:
    """An old one is forgotten, a newer one is not."""
    bench = make_bench(plain)
    now = clock.now()
    with bench.store.write() as db:
        for key, days in (("old", 31), ("new", 29)):
            deliveries.add(db, "work", key, digest="", items=1, now=now - days * DAY)
    deleted = tidying(bench, deliveries_days=30).run(now).deliveries
    with bench.store.read() as db:
        found = [deliveries.find(db, "work", key) is not None for key in ("old", "new")]
    assert (deleted, found) == (1, [False, True])


def test_endless_logs_are_set_aside_and_deleted_on_each_host(make_bench: MakeBench) -> None:
    """A host on which another one's scheduler was first tidies its own files all the same."""
    bench = make_bench(plain)
    now = clock.now()
    with bench.store.write() as db:
        reach(db, Milestone.TIDIED, now=now)
    runs = bench.logs / "runs"
    runs.mkdir(parents=True)
    for file in (runs / "system.jsonl", bench.logs / "errors.log"):
        file.write_text("a line")
    for file in (runs / "system-2020-01-01.jsonl", bench.logs / "errors-2020-01-01.log"):
        file.write_text("a line")
        os.utime(file, (0, 0))
    first = tidying(bench).daily(now)
    day = f"{now:%Y-%m-%d}"
    left = {file.name for file in bench.logs.rglob("*") if file.is_file()}
    assert (first, left) == (
        False,
        {".tidied", f"system-{day}.jsonl", f"errors-{day}.log"},
    )


def test_evidence_over_its_cap_is_reported_until_it_fits(make_bench: MakeBench) -> None:
    """The run log says by how much, and a mark is set for monitoring."""
    bench = make_bench(plain)
    (item_id,) = done(bench, "A-1")
    picture(bench, item_id, "s")
    found = []
    for cap in (0, 1):
        tidying(bench, evidence_max_gb=cap).run(clock.now())
        with bench.store.read() as db:
            marked = reached(db, Milestone.OVER_CAP) is not None
            told = [event.data for event in events.newest(db, kinds=(Kind.NOTE,))]
        found.append((marked, told))
    assert found == [(True, [{"bytes": KB}]), (False, [{"bytes": KB}])]


def test_a_parked_run_keeps_its_checkpoints(make_bench: MakeBench) -> None:
    """DBOS counts a run that waits for a person as over; it has to go on after the answer."""

    @bot()
    def asking(value: Number, run: Run) -> Number:
        """Ask about everything."""
        return run.check(value, False, "why", "Why?")

    bench = make_bench(asking)
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id, ItemState.IN_REVIEW)
    tidying(bench).run(clock.now() + 1000 * DAY)
    bench.answer(amount=5)
    assert bench.until(item_id, ItemState.DONE).result == {"number": "A-1", "amount": 5}


def test_only_the_first_worker_of_a_day_tidies(make_bench: MakeBench) -> None:
    """A second scheduler finds it done; the next day it is due again."""
    bench = make_bench(plain)
    now = clock.now()
    found = [tidying(bench).daily(at) for at in (now, now, now + DAY * 2)]
    assert found == [True, False, True]


def test_a_full_disk_stops_the_taking_of_items(make_bench: MakeBench) -> None:
    """A worker on a full disk begins nothing; the item is postponed, not lost."""
    bench = make_bench(plain)
    item_id = bench.put("A-1")
    worker = bench.start_worker(full=lambda: True)
    postponed = bench.until(item_id, ItemState.POSTPONED)
    bench.stop_worker()
    assert (postponed.attempt, worker.name.startswith("w-")) == (0, True)


def test_the_command_says_what_was_deleted(worked: Shell) -> None:
    """Nothing is old in a new project."""
    said = worked("tidy", "--json")
    assert (said.status, said.data["items"], said.data["pictures"]) == (0, 0, 0)


@pytest.mark.parametrize(
    "file", ["workflows/wrong.yaml", "config/targets/wrong/target.yaml", "bots/wrong/bot.py"]
)
def test_the_command_works_while_a_file_of_the_project_is_wrong(worked: Shell, file: str) -> None:
    """Who has to make room in a hurry need not mend a file first."""
    wrong = worked.root / file
    wrong.parent.mkdir(parents=True, exist_ok=True)
    wrong.write_text("a: [")
    assert (worked("check").status == 0, worked("tidy").status) == (False, 0)


def test_the_bare_project_masks_the_secrets_of_its_workflows(
    worked: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another workflow's file may be wrong meanwhile."""
    monkeypatch.setenv("HOOK_SECRET", "known-to-both-sides")
    with (worked.root / "workflows" / "expenses.yaml").open("a") as plan:
        plan.write("\nwebhook:\n  secret_variable: HOOK_SECRET\n")
    (worked.root / "workflows" / "wrong.yaml").write_text("a: [")
    with closing(open_bare(worked.root)) as app:
        app.engine.core.event(Kind.NOTE, "It is known-to-both-sides.")
        with app.store.read() as db:
            *_, last = events.after(db, events.last_number(db) - 1)
    assert "known" not in last.message


def test_a_full_disk_stops_what_is_taken_in(worked: Shell) -> None:
    """The planned run is blocked and says why."""
    with (worked.root / "config" / "default.toml").open("a") as settings:
        settings.write("\n[retention]\ndisk_claims_percent = 0\n")
    plan = Workflow(
        name="expenses",
        title="Expenses",
        steps=[Step(bot="expenses")],
        schedule=Schedule(every_s=60),
    )
    app = replace(open_bare(worked.root), workflows={"expenses": plan})
    with closing(app), closing(app.reader()) as reader, closing(app.intake(reader)) as intake:
        app.schedule_clock("s-1", intake).fire("expenses", clock.now())
        with app.store.read() as db:
            (run,) = planned_runs.list_recent(db, schedule="expenses")
    assert (run.state, run.reason) == (
        PlannedState.BLOCKED,
        "The disk is nearly full: no input is accepted. Free space, or call `clerkwork tidy`.",
    )


def test_thresholds_are_settings(worked: Shell, tmp_path: Path) -> None:
    """With a threshold of nothing no item is taken by a real worker either."""
    with (worked.root / "config" / "default.toml").open("a") as settings:
        settings.write("\n[retention]\ndisk_claims_percent = 0\n")
    assert worked("queue", "answer", 1, "--set", "amount=90").status == 0
    with worked.started("work", "--name", "w-1") as worker:
        assert "the disk is nearly full" in worker.until("disk")
