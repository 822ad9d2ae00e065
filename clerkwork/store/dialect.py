"""SQLAlchemy's SQLite dialect on the ``pysqlite3`` driver, as ``sqlite+clerkwork://``.

A dialect and not only a driver argument, so that a library which is given nothing but an address
opens the file with the same SQLite library as we do.
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
    """The stock dialect with another driver module, whose threads write one after the other.

    SQLite has one writer at a time. A second one sleeps, up to 100 ms at once, and looks again, so
    the file lies idle while a process's threads wait for each other; here the next one begins at
    once, and several commit together. Other processes wait as SQLite does.

    A transaction begins here and not in a listener to SQLAlchemy's event: an engine with one
    listener looks for others at every statement, which is a tenth of what a statement costs.

    Attributes:
        turns: Who of the process's threads writes.
        check_file: Called before each new connection; an error of it is the connection's.
    """

    supports_statement_cache = True

    def __init__(self, patience_s: float | None = None, **options: Any) -> None:
        """Prepare the dialect.

        Args:
            patience_s: How long a transaction waits for the write lock, which it takes when it
                begins; None: the driver begins transactions as it sees fit.
            options: Those of the stock dialect.
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
        """Return a connection that takes turns with this process's others."""
        self.check_file()
        return Connection(dbapi2.connect(*arguments, **options), self.turns)

    def do_begin(self, dbapi_connection: Any) -> None:
        """Begin a transaction that writes, unless one that only reads was begun already."""
        ours: Connection = dbapi_connection.driver_connection
        if self._patience_s is not None and not ours.in_transaction:
            ours.begin(self._patience_s)


registry.register("sqlite.clerkwork", "clerkwork.store.dialect", "Dialect")
