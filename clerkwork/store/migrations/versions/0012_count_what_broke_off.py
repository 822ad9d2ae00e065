"""Count the executions of an item that broke off, apart from those over which a worker died."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number, 0 for the items that are there."""
    op.add_column("item", sa.Column("breaks", sa.Integer(), nullable=False, server_default="0"))
