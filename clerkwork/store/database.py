"""Opens the store: a SQLite file by default, PostgreSQL by its address.

SQLite is opened through ``pysqlite3``, because the library that Debian links can corrupt files in
write-ahead mode (fixed in SQLite 3.51.3). Every writing transaction takes the write lock when it
begins: a transaction that reads first and writes later would count before it locks. PostgreSQL runs
at READ COMMITTED: there a transaction that reads a row and then acts on it locks the row first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from pysqlite3 import dbapi2 as pysqlite
from sqlalchemy.engine import URL, Connection, Engine, make_url

from clerkwork.errors import ConfigError
from clerkwork.store import dialect
from clerkwork.store.grouping import Connection as Grouped

OLDEST_SQLITE = (3, 51, 3)
BUSY_TIMEOUT_MS = 30_000


class Store:
    """The open store.

    Attributes:
        engine: The SQLAlchemy engine, shared with the execution engine so that an item and its
            queue entry are one commit.
        url: The address without its password, for people.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.url = engine.url.render_as_string(hide_password=True)
        self._reading = engine.execution_options(reading=True)

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Open a transaction that may write; it commits at the end and rolls back on an error."""
        with self.engine.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Open a transaction that only reads and holds up no writer."""
        with self._reading.begin() as connection:
            yield connection

    def close(self) -> None:
        """Close every connection."""
        self.engine.dispose()


def open_store(url: str, root: Path) -> Store:
    """Open the store at *url*, create what is missing in it, and bring it up to date.

    Args:
        url: A SQLAlchemy address; the path of a SQLite file is relative to *root*.
        root: The project's folder.

    Raises:
        ConfigError: The address is not usable; names the setting and the remedy.
    """
    engine = _create(url, root)
    try:
        with engine.begin() as connection:
            migrate(connection)
    except sa.exc.SQLAlchemyError as error:
        raise ConfigError(
            "setting store.url", f"cannot open {engine.url!r}: {_first_line(error)}"
        ) from error
    return Store(engine)


def migrate(connection: Connection) -> None:
    """Bring the tables to the newest revision; a second caller waits and finds nothing to do."""
    config = Config()
    config.set_main_option("script_location", "clerkwork.store:migrations")
    config.attributes["connection"] = connection
    if connection.dialect.name == "postgresql":
        connection.execute(sa.text("SELECT pg_advisory_xact_lock(6206)"))
    command.upgrade(config, "head")


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
    """Return the file of a SQLite address."""
    return (root / str(make_url(url).database)).resolve()


def _create_postgresql(address: URL) -> Engine:
    engine = sa.create_engine(
        address.set(drivername="postgresql+psycopg"),
        pool_pre_ping=True,
        pool_size=10,
        max_overflow=20,
        isolation_level="READ COMMITTED",  # what our statements are written for
    )
    sa.event.listen(engine, "connect", _wait_for_the_disk)
    return engine


def _wait_for_the_disk(connection: Any, _record: object) -> None:
    """Undo a server's ``synchronous_commit=off``: it acknowledges what a power cut takes back."""
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
    file.parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(
        address.set(drivername=dialect.NAME, database=str(file)), pool_size=20, max_overflow=40
    )
    sa.event.listen(engine, "connect", _prepare)
    sa.event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's begin event opens transactions, not the driver
    for pragma in (
        f"busy_timeout={BUSY_TIMEOUT_MS}",
        "foreign_keys=on",
        "journal_mode=wal",
        "synchronous=full",  # NORMAL loses acknowledged commits at a power cut
        "journal_size_limit=67108864",
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("reading", False):
        connection.exec_driver_sql("BEGIN")
    else:
        ours = cast(Grouped, connection.connection.driver_connection)
        ours.begin(BUSY_TIMEOUT_MS / 1000)


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]
