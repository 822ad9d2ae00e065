"""Record the mails that were left for a person, so that they are not read again."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create the table, empty; mails left earlier are read one more time."""
    op.create_table(
        "left_mail",
        sa.Column("workflow", sa.String(40), primary_key=True),
        sa.Column("mailbox", sa.String(64), primary_key=True),
        sa.Column("uid", sa.String(20), primary_key=True),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
    )
