"""Record the queues of each worker."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the queues, empty for workers that are running during the upgrade."""
    op.add_column("worker", sa.Column("queues", sa.JSON(), nullable=False, server_default="[]"))
