"""Allow a call without an item to take a login slot for a limited time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instant until which such a slot is taken."""
    op.add_column("slot", sa.Column("until_ms", sa.BigInteger(), nullable=True))
