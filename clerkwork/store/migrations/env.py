"""Runs the revisions on the connection that ``store.database.migrate`` hands over."""

from alembic import context

from clerkwork.store.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    version_table="clerkwork_revision",
    transactional_ddl=False,  # the caller's transaction holds all of it
)
context.run_migrations()
