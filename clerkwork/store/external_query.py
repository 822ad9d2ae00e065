"""Reads rows from a foreign database with a query that operators wrote."""

from typing import Any

import sqlalchemy as sa

from clerkwork.errors import ClerkworkError

MOST_ROWS = 50_000


class QueryFailed(ClerkworkError):
    """The database cannot be reached, or rejects the query."""


def rows_of(url: str, query: str) -> list[dict[str, Any]]:
    """Return the rows of a query by column name; at most 50 000.

    Raises:
        QueryFailed: The database reported an error, which is the message.
    """
    try:
        engine = sa.create_engine(url)
        try:
            with engine.connect() as db:
                return [
                    dict(row) for row in db.execute(sa.text(query)).mappings().fetchmany(MOST_ROWS)
                ]
        finally:
            engine.dispose()
    except (sa.exc.SQLAlchemyError, ImportError) as error:
        raise QueryFailed(str(error)) from error
