"""A store that is deleted, replaced or overwritten: nothing is acknowledged, everything stops."""

import os
import shutil
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from clerkwork.config.settings import Settings, StoreSettings
from clerkwork.errors import StoreLost, UsageError
from clerkwork.store import identity
from clerkwork.store.database import Store, exists, open_store
from clerkwork.store.items import items
from clerkwork.store.maintenance import backup
from clerkwork.store.maintenance.recovery import mark_restored
from clerkwork.store.own_store import begin_anew, open_own, remembered
from tests.fixtures_cli import SMALL, Shell, call
from tests.unit.test_store import NOW, add

URL = "sqlite:///store.db"
SETTINGS = Settings(store=StoreSettings(url=URL))
AT = datetime(2026, 11, 30, 12, tzinfo=UTC)


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Store]:
    with closing(open_own(SETTINGS, tmp_path)) as store:
        yield store


def delete(root: Path) -> None:
    for file in root.glob("store.db*"):
        file.unlink()


def replace(root: Path) -> None:
    """Put a copy in the place of the store, as `mv` does."""
    shutil.copy(root / "store.db", root / "copy.db")
    (root / "copy.db").replace(root / "store.db")


def overwrite(root: Path) -> None:
    """Write the content of another store into the file, as `cp` does."""
    with closing(open_store("sqlite:///other.db", root)):
        pass
    with closing(dbapi2.connect(str(root / "store.db"))) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    (root / "store.db").write_bytes((root / "other.db").read_bytes())


@pytest.mark.parametrize("lose", [delete, replace])
def test_commit_into_a_lost_file_is_an_error(opened, tmp_path, lose):
    """What is acknowledged is in the file that is at the path."""
    lose(tmp_path)
    with pytest.raises(StoreLost, match="while this process worked with it"):
        add(opened, "A-1")


@pytest.mark.parametrize("lose", [delete, replace, overwrite])
def test_lost_file_is_noticed_without_a_commit(opened, tmp_path, lose):
    """Every long-running process asks twice a second."""
    lose(tmp_path)
    with pytest.raises(StoreLost):
        opened.check()


def test_lost_file_is_not_created_again_by_a_new_connection(opened, tmp_path):
    """A deleted store stays deleted until a person did something."""
    delete(tmp_path)
    opened.engine.dispose()
    with pytest.raises(StoreLost), opened.read():
        pass
    assert not (tmp_path / "store.db").exists()


def test_content_of_a_deleted_file_is_saved(opened, tmp_path):
    """The last process that has it open writes it to a file that can be moved to its place."""
    add(opened, "A-1")
    delete(tmp_path)
    said = str(opened.explain(StoreLost("gone."), now=AT))
    opened.close()
    (saved,) = tmp_path.glob("store.db.rescued-20261130T120000Z-*")
    saved.rename(tmp_path / "store.db")
    with closing(open_own(SETTINGS, tmp_path)) as again, again.read() as db:
        found = [item.reference for item in items.search(db, items.Filter())]
    assert (str(saved) in said, found) == (True, ["A-1"])


def test_dropped_or_replaced_store_on_a_server_is_noticed(tmp_path, store_url):
    """Recreated tables have another id."""
    with closing(open_store(store_url, tmp_path)) as store:
        with store.write() as db:
            identity.renew(db)
        with pytest.raises(StoreLost):
            store.check()


def test_project_whose_store_is_gone_gets_no_new_one(opened, tmp_path):
    """An empty store would take every known order for new."""
    opened.close()
    delete(tmp_path)
    with pytest.raises(StoreLost, match="clerkwork store new"):
        open_own(SETTINGS, tmp_path)
    assert not (tmp_path / "store.db").exists()


def test_two_processes_may_open_the_first_store_at_once(tmp_path, monkeypatch):
    """As when a service manager starts worker and console together."""
    fsync = os.fsync

    def let_another_come(handle):
        monkeypatch.setattr(os, "fsync", fsync)
        open_own(SETTINGS, tmp_path).close()
        fsync(handle)

    monkeypatch.setattr(os, "fsync", let_another_come)
    with closing(open_own(SETTINGS, tmp_path)) as first:
        assert remembered(SETTINGS, tmp_path) == first.id


def test_copy_of_a_backup_is_not_taken_for_the_store(opened, tmp_path):
    """Only `restore` may put it there: it looks up what was entered since."""
    backup.make(opened, tmp_path / "copy", now=NOW)
    opened.close()
    delete(tmp_path)
    shutil.copy(tmp_path / "copy", tmp_path / "store.db")
    with pytest.raises(StoreLost, match="clerkwork restore"):
        open_own(SETTINGS, tmp_path)


def test_restored_store_is_accepted_and_remembered(opened, tmp_path):
    """Its id is new, and it knows the one that it succeeds."""
    backup.make(opened, tmp_path / "copy", now=NOW)
    opened.close()

    def prepare(store: Store) -> None:
        with store.write() as db:
            mark_restored(db, now=NOW, succeeds=remembered(SETTINGS, tmp_path))

    lease = 15 * (AT - AT)
    backup.restore(URL, tmp_path, tmp_path / "copy", prepare=prepare, lease=lease, now=NOW)
    with closing(open_own(SETTINGS, tmp_path)) as after:
        assert remembered(SETTINGS, tmp_path) == after.id != opened.id


def test_empty_store_is_begun_only_where_none_is(opened, tmp_path):
    """A person says so, and a store that is there is not touched."""
    with pytest.raises(UsageError, match="has a store"):
        begin_anew(SETTINGS, tmp_path)
    opened.close()
    delete(tmp_path)
    begin_anew(SETTINGS, tmp_path).close()
    with closing(open_own(SETTINGS, tmp_path)) as after:
        assert after.id != opened.id


def test_reader_of_a_project_without_a_store_creates_none(tmp_path):
    """It sees an empty one."""
    with closing(open_own(SETTINGS, tmp_path, create=False)) as store, store.read() as db:
        found = items.count(db, items.Filter())
    assert (found, exists(URL, tmp_path), list(tmp_path.iterdir())) == (0, False, [])


def test_listing_of_a_new_project_is_empty_and_creates_no_store(tmp_path):
    """Reading changes nothing; the first start creates the store."""
    root = tmp_path / "new"
    call("new", root)
    said = Shell(root)("items", "--json")
    assert (said.data, (root / "var").exists()) == ([], False)


def test_restore_without_the_store_of_before_looks_everything_up(worked: Shell, tmp_path):
    """A deleted store is not an empty one: nobody knows what was entered since the backup."""
    copy = tmp_path / "copy"
    assert worked("queue", "answer", 1, "--set", "amount=90").status == 0
    assert worked("backup", copy).status == 0
    for file in (worked.root / "var").glob("clerkwork.db*"):
        file.unlink()
    refused = worked("run", "expenses", SMALL)
    restored = worked("restore", copy)
    again = worked("items", "--json")
    assert (refused.status, "is gone" in refused.err) == (1, True)
    assert ("There is no current store" in restored.err, restored.status, len(again.data)) == (
        True,
        0,
        2,
    )


@pytest.mark.parametrize("command", ["work", "dev"])
def test_worker_and_console_end_when_the_store_is_deleted(worked: Shell, command):
    """Within seconds, with status 1 and a sentence that names the saved file."""
    options = ["--port", "0"] if command == "dev" else ["--name", "w-1"]
    with worked.started(command, *options) as process:
        process.until("Ctrl+C ends it")
        shutil.rmtree(worked.root / "var")
        said = process.until("Nothing that came since was acknowledged")
        status = process.popen.wait(20)
    (saved,) = (worked.root / "var").glob("clerkwork.db.rescued-*")
    assert (status, "was deleted" in said, str(saved) in said) == (1, True, True)
