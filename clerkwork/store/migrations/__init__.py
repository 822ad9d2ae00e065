"""Revisions of the store's tables, applied in order by Alembic."""
