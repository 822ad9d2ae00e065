"""Concurrent writes are committed together; each thread gets the true result of its own."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from pysqlite3 import dbapi2

from clerkwork.store.commit_group import Connection, Turns
from tests.fixtures_project import until

PATIENCE_S = 30
Act = Callable[[Connection], object]


def insert(name: str) -> Act:
    return lambda connection: connection.execute("INSERT INTO t (name) VALUES (?)", (name,))


def orphan(connection: Connection) -> None:
    """Write what no COMMIT accepts."""
    connection.execute("INSERT INTO t (name, parent) VALUES ('orphan', 'nobody')")


def fail(connection: Connection) -> None:
    insert("failed")(connection)
    raise PermissionError


def take_all_back(connection: Connection) -> None:
    """Fail as on a full disk: SQLite rolls the whole transaction back."""
    connection.execute("INSERT OR ROLLBACK INTO t (name) VALUES ('old')")


class Writers:
    """Threads of one process that write into a table; *statements* are those of all."""

    def __init__(self, file: Path, longest: timedelta = timedelta(seconds=PATIENCE_S)) -> None:
        self.turns = Turns(longest)
        self.statements: list[str] = []
        self._file = file
        self._first = self.open()
        self._first.execute("PRAGMA journal_mode=wal")
        self._first.execute(
            "CREATE TABLE t (name TEXT PRIMARY KEY,"
            " parent TEXT REFERENCES t (name) DEFERRABLE INITIALLY DEFERRED)"
        )
        self._first.execute("INSERT INTO t (name) VALUES ('old')")

    def open(self) -> Connection:
        driver = dbapi2.connect(str(self._file), isolation_level=None, check_same_thread=False)
        driver.execute("PRAGMA foreign_keys=on")
        driver.set_trace_callback(self.statements.append)
        return Connection(driver, self.turns)

    def names(self) -> set[str]:
        connection = self.open()
        found = {row[0] for row in connection.execute("SELECT name FROM t")}
        connection.close()
        return found

    def write(self, connection: Connection, act: Act) -> set[str]:
        """Write, and return what another connection finds as soon as that is acknowledged."""
        connection.begin(PATIENCE_S)
        try:
            act(connection)
            connection.commit()
        except BaseException:
            connection.rollback()
            raise
        return self.names()

    def together(self, *acts: Act) -> list[set[str] | str]:
        """Let each act while the others wait for it; return what each found, or its error."""
        with ExitStack() as stack:
            pool = stack.enter_context(ThreadPoolExecutor(len(acts)))
            futures: list[Future[set[str]]] = []

            def first(connection: Connection) -> None:
                for count, act in enumerate(acts[1:], 1):
                    futures.append(pool.submit(self.write, self.open(), act))
                    until(lambda count=count: self.turns.waiting == count, "the others wait")
                acts[0](connection)

            leader = pool.submit(self.write, self._first, first)
            return [outcome(leader), *(outcome(each) for each in futures)]


def outcome(future: Future[set[str]]) -> set[str] | str:
    error = future.exception(PATIENCE_S)
    return future.result() if error is None else type(error).__name__


@pytest.fixture
def writers(tmp_path: Path) -> Writers:
    return Writers(tmp_path / "store.db")


def test_threads_that_wait_for_each_other_commit_once(writers: Writers) -> None:
    """Three threads that write at once are one commit, and each finds all of it."""
    found = writers.together(insert("a"), insert("b"), insert("c"))
    commits = writers.statements.count("COMMIT")
    assert (found, commits) == ([{"old", "a", "b", "c"}] * 3, 1)


def test_a_part_that_fails_takes_back_its_own(writers: Writers) -> None:
    """The others' parts are committed, those before it and those after it."""
    found = writers.together(insert("a"), fail, insert("b"))
    assert (found[1], writers.names()) == ("PermissionError", {"old", "a", "b"})


def test_a_first_part_that_fails_leaves_the_others_theirs(writers: Writers) -> None:
    """It rolls back alone, and the next begins a group of its own."""
    found = writers.together(fail, insert("b"))
    assert (found, writers.names()) == (["PermissionError", {"old", "b"}], {"old", "b"})


def test_a_commit_that_fails_failed_for_each(writers: Writers) -> None:
    """No thread gets success when the shared commit was refused."""
    found = writers.together(insert("a"), orphan)
    assert (found, writers.names()) == (["OperationalError", "OperationalError"], {"old"})


def test_a_transaction_that_is_taken_back_failed_for_each(writers: Writers) -> None:
    """As on a full disk, where SQLite rolls back by itself; the first one's part went with it."""
    found = writers.together(insert("a"), take_all_back)
    assert (found, writers.names()) == (["OperationalError", "IntegrityError"], {"old"})


def test_what_a_part_saw_and_was_not_kept_is_no_answer(writers: Writers) -> None:
    """A part that found the others' rows and wrote nothing fails when they are not kept."""

    def look(connection: Connection) -> None:
        connection.execute("SELECT name FROM t WHERE name = 'orphan'").fetchone()
        raise PermissionError

    assert writers.together(orphan, look) == ["OperationalError", "OperationalError"]


@contextmanager
def giving_up(writers: Writers) -> Iterator[threading.Thread]:
    """Be a thread that waits for its turn, is seen waiting, and ends before it gets one."""
    writers.turns.waiting += 1
    yield threading.current_thread()
    writers.turns.waiting -= 1


def test_a_group_whose_next_part_never_comes_is_committed(writers: Writers) -> None:
    """Who handed the transaction on commits it when the one that waited has given up."""
    with giving_up(writers):
        found = writers.together(insert("a"))
    assert found == [{"old", "a"}]


def test_a_group_takes_no_part_after_its_time(tmp_path: Path) -> None:
    """The first one does not wait for ever: with no time left, each commits alone."""
    writers = Writers(tmp_path / "store.db", longest=timedelta())
    writers.together(insert("a"), insert("b"))
    assert (writers.statements.count("COMMIT"), writers.names()) == (2, {"old", "a", "b"})
