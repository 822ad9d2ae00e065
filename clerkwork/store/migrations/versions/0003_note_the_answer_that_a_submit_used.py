"""Record the review whose answer allowed a submit, so that no clock decides about it."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the number of the review; 0: no person was asked."""
    new = sa.Column("sent_review", sa.Integer(), nullable=False, server_default="0")
    op.add_column("effect", new)
