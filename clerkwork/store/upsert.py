"""Inserts that leave an existing row as it is, in the dialect of the connection."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

Insert = sqlite.Insert | postgresql.Insert


def insert_or_ignore(db: Connection, table: sa.Table, **values: Any) -> Insert:
    """Return an insert of *values* that does nothing when a unique key is there already.

    Whether it did, only a returned column tells: with PostgreSQL's driver the row count of such an
    insert is unknown. See ``inserted``.
    """
    if db.dialect.name == "postgresql":
        return postgresql.insert(table).values(**values).on_conflict_do_nothing()
    return sqlite.insert(table).values(**values).on_conflict_do_nothing()


def inserted(db: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert *values* and return True, or return False when a unique key is there already."""
    statement = insert_or_ignore(db, table, **values).returning(*table.primary_key.columns)
    return db.execute(statement).one_or_none() is not None
