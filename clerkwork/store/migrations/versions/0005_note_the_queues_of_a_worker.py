"""Note which queues a worker works on."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the queues, none for workers that are alive meanwhile."""
    op.add_column("worker", sa.Column("queues", sa.JSON(), nullable=False, server_default="[]"))
