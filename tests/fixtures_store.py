"""The back ends of the store: tests that take ``store_url`` run on SQLite and on PostgreSQL.

PostgreSQL is the server that CLERKWORK_TEST_POSTGRES names (any database of it, by a user who may
create databases), else one that is started from the system's packages for this session.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from dbos import DBOS

from clerkwork.store.database import Store, open_store
from clerkwork.testing.postgres import Databases, own_server, programs


def prepare(url: str) -> None:
    store = open_store(url, Path())
    DBOS.migrate(store.engine.url.render_as_string(hide_password=False))
    store.close()


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    server = os.environ.get("CLERKWORK_TEST_POSTGRES", "")
    if not server and programs() is None:
        pytest.skip("needs PostgreSQL: install it, or set CLERKWORK_TEST_POSTGRES to a server")
    with ExitStack() as stack:
        made = Databases(server or stack.enter_context(own_server(durable=False)), prepare)
        yield made
        made.close()


@pytest.fixture
def postgres_url(databases: Databases) -> Iterator[str]:
    with databases.new() as url:
        yield url


@pytest.fixture
def empty_postgres_url(databases: Databases) -> Iterator[str]:
    with databases.empty() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """Return where a test makes a store itself: ``store_url`` may have all tables already."""
    if request.param == "sqlite":
        return "sqlite:///empty.db"
    return str(request.getfixturevalue("empty_postgres_url"))


@pytest.fixture(scope="session")
def prepared_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables, to be copied: migrating takes ten times as long."""
    file = tmp_path_factory.mktemp("prepared") / "store.db"
    prepare(f"sqlite:///{file}")
    return file


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest, tmp_path: Path, prepared_file: Path) -> str:
    """The address of an empty store of the test's own, with all tables."""
    if request.param == "sqlite":
        shutil.copy(prepared_file, tmp_path / "store.db")
        return "sqlite:///store.db"
    return str(request.getfixturevalue("postgres_url"))


@pytest.fixture
def store(tmp_path: Path, store_url: str) -> Iterator[Store]:
    opened = open_store(store_url, tmp_path)
    yield opened
    opened.close()
