"""SQLAlchemy's SQLite dialect on the ``pysqlite3`` driver, as ``sqlite+clerkwork://``.

A dialect and not only a driver argument, so that a library which is given nothing but an address
opens the file with the same SQLite library as we do.
"""

from types import ModuleType
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

from clerkwork.store.grouping import Connection, Turns

NAME = "sqlite+clerkwork"


class Dialect(SQLiteDialect_pysqlite):
    """The stock dialect with another driver module, whose threads write one after the other.

    SQLite has one writer at a time. A second one sleeps, up to 100 ms at once, and looks again, so
    the file lies idle while a process's threads wait for each other; here the next one begins at
    once, and several commit together. Other processes wait as SQLite does.
    """

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.turns = Turns()

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the driver module."""
        module: ModuleType = dbapi2
        return module

    def connect(self, *arguments: Any, **options: Any) -> Any:
        """Return a connection that takes turns with this process's others."""
        return Connection(dbapi2.connect(*arguments, **options), self.turns)


registry.register("sqlite.clerkwork", "clerkwork.store.dialect", "Dialect")
