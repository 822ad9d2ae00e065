"""Let a call that works on no item hold a place at a login for a time."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the instant until which such a place is held."""
    op.add_column("slot", sa.Column("until_ms", sa.BigInteger(), nullable=True))
