"""Count the moves of each item, so that what was seen before the last one is recognised as old."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the revision, 0 for the items that are there."""
    op.add_column("item", sa.Column("revision", sa.Integer(), nullable=False, server_default="0"))
