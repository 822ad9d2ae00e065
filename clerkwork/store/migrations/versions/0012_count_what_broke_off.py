"""Count the executions of an item that broke off separately from those that killed a worker."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the count, 0 for existing items."""
    op.add_column("item", sa.Column("breaks", sa.Integer(), nullable=False, server_default="0"))
