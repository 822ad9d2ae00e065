"""Backup and restore of a PostgreSQL store, with PostgreSQL's own programs."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.engine import URL

from clerkwork.errors import ClerkworkError, UsageError

T = TypeVar("T")
INSTALLED = Path("/usr/lib/postgresql")


def dump(url: URL, file: Path) -> None:
    """Write the database at *url* to *file* in PostgreSQL's custom format.

    Raises:
        ClerkworkError: ``pg_dump`` is missing or failed.
    """
    _call("pg_dump", url, "--format=custom", "--no-owner", "--no-acl", f"--file={file}")


def restore(url: URL, file: Path, *, stamp: str, prepare: Callable[[str], T]) -> T:
    """Restore *file* into a new database, prepare it, and rename it to the name in *url*.

    The present database is kept under its name with ``_before_`` and *stamp* appended.

    Raises:
        UsageError: Another client is connected to the present database.
        ClerkworkError: The dump cannot be restored; the present database is unchanged.
    """
    name = str(url.database)
    fresh, kept = f"{name}_restoring_{stamp.lower()}", f"{name}_before_{stamp.lower()}"
    server = sa.create_engine(
        url.set(drivername="postgresql+psycopg", database="postgres"), isolation_level="AUTOCOMMIT"
    )
    try:
        with server.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{fresh}" TEMPLATE template0')
            try:
                there = url.set(drivername="postgresql", database=fresh)
                _call(
                    "pg_restore", there, "--no-owner", "--exit-on-error", f"--dbname={fresh}", file
                )
                result = prepare(there.render_as_string(hide_password=False))
                _swap(connection, name, fresh, kept)
            except BaseException:
                connection.exec_driver_sql(f'DROP DATABASE IF EXISTS "{fresh}" WITH (FORCE)')
                raise
            return result
    finally:
        server.dispose()


def _swap(connection: sa.engine.Connection, name: str, fresh: str, kept: str) -> None:
    try:
        connection.exec_driver_sql(f'ALTER DATABASE "{name}" RENAME TO "{kept}"')
    except sa.exc.OperationalError as error:
        raise UsageError(
            f"somebody is connected to the database {name}; end every process of the project, "
            f"then restore ({str(error).splitlines()[0]})"
        ) from error
    connection.exec_driver_sql(f'ALTER DATABASE "{fresh}" RENAME TO "{name}"')


def _call(program: str, url: URL, *arguments: object) -> None:
    done = subprocess.run(
        [_find(program), *map(str, arguments)],
        env=_environment(url),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or ["it gave no reason"])[-1]
        raise ClerkworkError(f"{program} failed: {last}")


def _find(program: str) -> str:
    """Return the newest installed version; an older one refuses a newer server."""
    found = sorted(
        INSTALLED.glob(f"*/bin/{program}"),
        key=lambda file: [int(part) for part in file.parts[-3].split(".") if part.isdigit()],
    )
    path = str(found[-1]) if found else shutil.which(program)
    if path is None:
        raise ClerkworkError(f"{program} is not installed (Debian: postgresql-client)")
    return path


def _environment(url: URL) -> dict[str, str]:
    """Return the address as environment variables, because arguments are visible to all users."""
    host = url.host or url.query.get("host")
    values = {
        "PGHOST": host,
        "PGPORT": url.port,
        "PGUSER": url.username,
        "PGPASSWORD": url.password,
        "PGDATABASE": url.database,
        "PGSSLMODE": url.query.get("sslmode"),
    }
    return {name: str(value) for name, value in values.items() if value is not None}
