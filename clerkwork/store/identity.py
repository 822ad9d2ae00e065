"""The ids of the store: random, and renewed by each restore, so that a replaced store is detected.

The newest id is the present one. The older ones belong to the stores that this one replaced, so
that a host that knows one of them accepts it. A copy made by ``backup`` has no id.
"""

from uuid import uuid4

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from clerkwork.store.schema import identity


def history(db: Connection) -> list[str]:
    """Return the ids of the store, the present one last; none where the table is missing."""
    if not sa.inspect(db).has_table(identity.name):
        return []
    return list(db.execute(sa.select(identity.c.id).order_by(identity.c.number)).scalars())


def current(db: Connection) -> str | None:
    """Return the present id; None in a copy made by ``backup``."""
    newest = sa.select(identity.c.id).order_by(identity.c.number.desc()).limit(1)
    return db.execute(newest).scalar()


def renew(db: Connection, *, succeeds: str = "") -> str:
    """Give the store a new id and return it.

    Args:
        db: The connection.
        succeeds: The id of the store that this one replaces.
    """
    fresh = uuid4().hex
    ids = [succeeds, fresh] if succeeds else [fresh]
    for one in ids:
        db.execute(identity.insert().values(id=one))
    return fresh
