"""SQLAlchemy's SQLite dialect on the ``pysqlite3`` driver, as ``sqlite+clerkwork://``.

It is a dialect and not only a driver argument, so that a library that is given only the address
also opens the file with this SQLite library.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from clerkwork.store.commit_group import Connection, Turns

NAME = "sqlite+clerkwork"


class Dialect(SQLiteDialect_pysqlite):
    """The stock dialect on another driver, with writing threads queued within the process.

    SQLite has one writer at a time. A waiting writer sleeps up to 100 ms before it tries again, so
    the file would be idle while threads of one process wait for each other. Here the next thread
    starts at once, and several threads commit together. Other processes wait as usual in SQLite.

    Transactions begin here and not in a SQLAlchemy event listener: with one listener, SQLAlchemy
    checks for others at every statement, which costs a tenth of the statement.

    Attributes:
        turns: Decides which thread of the process writes.
        check_file: Called before each new connection; its error fails the connection.
    """

    supports_statement_cache = True

    def __init__(self, patience_s: float | None = None, **options: Any) -> None:
        """Prepare the dialect.

        Args:
            patience_s: How long a transaction waits for the write lock, which it takes when it
                begins; None: the driver begins transactions by its own rules.
            options: Options of the stock dialect.
        """
        super().__init__(**options)
        self.turns = Turns()
        self.check_file: Callable[[], None] = lambda: None
        self._patience_s = patience_s

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the driver module."""
        module: ModuleType = dbapi2
        return module

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Return a connection that shares the write queue of this process."""
        self.check_file()
        return Connection(dbapi2.connect(*arguments, **options), self.turns)

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a writing transaction, unless a reading one has begun already."""
        ours: Connection = dbapi_connection.driver_connection
        if self._patience_s is not None and not ours.in_transaction:
            ours.begin(self._patience_s)


registry.register("sqlite.clerkwork", "clerkwork.store.dialect", "Dialect")
