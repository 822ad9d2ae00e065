"""Runs the revisions on the connection that ``store.database.migrate`` passes in."""

from alembic import context

from clerkwork.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="clerkwork_revision",
    transactional_ddl=False,  # the caller's transaction covers all revisions
)
context.run_migrations()
