"""The store's ids: a random one, renewed by each restore, so that another store is noticed.

The newest is the store's present id; the older ones are those of the stores that it succeeded, so
that a host which knows one of them accepts it. A copy that ``backup`` made has none.
"""

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.store.schema import identity


def history(db: Connection) -> list[str]:
    """Return the store's ids, the present one last; none where it has no such table."""
    if not sa.inspect(db).has_table(identity.name):
        return []
    return list(db.execute(sa.select(identity.c.id).order_by(identity.c.number)).scalars())


def current(db: Connection) -> str | None:
    """Return the store's present id; None in a copy that ``backup`` made."""
    newest = sa.select(identity.c.id).order_by(identity.c.number.desc()).limit(1)
    return db.execute(newest).scalar()


def renew(db: Connection, *, succeeds: str = "") -> str:
    """Give the store a new id and return it.

    Args:
        db: The connection.
        succeeds: The id of the store that it takes the place of.
    """
    fresh = uuid4().hex
    ids = [succeeds, fresh] if succeeds else [fresh]
    for one in ids:
        db.execute(identity.insert().values(id=one))
    return fresh
