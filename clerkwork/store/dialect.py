"""SQLAlchemy's SQLite dialect on the ``pysqlite3`` driver, as ``sqlite+clerkwork://``.

A dialect and not only a driver argument, so that a library which is given nothing but an address
opens the file with the same SQLite library as we do.
"""

import threading
from types import ModuleType
from typing import Any

from pysqlite3 import dbapi2
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.pool import PoolProxiedConnection

NAME = "sqlite+clerkwork"


class Dialect(SQLiteDialect_pysqlite):
    """The stock dialect with another driver module, whose threads write one after the other.

    SQLite has one writer at a time. A second one sleeps, up to 100 ms at once, and looks again, so
    the file lies idle while a process's threads wait for each other; here the next one begins when
    the last has committed. Other processes wait as SQLite does.
    """

    supports_statement_cache = True

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._turn = threading.Lock()
        self._writer: object = self  # a connection, or this object: nobody

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the driver module."""
        module: ModuleType = dbapi2
        return module

    def await_turn(self, connection: PoolProxiedConnection, patience_s: float) -> None:
        """Wait until no other connection of this process writes; then *connection* does.

        When the patience ends it goes on all the same: SQLite's own lock has the last word.
        """
        if self._turn.acquire(timeout=patience_s):
            self._writer = connection.driver_connection

    def do_commit(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Commit, and let the next writer begin."""
        super().do_commit(dbapi_connection)  # type: ignore[no-untyped-call]  # SQLAlchemy's base
        self._end_turn(dbapi_connection)

    def do_rollback(self, dbapi_connection: PoolProxiedConnection) -> None:
        """Roll back, and let the next writer begin."""
        try:
            super().do_rollback(dbapi_connection)  # type: ignore[no-untyped-call]  # as above
        finally:
            self._end_turn(dbapi_connection)

    def _end_turn(self, connection: PoolProxiedConnection) -> None:
        if self._writer is connection.driver_connection:
            self._writer = self
            self._turn.release()


registry.register("sqlite.clerkwork", "clerkwork.store.dialect", "Dialect")
