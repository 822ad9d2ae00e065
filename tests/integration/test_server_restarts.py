"""A PostgreSQL server that restarts: processes go on when it is back."""

import signal
from pathlib import Path

import pytest

from clerkwork.testing.postgres import own_server, programs, restart
from tests.fixtures_cli import SMALL, Shell, call


def test_dev_goes_on_after_a_restart_of_the_database_server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An item that comes afterwards is shown by the watch; the process ends when it is asked to."""
    if programs() is None:
        pytest.skip("needs PostgreSQL")
    root = tmp_path / "demo"
    shell = Shell(root)
    with own_server() as address:
        monkeypatch.setenv("CLERKWORK_STORE__URL", address)
        call("new", root)
        with shell.started("dev", "--port", 0) as dev:
            dev.until("Console: ")
            restart(address)
            run = shell("run", "expenses", SMALL)
            dev.until("done")
            status = dev.ask_to_end(signal.SIGTERM)
    assert (run.status, status) == (0, 0)
