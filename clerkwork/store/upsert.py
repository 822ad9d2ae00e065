"""Inserts that leave an existing row unchanged, in the dialect of the connection."""

from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row

Insert = sa.sql.dml.ReturningInsert[Any]


def insert_or_ignore(db: Connection, table: sa.Table, **values: Any) -> Row[Any] | None:
    """Insert *values* and return the row's key, or None when a unique key exists already.

    The key is requested because PostgreSQL's driver does not know the row count of such an insert.
    """
    return db.execute(_statement(db.dialect.name, table), values).one_or_none()


def inserted(db: Connection, table: sa.Table, **values: Any) -> bool:
    """Insert *values* and return True, or False when a unique key exists already."""
    return insert_or_ignore(db, table, **values) is not None


@cache  # building a statement costs as much as running it
def _statement(dialect: str, table: sa.Table) -> Insert:
    keys = table.primary_key.columns
    if dialect == "postgresql":
        return postgresql.insert(table).on_conflict_do_nothing().returning(*keys)
    return sqlite.insert(table).on_conflict_do_nothing().returning(*keys)
