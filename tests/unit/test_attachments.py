"""Files that bots make: kept once, found at the item, kept as long as it."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest

from clerkwork import ApplicationException, Attachment, Run, bot, clock
from clerkwork.config.disk import used_percent
from clerkwork.config.settings import RetentionSettings
from clerkwork.engine.operate.retention import Tidying
from clerkwork.model.bots import Bot
from clerkwork.model.work.events import Event, Kind
from clerkwork.model.work.items import ItemState
from clerkwork.store.runs import events
from clerkwork.store.schema import item as item_table
from tests.fixtures_engine import Bench, MakeBench, Number
from tests.unit.test_engine_operations import operations
from tests.unit.test_engine_store_faults import refuse_once

TEXT = b"number,amount\nA-1,3\n"
KEPT = Attachment(name="list.csv", sha256=hashlib.sha256(TEXT).hexdigest(), size=len(TEXT))


def attaching(failures: list[bool], content: bytes | Path = TEXT) -> Bot:
    @bot()
    def listing(value: Number, run: Run) -> Attachment:
        """Make a list."""
        kept = run.attach("list.csv", content)

        def later() -> None:
            if failures.pop():
                raise ApplicationException("down", "The system is down.")

        run.step("later", later)
        return kept

    return listing


def test_a_file_is_attached_once_however_often_the_run_begins(make_bench: MakeBench) -> None:
    """The kept result of the step is returned, and the log speaks of one file."""
    bench = make_bench(attaching([False, True]))
    item_id = bench.put("A-1")
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    with bench.store.read() as db:
        files = events.attached(db, item.run_id)
    assert (
        item.attempt,
        item.result,
        files,
        KEPT.below(bench.engine.core.evidence).read_bytes(),
    ) == (
        2,
        KEPT.model_dump(),
        [KEPT],
        TEXT,
    )


def test_a_step_that_ran_twice_attached_one_file(make_bench: MakeBench) -> None:
    """Its file was kept but not its checkpoint: the log names both tries, the item one file."""
    bench = make_bench(attaching([False]))
    item_id = bench.put("A-1")
    refuse_once(bench.store, r"INSERT INTO \S*operation_outputs")
    bench.start_worker()
    item = bench.until(item_id, ItemState.DONE)
    with bench.store.read() as db:
        files = events.attached(db, item.run_id)
        log = [event.attempt for event in events.after(db, 0) if event.kind is Kind.ATTACHED]
    assert (log, files) == ([1, 2], [KEPT])


def requeued(
    make_bench: MakeBench, source: Path, from_step: str | None = None
) -> tuple[Bench, int, Attachment]:
    """Return an engine with an item done twice, and the file of the first time."""
    source.write_bytes(b"of before")
    bench = make_bench(attaching([False, False], source))
    item_id = bench.put("A-1")
    bench.start_worker()
    first = Attachment.model_validate(bench.until(item_id, ItemState.DONE).result)
    with bench.store.write() as db:
        db.execute(item_table.update().values(state=ItemState.EXPIRED))
    source.write_bytes(TEXT)
    operations(bench).requeue(item_id, from_step)
    bench.until(item_id, ItemState.DONE)
    bench.stop_worker()
    return bench, item_id, first


def test_a_step_that_runs_again_replaces_its_file(make_bench: MakeBench, tmp_path: Path) -> None:
    """The bot continued with the last one, so this is the item's; the log still has the other."""
    step = "listing: attach list.csv"
    bench, item_id, first = requeued(make_bench, tmp_path / "made.csv", step)
    with bench.store.read() as db:
        files = events.attached(db, f"item-{item_id}-1")
        earlier = events.attachment(db, item_id, first.sha256)
    assert (files, earlier) == ([KEPT], first)


def test_files_of_a_superseded_run_are_listed_in_that_run(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """Those of the present run are the item's; the others are found by their address."""
    bench, item_id, first = requeued(make_bench, tmp_path / "made.csv")
    with bench.store.read() as db:
        files = [events.attached(db, f"item-{item_id}-{run_no}") for run_no in (1, 2)]
        found = events.attachment(db, item_id, first.sha256)
    assert (files, found) == ([[first], [KEPT]], first)


def test_files_of_a_superseded_run_go_when_the_others_do(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """They are kept as long as those of the present run, and none is left over."""
    bench, item_id, first = requeued(make_bench, tmp_path / "made.csv")
    older = first.below(bench.engine.core.evidence)
    early = (kept_after(bench, item_id, 700, attached_days=701), older.exists())
    late = (kept_after(bench, item_id, 700, attached_days=699), older.exists())
    assert (early, late) == (((1, True), True), ((0, False), False))


def test_equal_files_are_one_on_the_disk(make_bench: MakeBench, tmp_path: Path) -> None:
    """Two items with one content, given as a file, share it."""
    source = tmp_path / "made.csv"
    source.write_bytes(TEXT)
    bench = make_bench(attaching([False, False], source))
    numbers = [bench.put("A-1"), bench.put("A-2")]
    bench.start_worker()
    states = {bench.until(item_id).state for item_id in numbers}
    kept = [file for file in bench.engine.core.evidence.rglob("*") if file.is_file()]
    assert (states, kept) == ({ItemState.DONE}, [KEPT.below(bench.engine.core.evidence)])


def test_a_file_that_cannot_be_read_is_an_application_exception(
    make_bench: MakeBench, tmp_path: Path
) -> None:
    """It is tried again, then goes to a person under a name."""
    bench = make_bench(attaching([], tmp_path / "missing.csv"))
    item_id = bench.put("A-1")
    bench.start_worker()
    assert bench.until(item_id, ItemState.IN_REVIEW).reason_code == "file_not_kept"


def test_nothing_is_attached_to_a_nearly_full_disk(make_bench: MakeBench) -> None:
    """It is tried again, then goes to a person under a name."""
    bench = make_bench(attaching([]))
    bench.engine.core.full_percent = used_percent(bench.engine.core.evidence) - 0.1
    item_id = bench.put("A-1")
    bench.start_worker()
    assert bench.until(item_id, ItemState.IN_REVIEW).reason_code == "disk_full"


def kept_after(bench: Bench, item_id: int, days: int, **settings: float) -> tuple[int, bool]:
    """Tidy as after *days*; return how many files the item lists, and whether the file is there."""
    run_id = bench.item(item_id).run_id
    Tidying(
        core=bench.engine.core,
        settings=RetentionSettings.model_validate(settings),
        evidence=bench.engine.core.evidence,
        logs=bench.logs,
    ).run(clock.now() + timedelta(days=days))
    with bench.store.read() as db:
        listed = len(events.attached(db, run_id))
    return listed, KEPT.below(bench.engine.core.evidence).exists()


def attached(make_bench: MakeBench) -> tuple[Bench, int]:
    """Return an engine with an item done that has one file, and the item."""
    bench = make_bench(attaching([False]))
    item_id = bench.put("A-1")
    bench.start_worker()
    bench.until(item_id, ItemState.DONE)
    bench.stop_worker()
    return bench, item_id


def test_files_go_after_days_of_their_own(make_bench: MakeBench) -> None:
    """By default they stay as long as the item whose result names them."""
    bench, item_id = attached(make_bench)
    found = [
        kept_after(bench, item_id, 700),
        kept_after(bench, item_id, 700, attached_days=701),
        kept_after(bench, item_id, 700, attached_days=699),
    ]
    assert found == [(1, True), (1, True), (0, False)]


def test_the_cap_of_evidence_is_not_for_files_that_bots_made(make_bench: MakeBench) -> None:
    """A cap of nothing leaves them, and they are nothing over it."""
    bench, item_id = attached(make_bench)
    tidying = Tidying(
        core=bench.engine.core,
        settings=RetentionSettings(evidence_max_gb=0),
        evidence=bench.engine.core.evidence,
        logs=bench.logs,
    )
    over = tidying.run(clock.now()).over_bytes
    assert (over, kept_after(bench, item_id, 0)) == (0, (1, True))


def test_no_file_outlives_its_item(make_bench: MakeBench) -> None:
    """With the item the last word of it goes, so the file goes before."""
    bench, item_id = attached(make_bench)
    assert kept_after(bench, item_id, 40, items_days=30, attached_days=900) == (0, False)


def test_a_file_that_is_evidence_too_is_kept_for_the_longer(make_bench: MakeBench) -> None:
    """The pictures of a success go after a week, the same content that is attached stays."""
    bench, item_id = attached(make_bench)
    data = {"name": "page", "sha256": KEPT.sha256}
    bench.engine.core.log.write(
        Event(at=clock.now(), kind=Kind.EVIDENCE, item_id=item_id, data=data, run_id="item-1-1")
    )
    found = [kept_after(bench, item_id, days) for days in (10, 800)]
    assert found == [(1, True), (0, False)]


@pytest.mark.parametrize(
    ("name", "file"),
    [("a.CSV", "ab12.csv"), ("../../etc/x.sh;rm", "ab12"), ("none", "ab12"), (".profile", "ab12")],
)
def test_a_name_never_leads_out_of_the_folder(name: str, file: str) -> None:
    """Only its plain suffix is used in a path."""
    found = Attachment(name=name, sha256="ab12", size=1).below(Path("evidence"))
    assert found == Path("evidence/ab", file)
