"""Limit a group key to its workflow, or to the workflows that share a group."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

INDEX = "item_one_running_per_group"


def upgrade() -> None:
    """Add the scope of a running item's key, its workflow; the index covers both columns."""
    scope = sa.Column("group_scope", sa.String(length=40), nullable=False, server_default="")
    op.add_column("item", scope)
    op.execute("UPDATE item SET group_scope = workflow WHERE state = 'running'")
    op.drop_index(INDEX, table_name="item")
    op.create_index(
        INDEX,
        "item",
        ["group_scope", "group_key"],
        unique=True,
        sqlite_where=sa.text("state = 'running' AND group_key IS NOT NULL"),
        postgresql_where=sa.text("state = 'running' AND group_key IS NOT NULL"),
    )
