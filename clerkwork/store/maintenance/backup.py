"""Makes consistent copies of the store, and restores them.

A copy is written under a temporary name, checked, made durable and then renamed. Its SHA-256 is
stored in a second file, in the format of ``sha256sum -c``. A restored store is fully prepared
before it replaces the present one, which is kept under another name.
"""

import contextlib
import hashlib
import os
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeVar

from pysqlite3 import dbapi2 as pysqlite
from sqlalchemy.engine import make_url

from clerkwork.clock import to_ms
from clerkwork.errors import ClerkworkError, UsageError
from clerkwork.store.database import Store, open_store, sqlite_file
from clerkwork.store.instants import Milestone, reach
from clerkwork.store.maintenance import postgres_backup
from clerkwork.store.runs import workers

T = TypeVar("T")
CHUNK = 1 << 20


def make(store: Store, file: Path, *, now: datetime) -> str:
    """Write a copy of the store to *file* and return its SHA-256.

    Raises:
        UsageError: The file already exists.
        ClerkworkError: The copy could not be made or is damaged; no file remains.
    """
    if file.exists():
        raise UsageError(f"{file} already exists; name another file")
    file.parent.mkdir(parents=True, exist_ok=True)
    with store.write() as db:
        reach(db, Milestone.BACKED_UP, now=now)
    part = file.with_name(f"{file.name}.part")
    part.unlink(missing_ok=True)
    try:
        if store.engine.dialect.name == "sqlite":
            _copy_sqlite(Path(str(store.engine.url.database)), part)
        else:
            postgres_backup.dump(store.engine.url, part)
        _sync(part)
        digest = _digest(part)
        beside = _beside(file)
        beside.write_text(f"{digest}  {file.name}\n", "utf-8")
        _sync(beside)
        part.rename(file)
        _sync(file.parent)
    finally:
        part.unlink(missing_ok=True)
    return digest


def verify(file: Path) -> str:
    """Check a copy and return its SHA-256.

    Raises:
        UsageError: The copy or its checksum is missing.
        ClerkworkError: The content does not match the checksum.
    """
    beside = _beside(file)
    for needed in (file, beside):
        if not needed.is_file():
            raise UsageError(f"{needed}: there is no such file; a backup consists of two files")
    digest = _digest(file)
    if beside.read_text("utf-8").split()[:1] != [digest]:
        raise ClerkworkError(f"{file} is damaged: its checksum is not the one in {beside.name}")
    return digest


def restore(
    url: str,
    root: Path,
    file: Path,
    *,
    prepare: Callable[[Store], T],
    lease: timedelta,
    now: datetime,
) -> T:
    """Replace the store at *url* by the copy in *file*.

    Args:
        url: The setting ``store.url``.
        root: The project's folder.
        file: A copy written by ``make``.
        prepare: Called with the restored store before any other process can open it.
        lease: A worker without a heartbeat for longer counts as dead.
        now: The present instant.

    Returns:
        The result of *prepare*.

    Raises:
        UsageError: Another process uses the present store.
        ClerkworkError: The copy is damaged; the present store is unchanged.
    """
    verify(file)
    _refuse_if_alive(url, root, lease=lease, now=now)
    stamp = f"{now:%Y%m%dT%H%M%SZ}"
    if make_url(url).get_backend_name() == "postgresql":
        return postgres_backup.restore(
            make_url(url), file, stamp=stamp, prepare=lambda address: _prepared(address, prepare)
        )
    return _restore_sqlite(sqlite_file(url, root), file, stamp, prepare)


def _restore_sqlite(store: Path, file: Path, stamp: str, prepare: Callable[[Store], T]) -> T:
    if holders := _holders(store):
        raise UsageError(f"process {holders[0]} has {store} open; end it, then restore")
    part = store.with_name(f"{store.name}.restoring")
    for left in _with_journals(part):
        left.unlink(missing_ok=True)
    store.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, part)
    _check_sqlite(part)
    result = _prepared(f"sqlite:///{part}", prepare)
    _sync(part)
    _keep(store, stamp)
    part.replace(store)  # atomic: after a crash either the old or the new store is there
    _sync(store.parent)
    return result


def _keep(store: Path, stamp: str) -> None:
    """Keep the present store under a second name, with its journal merged into it."""
    if not store.exists():
        return
    with contextlib.suppress(pysqlite.Error), contextlib.closing(pysqlite.connect(store)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    present, *journals = _with_journals(store)
    for old in (present, *journals):
        if old.exists():
            kept = f"{store.name}.before-{stamp}{old.name.removeprefix(store.name)}"
            os.link(old, old.with_name(kept))
    for journal in journals:  # left by an unreadable store: they must not be applied to the new one
        journal.unlink(missing_ok=True)
    _sync(store.parent)


def _prepared(url: str, prepare: Callable[[Store], T]) -> T:
    opened = open_store(url, Path())
    try:
        result = prepare(opened)
        if opened.engine.dialect.name == "sqlite":
            with opened.engine.connect() as connection:
                driver = connection.connection.driver_connection
                if driver is not None:
                    connection.rollback()
                    driver.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return result
    finally:
        opened.close()


def _refuse_if_alive(url: str, root: Path, *, lease: timedelta, now: datetime) -> None:
    if make_url(url).get_backend_name() == "sqlite" and not sqlite_file(url, root).exists():
        return
    try:
        store = open_store(url, root)
    except ClerkworkError:
        return  # an unreadable store is a reason to restore
    try:
        with store.read() as db:
            alive = workers.alive(db, since=now - lease)
    finally:
        store.close()
    if alive:
        one = alive[0]
        silent_s = (to_ms(now) - to_ms(one.beat)) // 1000
        raise UsageError(
            f"the worker {one.name} on {one.host} sent a heartbeat {silent_s} s ago; end every "
            f"process of the project, and if it was killed wait {lease.total_seconds():.0f} s"
        )


def _copy_sqlite(source: Path, target: Path) -> None:
    connection = pysqlite.connect(str(source), isolation_level=None)
    try:
        connection.execute("VACUUM INTO ?", (str(target),))
        with contextlib.closing(pysqlite.connect(str(target), isolation_level=None)) as copy:
            copy.execute("DELETE FROM identity")  # a copy is not a store until it is restored
    except pysqlite.Error as error:
        raise ClerkworkError(f"the store could not be copied to {target}: {error}") from error
    finally:
        connection.close()
    _check_sqlite(target)


def _check_sqlite(file: Path) -> None:
    try:
        connection = pysqlite.connect(f"file:{file}?mode=ro", uri=True)
        try:
            said = connection.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            connection.close()
    except pysqlite.Error as error:
        said = str(error)
    if said != "ok":
        raise ClerkworkError(f"{file} is damaged: {said}")


def _holders(file: Path) -> list[int]:
    """Return the other processes of this host that have *file* open."""
    found = []
    for place in Path("/proc").glob("[0-9]*/fd/*"):
        try:
            same = str(place.readlink()) == str(file)
        except OSError:  # it has ended, or belongs to another user
            continue
        if same and int(place.parts[2]) != os.getpid():
            found.append(int(place.parts[2]))
    return found


def _with_journals(file: Path) -> list[Path]:
    return [file.with_name(f"{file.name}{end}") for end in ("", "-wal", "-shm")]


def _beside(file: Path) -> Path:
    return file.with_name(f"{file.name}.sha256")


def _digest(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while chunk := content.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def _sync(place: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(place, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
