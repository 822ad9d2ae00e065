"""Normalise references: no surrounding blanks, composed characters (NFC)."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

item = sa.table("item", sa.column("id"), sa.column("workflow"), sa.column("reference"))
effect = sa.table("effect", sa.column("target"), sa.column("key"), sa.column("no"))


def upgrade() -> None:
    """Rename references whose new name is free; an act with a known key becomes a further act.

    An item whose normalised reference belongs to another item keeps its old one.
    """
    db = op.get_bind()
    items = db.execute(sa.select(item)).all()
    for row in [row for row in items if _plain(row.reference) != row.reference]:
        plain = _plain(row.reference)
        same = (item.c.workflow == row.workflow, item.c.reference == plain)
        if db.execute(sa.select(item.c.id).where(*same)).first() is None:
            db.execute(item.update().where(item.c.id == row.id).values(reference=plain))
    acts = db.execute(sa.select(effect).order_by(effect.c.no)).all()
    for act in [act for act in acts if _plain(act.key) != act.key]:
        plain = _plain(act.key)
        known = (effect.c.target == act.target, effect.c.key == plain)
        last = db.execute(sa.select(sa.func.max(effect.c.no)).where(*known)).scalar() or 0
        here = (effect.c.target == act.target, effect.c.key == act.key, effect.c.no == act.no)
        db.execute(effect.update().where(*here).values(key=plain, no=last + 1))


def _plain(text: str) -> str:
    return unicodedata.normalize("NFC", text).strip()
