"""SQLAlchemy's SQLite dialect on the ``pysqlite3`` driver, as ``sqlite+clerkwork://``.

A dialect and not only a driver argument, so that a library which is given nothing but an address
opens the file with the same SQLite library as we do.
"""

from types import ModuleType

from pysqlite3 import dbapi2
from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite

NAME = "sqlite+clerkwork"


class Dialect(SQLiteDialect_pysqlite):
    """The stock dialect with another driver module."""

    supports_statement_cache = True

    @classmethod
    def import_dbapi(cls) -> ModuleType:
        """Return the driver module."""
        module: ModuleType = dbapi2
        return module


registry.register("sqlite.clerkwork", "clerkwork.store.dialect", "Dialect")
