"""Count the state changes of each item, so that a caller can detect an outdated view of it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the revision, 0 for existing items."""
    op.add_column("item", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
