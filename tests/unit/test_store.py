"""The store: its tables are what the migrations make, and races are settled in SQL."""

import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy.engine import make_url

from clerkwork.clock import from_ms
from clerkwork.errors import ConfigError
from clerkwork.model.work.items import MOVES, ItemState, NewItem
from clerkwork.model.work.schedules import PlannedState
from clerkwork.store.database import BUSY_TIMEOUT_MS, Store, _create, open_store
from clerkwork.store.items import items, repairs, transitions
from clerkwork.store.runs import effects, planned_runs, workers
from clerkwork.store.runs.effects import Effect
from clerkwork.store.schema import item, metadata

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


def add(store: Store, reference: str, state: ItemState = ItemState.WAITING) -> int:
    new = NewItem(workflow="work", reference=reference, payload={})
    with store.write() as db:
        item_id = items.add(db, new, queue="q", digest="d", state=state, now=NOW)
        assert item_id is not None
        db.execute(item.update().where(item.c.id == item_id).values(state=state))
    return item_id


def test_the_migrations_make_exactly_the_tables_of_the_schema(
    tmp_path: Path, empty_url: str
) -> None:
    """Alembic finds nothing to change in a store that was just made."""
    store = open_store(empty_url, tmp_path)
    with store.read() as db:
        context = MigrationContext.configure(db)
        found = [
            change
            for change in compare_metadata(context, metadata)
            if "clerkwork_revision" not in str(change)
        ]
    store.close()
    assert found == []


def test_a_store_that_is_opened_again_keeps_its_items(tmp_path: Path, store_url: str) -> None:
    """The second opening finds the tables and leaves what is in them."""
    first = open_store(store_url, tmp_path)
    item_id = add(first, "A-1")
    first.close()
    second = open_store(store_url, tmp_path)
    with second.read() as db:
        found = items.get(db, item_id)
    second.close()
    assert found is not None


def older(tmp_path: Path, url: str, revision: str) -> Store:
    """Return a store as a version of before left it."""
    store = Store(_create(url, tmp_path))
    config = Config()
    config.set_main_option("script_location", "clerkwork.store:migrations")
    with store.write() as db:
        if store.engine.dialect.name == "postgresql":  # the tests' databases have the tables
            db.execute(sa.text("DROP SCHEMA public CASCADE"))
            db.execute(sa.text("CREATE SCHEMA public"))
        config.attributes["connection"] = db
        command.upgrade(config, revision)
    return store


def test_effects_of_an_older_store_are_its_first_acts(tmp_path: Path, empty_url: str) -> None:
    """What was entered stays known; which kind of record it was, nobody knows."""
    before = older(tmp_path, empty_url, "0005")
    receipt = {"confirmation": "C-1", "reference": "A-1", "differences": []}
    with before.write() as db:
        table = sa.Table("effect", sa.MetaData(), autoload_with=db)
        old = {"target": "erp", "key": "A-1", "name": "orders: enter", "item_id": 1, "digest": "d"}
        times = {"intent_ms": 1, "sent_ms": 2, "sent_review": 3, "confirmed_ms": 4}
        values = {"state": "confirmed", "receipt": receipt, "value": {"number": "A-1"}}
        db.execute(table.insert().values(**old, **times, **values))
    before.close()
    store = open_store(empty_url, tmp_path)
    with store.read() as db:
        row = effects.get(db, "erp", "A-1")
    store.close()
    assert row == Effect(
        target="erp",
        key="A-1",
        no=1,
        record=None,
        name="orders: enter",
        item_id=1,
        digest="d",
        value={"number": "A-1"},
        model=None,
        sent=from_ms(2),
        sent_review=3,
        confirmed=from_ms(4),
        receipt=receipt,
    )


def test_references_of_an_older_store_are_spelled_in_one_way(
    tmp_path: Path, empty_url: str
) -> None:
    """An order that comes again is known; two items that exist both keep their names."""
    before = older(tmp_path, empty_url, "0009")
    spellings = ["A-1 ", "B-1", " B-1", "E\u0301"]
    for reference in spellings:
        number = add(before, "x")
        with before.write() as db:
            db.execute(item.update().where(item.c.id == number).values(reference=reference))
    with before.write() as db:
        for key in spellings:
            effects.intend(
                db, target="erp", key=key, record="r", name="n", item_id=1, digest="d", now=NOW
            )
    before.close()
    store = open_store(empty_url, tmp_path)
    with store.read() as db:
        references = list(db.execute(sa.select(item.c.reference).order_by(item.c.id)).scalars())
        acts = [len(effects.of_key(db, "erp", key)) for key in ("A-1", "B-1", "\u00c9")]
    store.close()
    assert (references, acts) == (["A-1", "B-1", " B-1", "\u00c9"], [1, 2, 1])


def test_group_key_of_an_item_at_work_in_an_older_store_counts_in_its_workflow(
    tmp_path: Path, empty_url: str
) -> None:
    """A second item of the group waits for the first; another workflow's item does not."""
    before = older(tmp_path, empty_url, "0012")
    with before.write() as db:
        for name, workflow in (("A-1", "work"), ("A-2", "work"), ("A-3", "next")):
            new = NewItem(workflow=workflow, reference=name, payload={}, group_key="north")
            items.add(db, new, queue="q", digest="d", state=ItemState.WAITING, now=NOW)
        db.execute(item.update().where(item.c.id == 1).values(state=ItemState.RUNNING))
    before.close()
    store = open_store(empty_url, tmp_path)
    with store.write() as db:
        other = transitions.reserve(db, 3, worker="w", now=NOW)
    with pytest.raises(sa.exc.IntegrityError), store.write() as db:
        transitions.reserve(db, 2, worker="w", now=NOW)
    store.close()
    assert other is not None


def test_store_of_a_newer_version_is_refused_in_a_sentence(tmp_path: Path, store_url: str) -> None:
    """It names the remedy; nothing is changed."""
    store = open_store(store_url, tmp_path)
    with store.write() as db:
        db.execute(sa.text("UPDATE clerkwork_revision SET version_num = '9999'"))
    store.close()
    with pytest.raises(ConfigError, match="needs a newer version of Clerkwork: its tables are at"):
        open_store(store_url, tmp_path)


def test_sqlite_is_durable_against_power_cuts(tmp_path: Path) -> None:
    """Write-ahead log with a full sync at each commit, and no memory-mapped file."""
    store = open_store("sqlite:///new.db", tmp_path)
    with store.read() as db:
        pragmas = ("journal_mode", "synchronous", "mmap_size", "foreign_keys")
        found = [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in pragmas]
    store.close()
    assert found == ["wal", 2, 0, 1]


def test_threads_of_one_process_write_one_after_the_other(tmp_path: Path) -> None:
    """A writer goes on as soon as the one before it has rolled back, well within its patience."""
    store = open_store("sqlite:///store.db", tmp_path)
    order: list[str] = []

    def second() -> None:
        with store.write() as db:
            db.exec_driver_sql("PRAGMA user_version = 1")
            order.append("second")

    thread = threading.Thread(target=second)

    def first() -> None:
        with store.write():
            thread.start()
            order.append("first")
            raise PermissionError

    with pytest.raises(PermissionError):
        first()
    thread.join(BUSY_TIMEOUT_MS / 1000 / 2)
    alive = thread.is_alive()
    store.close()
    assert (order, alive) == (["first", "second"], False)


def test_postgresql_is_durable_against_power_cuts(tmp_path: Path, postgres_url: str) -> None:
    """A server that acknowledges commits early is set to wait for the disk."""
    hasty = make_url(postgres_url)
    before = open_store(postgres_url, tmp_path)
    with before.write() as db:
        db.exec_driver_sql(f'ALTER DATABASE "{hasty.database}" SET synchronous_commit = off')
    before.close()
    store = open_store(postgres_url, tmp_path)
    with store.read() as db:
        found = [db.exec_driver_sql(f"SHOW {name}").scalar() for name in ("synchronous_commit",)]
        level = db.get_isolation_level()
    store.close()
    assert (found, level) == (["on"], "READ COMMITTED")


@pytest.mark.parametrize("url", ["nonsense", "mysql://host/db", "sqlite://"])
def test_an_address_that_is_no_store_is_one_clear_error(url: str, tmp_path: Path) -> None:
    """The sentence names the setting."""
    with pytest.raises(ConfigError, match=r"^setting store\.url: "):
        open_store(url, tmp_path)


@pytest.mark.parametrize("state", list(ItemState))
def test_only_states_of_the_transition_table_can_be_reserved(
    store: Store, state: ItemState
) -> None:
    """An item is reserved exactly from the states that may move to running."""
    item_id = add(store, "A-1", state)
    with store.write() as db:
        reserved = transitions.reserve(db, item_id, worker="w", now=NOW)
    assert (reserved is not None) == (ItemState.RUNNING in MOVES[state])


@pytest.mark.parametrize("state", [s for s in ItemState if s is not ItemState.RUNNING])
def test_only_a_running_item_can_be_completed_postponed_or_sent_to_a_person(
    store: Store, state: ItemState
) -> None:
    """Every other state refuses, and keeps its state."""
    item_id = add(store, "A-1", state)
    with store.write() as db:
        moved = [
            transitions.complete(db, item_id, 0, result=None, now=NOW),
            transitions.send_to_review(db, item_id, 0, code="c", reason="r", now=NOW),
            transitions.postpone(
                db, item_id, 0, not_before=NOW, code="c", reason="r", failed=False, now=NOW
            ),
        ]
        found = items.get(db, item_id)
    assert found is not None
    assert (moved, found.state) == ([False, False, False], state)


def test_an_earlier_attempt_can_not_end_an_item(store: Store) -> None:
    """A worker that was taken over is fenced out by its attempt."""
    item_id = add(store, "A-1")
    with store.write() as db:
        transitions.reserve(db, item_id, worker="first", now=NOW)
        transitions.reserve(db, item_id, worker="second", now=NOW)
        ended = [
            transitions.complete(db, item_id, attempt, result=None, now=NOW) for attempt in (1, 2)
        ]
    assert ended == [False, True]


def test_the_seconds_of_a_bot_are_the_time_from_reservation_to_release(store: Store) -> None:
    """Postponed time in between does not count."""
    item_id = add(store, "A-1")
    later = NOW + timedelta(hours=1)
    with store.write() as db:
        transitions.reserve(db, item_id, worker="w", now=NOW)
        transitions.postpone(
            db,
            item_id,
            1,
            not_before=later,
            code="c",
            reason="r",
            failed=True,
            now=NOW + timedelta(seconds=2),
        )
        transitions.reserve(db, item_id, worker="w", now=later)
        transitions.complete(db, item_id, 2, result=None, now=later + timedelta(seconds=3))
        found = items.get(db, item_id)
    assert found is not None
    assert found.bot_ms == 5000


def test_an_instant_that_is_not_run_is_never_open(store: Store) -> None:
    """One statement claims it and gives the reason; a second claim finds it settled."""
    state, reason = PlannedState.MERGED, "merged into the next"
    with store.write() as db:
        taken = [
            planned_runs.settle(
                db, "orders", NOW, worker=worker, state=state, reason=reason, now=NOW
            )
            for worker in ("a", "b")
        ]
        row = planned_runs.get(db, "orders", NOW)
    assert row is not None
    assert (taken, row.state, row.reason, row.worker) == ([True, False], state, reason, "a")


def test_a_planned_instant_is_claimed_once(store: Store) -> None:
    """The second claim of the same schedule and instant is refused."""
    with store.write() as db:
        claims = [
            planned_runs.claim(db, "orders", NOW, worker=worker, now=NOW) for worker in ("a", "b")
        ]
    assert claims == [True, False]


def test_a_silent_worker_is_not_alive(store: Store) -> None:
    """Only workers whose last sign of life is recent are listed."""
    with store.write() as db:
        workers.register(db, "old", host="h", pid=1, now=NOW - timedelta(minutes=5))
        workers.register(db, "new", host="h", pid=2, now=NOW)
        alive = workers.alive(db, since=NOW - timedelta(seconds=15))
    assert [worker.name for worker in alive] == ["new"]


def test_a_worker_is_listed_with_the_items_that_it_works_on(store: Store) -> None:
    """An item is listed from its reservation until it waits again."""
    first, second = (add(store, reference) for reference in ("A-1", "A-2"))
    with store.write() as db:
        for item_id in (first, second):
            transitions.reserve(db, item_id, worker="w", now=NOW)
        both = workers.at_work(db)
        transitions.postpone(
            db, first, 1, not_before=NOW, code="c", reason="r", failed=False, now=NOW
        )
        one = workers.at_work(db)
    assert (both, one) == ({"w": ["A-1", "A-2"]}, {"w": ["A-2"]})


def test_an_item_taken_and_postponed_again_is_not_set_to_waiting(
    store: Store,
) -> None:
    """Its queue entry is gone, so a late sweep must not call it waiting: it would wait for ever."""
    item_id = add(store, "A-1", ItemState.POSTPONED)
    with store.write() as db:
        transitions.reserve(db, item_id, worker="quick", now=NOW)
        transitions.postpone(
            db, item_id, 1, not_before=NOW, code="c", reason="r", failed=False, now=NOW
        )
        marked = [transitions.to_waiting(db, item_id, revision, now=NOW) for revision in (0, 1, 2)]
    assert marked == [False, False, True]


def test_broken_execution_is_put_back_and_a_newer_one_is_left_at_work(store: Store) -> None:
    """The attempt was seen before the execution was found to be broken off."""
    item_id = add(store, "A-1")
    with store.write() as db:
        transitions.reserve(db, item_id, worker="first", now=NOW)
        (seen,) = repairs.at_work(db)
        newer = transitions.reserve(db, item_id, worker="second", now=NOW)
        assert newer is not None
        late = repairs.put_back(db, seen, now=NOW)
        between = items.get(db, item_id)
        broken = repairs.put_back(db, *repairs.at_work(db), now=NOW)
    assert (late, between, broken) == (False, newer, True)
