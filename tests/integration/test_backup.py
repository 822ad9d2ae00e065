"""Backup and restore, on both back ends: what happened after the backup does not happen twice."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from clerkwork import Receipt, Run, bot, clock
from clerkwork.engine.operate.after_restore import carry_over
from clerkwork.engine.operate.operations import Operations
from clerkwork.errors import ClerkworkError, UsageError
from clerkwork.intake.extensions import shipped
from clerkwork.intake.requeue_files import put_back
from clerkwork.model.project.workflows import Step
from clerkwork.model.work.items import ItemState
from clerkwork.store.database import Store, open_store
from clerkwork.store.items import items, transitions
from clerkwork.store.maintenance import backup
from clerkwork.store.maintenance.recovery import FENCE_STEP, Restored, mark_restored, touched_since
from clerkwork.store.runs import workers
from tests.fixtures_cli import Shell
from tests.fixtures_engine import Bench, Ledger, MakeBench, Number

LEASE = timedelta(seconds=15)
QUIET = timedelta(seconds=0.3)  # of the bench's target
in_use: list[Ledger] = []


class LateLedger(Ledger):
    """A target whose newest record is found by nobody before an instant."""

    hidden_until = datetime.min.replace(tzinfo=UTC)

    def find(self, screen: object, value: Number) -> list[Receipt]:
        late = bool(self.entered) and self.entered[-1] == value
        if late and clock.now() < self.hidden_until:
            return []
        return super().find(screen, value)  # type: ignore[arg-type]  # as the bench's own browser


def find(screen: object, value: Number) -> list[Receipt]:
    return in_use[-1].find(screen, value)  # type: ignore[arg-type]  # as the bench's own browser


def enter(screen: object, value: Number) -> Receipt:
    return in_use[-1].enter(screen, value)  # type: ignore[arg-type]  # as the bench's own browser


@bot(target="erp")
def entering(value: Number, run: Run) -> Receipt:
    """Enter a number in the target."""
    return run.effect("enter", value, key="number", find=find, do=enter)


def worked_on(bench: Bench, *numbers: str) -> None:
    """Put the numbers in and have them entered."""
    found = [bench.put(number) for number in numbers]
    bench.start_worker()
    for item_id in found:
        bench.until(item_id, ItemState.DONE)
    bench.stop_worker()


def let_go(bench: Bench) -> None:
    bench.engine.core.client.destroy()
    bench.store.close()


def restore(
    url: str, root: Path, file: Path, *, now: datetime, prepared: datetime | None = None
) -> Restored:
    def prepare(store: Store) -> Restored:
        with store.write() as db:
            return mark_restored(db, now=prepared or now)

    return backup.restore(url, root, file, prepare=prepare, lease=LEASE, now=now)


def test_no_order_is_entered_twice_after_an_old_copy_is_restored(
    make_bench: MakeBench, store_url: str, tmp_path: Path
) -> None:
    """What was entered after the backup is found, even if the target shows the last one late."""
    bench = make_bench(entering)
    ledger = LateLedger()
    in_use.append(ledger)
    worked_on(bench, "A-1")
    waiting = bench.put("A-2")
    backup.make(bench.store, tmp_path / "copy", now=clock.now())
    bench.start_worker()
    bench.until(waiting, ItemState.DONE)
    bench.stop_worker()
    worked_on(bench, "A-3")
    let_go(bench)

    at = clock.now() + timedelta(seconds=4)  # so that it is over only after the worker has begun
    restored = restore(store_url, tmp_path, tmp_path / "copy", now=clock.now(), prepared=at)
    ledger.hidden_until = at + QUIET * 0.8
    after = make_bench(entering)
    again = after.put("A-3")  # its file is back in the inbox
    after.start_worker()
    ends = [after.until(item_id, ItemState.DONE).state for item_id in (waiting, again)]

    assert restored.open_items == 1
    assert [entry.number for entry in ledger.entered] == ["A-1", "A-2", "A-3"]
    assert ends == [ItemState.DONE, ItemState.DONE]


def test_a_worker_of_the_time_before_is_fenced_out(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """The attempts it may hold are below those of the restored store."""
    from tests.unit.test_store import NOW, add  # noqa: PLC0415 - only this test

    item_id = add(store, "A-1")
    with store.write() as db:
        transitions.reserve(db, item_id, worker="first", now=NOW)
    backup.make(store, tmp_path / "copy", now=NOW)
    with store.write() as db:
        transitions.reserve(db, item_id, worker="zombie", now=NOW)
    store.close()
    restore(store_url, tmp_path, tmp_path / "copy", now=NOW)
    after = open_store(store_url, tmp_path)
    with after.write() as db:
        second = transitions.reserve(db, item_id, worker="second", now=NOW)
        ended = transitions.complete(db, item_id, 2, result=None, now=NOW)
    after.close()
    assert second is not None
    assert (second.attempt, ended) == (1 + FENCE_STEP + 1, False)


def test_a_copy_that_is_damaged_is_refused(store: Store, store_url: str, tmp_path: Path) -> None:
    """One flipped bit: one sentence, and the present store stays as it is."""
    copy = tmp_path / "copy"
    backup.make(store, copy, now=clock.now())
    with store.write() as db:
        workers.register(db, "later", host="h", pid=1, now=clock.now() - LEASE * 2)
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    with pytest.raises(ClerkworkError, match="damaged"):
        restore(store_url, tmp_path, copy, now=clock.now())
    with store.read() as db:
        assert [one.name for one in workers.alive(db, since=clock.now() - LEASE * 3)] == ["later"]


def test_a_store_that_is_worked_on_is_not_replaced(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """A worker's sign of life is enough to refuse."""
    backup.make(store, tmp_path / "copy", now=clock.now())
    with store.write() as db:
        workers.register(db, "w-1", host="elsewhere", pid=1, now=clock.now())
    with pytest.raises(UsageError, match="w-1 on elsewhere"):
        restore(store_url, tmp_path, tmp_path / "copy", now=clock.now())


def test_what_came_and_was_decided_after_the_backup_is_carried_over(
    make_bench: MakeBench, store_url: str, tmp_path: Path
) -> None:
    """An order that came since is in the target once; what was cancelled since is asked about."""
    bench = make_bench(entering)
    ledger = Ledger()
    in_use.append(ledger)
    cancelled, edited, _ = (bench.put(number) for number in ("C-1", "E-1", "S-1"))
    made = clock.now()
    backup.make(bench.store, tmp_path / "copy", now=made)
    them = Operations(bench.engine.core, who="ann", why="customer withdrew")
    them.cancel(cancelled)
    them.edit(edited, {"amount": "9"})
    worked_on(bench, "N-1")
    gone = bench.put("N-2")
    them.cancel(gone)
    with bench.store.read() as db:
        touched = touched_since(db, made)
    let_go(bench)
    restore(store_url, tmp_path, tmp_path / "copy", now=clock.now())
    after = make_bench(entering)
    carried = carry_over(after.engine, touched)
    after.start_worker()
    with after.store.read() as db:
        found = items.search(db, items.Filter())
    states = {item.reference: after.until(item.id).state for item in found}
    assert (carried.added, carried.to_person, states, sorted(n.number for n in ledger.entered)) == (
        ["work N-1", "work N-2"],
        {
            "work C-1": "After the backup it was cancelled: cancelled by ann: customer withdrew",
            "work E-1": "After the backup it had other data, and it was done.",
            "work N-2": "After the backup it was cancelled: cancelled by ann: customer withdrew",
        },
        {
            "C-1": ItemState.IN_REVIEW,
            "E-1": ItemState.IN_REVIEW,
            "N-1": ItemState.DONE,
            "N-2": ItemState.IN_REVIEW,
            "S-1": ItemState.DONE,
        },
        ["E-1", "N-1", "S-1"],
    )


def test_a_number_that_was_given_after_the_backup_is_not_given_again(
    store: Store, store_url: str, tmp_path: Path
) -> None:
    """A worker that still holds the item of that number does not hold the new one."""
    from tests.unit.test_store import NOW, add  # noqa: PLC0415 - only this test

    add(store, "A-1")
    backup.make(store, tmp_path / "copy", now=NOW)
    lost = add(store, "A-2")
    store.close()
    restore(store_url, tmp_path, tmp_path / "copy", now=NOW)
    after = open_store(store_url, tmp_path)
    new = add(after, "B-1")
    after.close()
    assert (new > lost) is (store_url != "sqlite:///store.db")


def test_a_restore_that_is_cut_off_leaves_the_present_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until the copy takes its place at one stroke, the store is there and whole."""
    from tests.unit.test_store import NOW, add  # noqa: PLC0415 - only this test

    store = open_store("sqlite:///store.db", tmp_path)
    backup.make(store, tmp_path / "copy", now=NOW)
    add(store, "A-1")
    store.close()

    def cut_off(_part: Path, _store: Path) -> None:
        raise InterruptedError

    monkeypatch.setattr(Path, "replace", cut_off)
    with pytest.raises(InterruptedError):
        restore("sqlite:///store.db", tmp_path, tmp_path / "copy", now=NOW)
    left = open_store("sqlite:///store.db", tmp_path)
    with left.read() as db:
        found = items.search(db, items.Filter())
    left.close()
    assert [item.reference for item in found] == ["A-1"]


def test_a_copy_is_never_overwritten(store: Store, tmp_path: Path) -> None:
    """A second backup to one name is refused, and the first one is as it was."""
    first = backup.make(store, tmp_path / "copy", now=clock.now())
    with pytest.raises(UsageError, match="already exists"):
        backup.make(store, tmp_path / "copy", now=clock.now())
    assert (backup.verify(tmp_path / "copy"), sorted(p.name for p in tmp_path.glob("copy*"))) == (
        first,
        ["copy", "copy.sha256"],
    )


def test_files_accepted_after_the_backup_go_back_into_the_inbox(tmp_path: Path) -> None:
    """Older ones and files nobody stamped stay where they are."""
    accepted = tmp_path / "orders" / "accepted"
    accepted.mkdir(parents=True)
    for name in ("20261123T080000000000Z-old.xlsx", "20261123T100000000000Z-new.xlsx", "x.xlsx"):
        (accepted / name).touch()
    workflow = shipped().workflow(  # type: ignore[call-arg]  # keys of a source
        name="orders",
        title="Orders",
        steps=[Step(bot="b")],
        source={"folder": "orders", "pattern": "*.xlsx", "reader": "workbook"},
    )
    moved = put_back(tmp_path, [workflow], since=datetime(2026, 11, 23, 9, tzinfo=UTC))
    assert (moved, sorted(file.name for file in accepted.iterdir())) == (
        [tmp_path / "orders" / "new.xlsx"],
        ["20261123T080000000000Z-old.xlsx", "x.xlsx"],
    )


def test_the_commands_bring_an_item_back(worked: Shell, tmp_path: Path) -> None:
    """`backup`, a decision, `restore`: the review is open again, and both files were checked."""
    copy = tmp_path / "copies" / "store"
    made = worked("backup", copy)
    rejected = worked("queue", "answer", 1, "--reject", "--note", "no receipt")
    back = worked("restore", copy)
    listed = worked("queue", "--json").data
    kept = list((worked.root / "var").glob("clerkwork.db.before-*"))
    assert (made.status, rejected.status, back.status, len(listed), len(kept)) == (0, 0, 0, 1, 1)
    assert "1 reviews are open" in back.out
    assert "In review again: expenses E-2: After the backup it was rejected" in back.out


def test_a_restore_that_is_cut_off_behind_its_stroke_has_what_came_since(
    worked: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy holds what the store of before knew when it takes that one's place."""
    copy = tmp_path / "copy"
    worked("backup", copy)
    worked("run", "expenses", '{"number": "E-3", "purpose": "Taxi", "amount": 12}')

    def cut_off(*_: object, **__: object) -> None:
        raise InterruptedError

    monkeypatch.setattr("clerkwork.intake.requeue_files.put_back", cut_off)
    worked("restore", copy)
    listed = worked("items", "ls", "--json").data
    assert sorted(item["reference"] for item in listed) == ["E-1", "E-2", "E-3"]


def test_a_project_with_a_mistake_is_restored_when_it_is_mended(
    worked: Shell, tmp_path: Path
) -> None:
    """What came after the backup could not be put in again, so nothing is done."""
    copy = tmp_path / "copy"
    worked("backup", copy)
    (worked.root / "workflows" / "wrong.yaml").write_text("name: wrong\n")
    back = worked("restore", copy)
    kept = list((worked.root / "var").glob("clerkwork.db.before-*"))
    assert (back.status, "wrong.yaml" in back.err, kept) == (2, True, [])
