"""Allow several acts with one target and key in the effect ledger, each with a kind of record."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

BEFORE = (
    "target, key, name, item_id, digest, value, model, find, state, intent_ms, sent_ms,"
    " sent_review, confirmed_ms, receipt"
)


def upgrade() -> None:
    """Recreate the table, because SQLite cannot change a primary key; existing rows get number 1.

    Their kind of record stays empty, because earlier versions did not distinguish kinds.
    """
    op.drop_index("effect_by_item", table_name="effect")
    op.drop_index("effect_by_submit", table_name="effect")
    op.rename_table("effect", "effect_before")
    op.create_table(
        "effect",
        sa.Column("target", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("no", sa.Integer(), nullable=False, server_default="1"),
        sa.Column("record", sa.String(length=120), nullable=True),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("item_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("value", sa.JSON(), nullable=True),
        sa.Column("model", sa.String(length=200), nullable=True),
        sa.Column("find", sa.String(length=200), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("intent_ms", sa.BigInteger(), nullable=False),
        sa.Column("sent_ms", sa.BigInteger(), nullable=True),
        sa.Column("sent_review", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("confirmed_ms", sa.BigInteger(), nullable=True),
        sa.Column("receipt", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("target", "key", "no"),
    )
    op.execute(f"INSERT INTO effect ({BEFORE}) SELECT {BEFORE} FROM effect_before")  # noqa: S608 - ours
    op.drop_table("effect_before")
    op.create_index("effect_by_item", "effect", ["item_id"])
    op.create_index("effect_by_submit", "effect", ["sent_ms"])
