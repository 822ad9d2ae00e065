"""Give the store a random id, so that a replaced store is detected."""

from uuid import uuid4

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the first id."""
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    identity = op.create_table(
        "identity",
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("id", sa.String(32), nullable=False),
    )
    op.bulk_insert(identity, [{"id": uuid4().hex}])
