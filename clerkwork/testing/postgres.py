"""A temporary PostgreSQL server with temporary databases, for tests and benchmarks.

The server comes from the distribution's packages. Its data is in a temporary folder, and it is
reachable only by a socket file.
"""

import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

PROGRAMS = Path("/usr/lib/postgresql")
START_S = 60
EMPTY = "template0"
MEMORY = Path("/dev/shm")  # noqa: S108 - its content is lost when the machine stops
NOT_DURABLE = " -c fsync=off -c synchronous_commit=off -c full_page_writes=off"


def programs() -> Path | None:
    """Return the folder of the newest PostgreSQL server's programs, or None without one."""
    found = [file.parent for file in PROGRAMS.glob("*/bin/initdb")]
    if not found and (initdb := shutil.which("initdb")) is not None:
        found = [Path(initdb).parent]
    return max(found, key=_version, default=None)


@contextmanager
def own_server(*, durable: bool = True) -> Iterator[str]:
    """Start a server, yield the address of its database, and remove the server at the end.

    Args:
        durable: Whether commits survive a crash of the machine; False is faster.

    Raises:
        FileNotFoundError: No PostgreSQL server is installed.
        subprocess.CalledProcessError: The server does not start.
    """
    folder = programs()
    if folder is None:
        raise FileNotFoundError("no PostgreSQL server is installed (Debian: postgresql)")
    user = "nobody" if os.geteuid() == 0 else None  # the server refuses to run as root
    memory = MEMORY if not durable and os.access(MEMORY, os.W_OK) else None
    home = Path(tempfile.mkdtemp(prefix="clerkwork-postgres-", dir=memory))
    data, log = home / "data", home / "log"
    if user is not None:
        shutil.chown(home, user)

    def call(program: str, *arguments: str) -> None:
        subprocess.run(
            [str(folder / program), "-D", str(data), *arguments],
            check=True,
            user=user,
            cwd=home,
            stdout=subprocess.DEVNULL,
        )

    try:
        call("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C")
        options = f"-c listen_addresses= -c unix_socket_directories={home} -c max_connections=200"
        options += "" if durable else NOT_DURABLE
        call("pg_ctl", "-w", "-t", str(START_S), "-l", str(log), "-o", options, "start")
        try:
            yield f"postgresql://postgres@/postgres?host={home}"
        finally:
            call("pg_ctl", "-w", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(home, ignore_errors=True)


def restart(address: str) -> None:
    """Restart a server of ``own_server`` as after a crash."""
    folder, home = programs(), str(make_url(address).query["host"])
    user = "nobody" if os.geteuid() == 0 else None
    subprocess.run(
        [f"{folder}/pg_ctl", "-D", f"{home}/data", "-w", "-m", "immediate", "restart"],
        check=True,
        user=user,
        cwd=home,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


class Databases:
    """Creates databases on a server: copies of a template that is prepared once, or empty ones."""

    def __init__(self, server: str, prepare: Callable[[str], None]) -> None:
        """Save how to create databases.

        Args:
            server: Address of any database of the server, for a user who may create databases.
            prepare: Fills the template; called once, with the address of an empty database.
        """
        self._server = make_url(server).set(drivername="postgresql+psycopg")
        self._prepare = prepare
        self._template = ""

    @contextmanager
    def new(self) -> Iterator[str]:
        """Yield the address of a new database; drop it and all whose names start with its name."""
        if not self._template:
            self._template = self._create(EMPTY)
            self._prepare(self._address(self._template))
        with self._copy_of(self._template) as url:
            yield url

    @contextmanager
    def empty(self) -> Iterator[str]:
        """Yield the address of a new, empty database; drop it afterwards."""
        with self._copy_of(EMPTY) as url:
            yield url

    @contextmanager
    def _copy_of(self, template: str) -> Iterator[str]:
        name = self._create(template)
        try:
            yield self._address(name)
        finally:
            self._drop(*self._like(name))

    def close(self) -> None:
        """Drop the template."""
        if self._template:
            self._drop(self._template)

    def _address(self, name: str) -> str:
        url: URL = self._server.set(drivername="postgresql", database=name)
        return url.render_as_string(hide_password=False)

    def _create(self, template: str) -> str:
        name = f"clerkwork_{uuid.uuid4().hex}"
        self._execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return name

    def _like(self, start: str) -> list[str]:
        known = self._execute("SELECT datname FROM pg_database")
        return [name for name in known if name.startswith(start)]

    def _drop(self, *names: str) -> None:
        with suppress(sa.exc.OperationalError):  # the server has ended, and the database with it
            for name in names:
                self._execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _execute(self, statement: str) -> list[str]:
        engine = sa.create_engine(self._server.set(database="postgres"))
        try:
            with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                done = connection.exec_driver_sql(statement)
                return [str(row[0]) for row in done] if done.returns_rows else []
        finally:
            engine.dispose()


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(part) for part in folder.parent.name.split(".") if part.isdigit())
