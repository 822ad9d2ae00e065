"""Opens the store: a SQLite file by default, or PostgreSQL when the address says so.

SQLite is opened through ``pysqlite3``, because the library in Debian can corrupt files in
write-ahead mode (fixed in SQLite 3.51.3). Every writing transaction takes the write lock when it
begins: a transaction that reads first and locks later would act on outdated data. PostgreSQL runs
at READ COMMITTED: a transaction that acts on a row it reads locks the row first.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pysqlite3 import dbapi2 as pysqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url

from clerkwork.errors import ConfigError, StoreLost
from clerkwork.store import dialect, identity
from clerkwork.store.commit_group import Connection as Grouped
from clerkwork.store.file_watch import FileWatch

OLDEST_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 30_000
REVISION = "clerkwork_revision"  # the table in which Alembic records the revision


class Store:
    """The open store.

    Attributes:
        engine: The SQLAlchemy engine, shared with the execution engine so that an item and its
            queue entry are one commit.
        url: The address without its password, for people.
        id: The id of the store when it was opened.
        stands_for_none: The project has no store yet; this one is empty and temporary.
    """

    def __init__(self, engine: Engine, store_id: str = "", watch: FileWatch | None = None) -> None:
        self.engine = engine
        self.url = engine.url.render_as_string(hide_password=True)
        self.id = store_id
        self.stands_for_none = False
        self._watch = watch
        self._afterwards: list[Callable[[], None]] = []

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits at the end and rolls back on an error.

        Raises:
            StoreLost: The commit went into a file that was deleted or replaced.
        """
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads, and does not block writers."""
        with _reading(self.engine) as connection:
            yield connection

    def check(self) -> None:
        """Check that the store is still the one that was opened.

        A server that does not answer does not count as lost.

        Raises:
            StoreLost: The store was deleted, replaced or overwritten.
        """
        if self._watch is not None:
            self._watch.check_content(self.id)
            return
        try:
            with self.read() as db:
                found = identity.history(db)[-1:]
        except sa.exc.OperationalError:
            return
        if found != [self.id]:
            raise StoreLost(f"{self.url} was dropped or replaced while this process used it.")

    def explain(self, lost: StoreLost, *, now: datetime) -> StoreLost:
        """Save the content of a lost file, and return the error with a remedy."""
        saved = None
        if self._watch is not None:
            file = self._watch.file
            name = f"{file.name}.rescued-{now:%Y%m%dT%H%M%SZ}-{os.getpid()}"
            saved = file.with_name(name)
            if not self._watch.rescue(saved):
                saved = None
        remedy = "Go back to a backup: `clerkwork restore FILE`."
        if saved is not None:
            remedy = f"What it held is saved: move {saved} to its place, or restore a backup."
        return StoreLost(
            f"{lost} Nothing that came since was acknowledged; this process ends. "
            f"End every process of the project. {remedy}"
        )

    def when_closed(self, then: Callable[[], None]) -> None:
        """Call *then* after the store is closed."""
        self._afterwards.append(then)

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()
        if self._watch is not None:
            self._watch.close()
        while self._afterwards:
            self._afterwards.pop()()


def open_store(url: str, root: Path, *, known: str = "") -> Store:
    """Open the store at *url*, create missing tables, and upgrade it to the newest revision.

    Args:
        url: A SQLAlchemy address; the path of a SQLite file is relative to *root*.
        root: The project's folder.
        known: A present or former id of the store; empty: the store may not exist yet.

    Raises:
        ConfigError: The address is not usable; names the setting and the remedy.
        StoreLost: There is no store, or it never had the id *known*.
    """
    engine = _create(url, root)
    try:
        if known:
            _insist(engine, known)
        if engine.dialect.name == "sqlite":
            Path(str(engine.url.database)).parent.mkdir(parents=True, exist_ok=True)
        with engine.begin() as connection:
            migrate(connection)
            store_id = identity.current(connection) or identity.renew(connection)
        return Store(engine, store_id, _watch(engine))
    except sa.exc.SQLAlchemyError as error:
        raise _cannot_open(engine, error) from error
    except (ConfigError, StoreLost):
        engine.dispose()
        raise


def exists(url: str, root: Path) -> bool:
    """Return whether there is a store at *url*; creates nothing.

    Raises:
        ConfigError: The address is not usable.
    """
    engine = _create(url, root)
    try:
        if not _is_there(engine):
            return False
        with _reading(engine) as connection:
            return sa.inspect(connection).has_table(REVISION)
    except sa.exc.SQLAlchemyError as error:
        raise _cannot_open(engine, error) from error
    finally:
        engine.dispose()


def _cannot_open(engine: Engine, error: sa.exc.SQLAlchemyError) -> ConfigError:
    said = f"cannot open {engine.url!r}: {str(error).splitlines()[0]}"
    return ConfigError("setting store.url", said)


@contextmanager
def _reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that only reads, and does not block writers."""
    with engine.connect() as connection:
        if isinstance(engine.dialect, dialect.Dialect):
            cast(Grouped, connection.connection.driver_connection).own.execute("BEGIN")
        with connection.begin():
            yield connection


def _is_there(engine: Engine) -> bool:
    """Return False if the file of a SQLite store is missing; connecting would create it."""
    return engine.dialect.name != "sqlite" or Path(str(engine.url.database)).exists()


def _insist(engine: Engine, known: str) -> None:
    shown = engine.url.render_as_string(hide_password=True)
    ids: list[str] | None = None
    if _is_there(engine):
        with _reading(engine) as connection:
            if sa.inspect(connection).has_table(REVISION):
                ids = identity.history(connection)
    if ids is None:
        raise StoreLost(
            f"{shown}: the store of this project is gone. Put it back, or go back to a backup: "
            "`clerkwork restore FILE`. `clerkwork store new` begins an empty one."
        )
    if known not in ids:
        raise StoreLost(
            f"{shown} is not the store that this project had, but a copied backup or another "
            "store. Put the right one back, or go back to a backup: `clerkwork restore FILE`; "
            "it looks up in the targets what was entered since."
        )


def _watch(engine: Engine) -> FileWatch | None:
    """Make every commit and every new connection of a SQLite store check its file."""
    if not isinstance(engine.dialect, dialect.Dialect):
        return None
    watch = FileWatch(Path(str(engine.url.database)))
    engine.dialect.turns.committed = engine.dialect.check_file = watch.check
    return watch


def migrate(connection: Connection) -> None:
    """Upgrade the tables to the newest revision; a second caller waits and finds nothing to do.

    Raises:
        ConfigError: A newer version created the store.
    """
    config = Config()
    config.set_main_option("script_location", "clerkwork.store:migrations")
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(6206)"))
    _refuse_newer(connection, ScriptDirectory.from_config(config))
    command.upgrade(config, "head")


def _refuse_newer(connection: Connection, scripts: ScriptDirectory) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": REVISION})
    known = {script.revision for script in scripts.walk_revisions()}
    if newer := sorted(set(context.get_current_heads()) - known):
        raise ConfigError(
            "setting store.url",
            "this store needs a newer version of Clerkwork: its tables are at revision"
            f" {newer[-1]}, this version knows them up to {max(known)}. Install the version that"
            " the store was last used with, or restore a backup of before the upgrade",
        )


def _create(url: str, root: Path) -> Engine:
    try:
        address = make_url(url)
    except sa.exc.ArgumentError:
        raise ConfigError("setting store.url", f"{url!r} is not a database address") from None
    if address.get_backend_name() == "postgresql":
        return _create_postgresql(address)
    if address.get_backend_name() != "sqlite" or not address.database:
        raise ConfigError("setting store.url", "write sqlite:///FILE or postgresql://…")
    return _create_sqlite(address, root)


def sqlite_file(url: str, root: Path) -> Path:
    """Return the path of the file in a SQLite address."""
    return (root / str(make_url(url).database)).resolve()


def _create_postgresql(address: URL) -> Engine:
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        isolation_level="READ COMMITTED",  # the statements in this package rely on it
    )
    sa.event.listen(engine, "connect", _wait_for_the_disk)
    return engine


def _wait_for_the_disk(connection: Any, _record: object) -> None:
    """Override a server's ``synchronous_commit=off``, which can lose commits in a power cut."""
    connection.autocommit = True
    connection.execute(
        "SELECT set_config('synchronous_commit', 'on', false)"
        " WHERE current_setting('synchronous_commit') = 'off'"
    )
    connection.autocommit = False


def _create_sqlite(address: URL, root: Path) -> Engine:
    if pysqlite.sqlite_version_info < OLDEST_SQLITE:
        raise ConfigError(
            "the SQLite library",
            f"version {pysqlite.sqlite_version} can corrupt the store; install pysqlite3>=0.6",
        )
    file = sqlite_file(address.render_as_string(), root)
    engine = sa.create_engine(
        address.set(drivername=dialect.NAME, database=str(file)),
        pool_size=20,
        max_overflow=40,
        patience_s=BUSY_TIMEOUT_MS / 1000,
    )
    sa.event.listen(engine, "connect", _prepare)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the dialect begins transactions, not the driver
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=on",
        "journal_mode=wal",
        "synchronous=full",  # NORMAL loses acknowledged commits in a power cut
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")
