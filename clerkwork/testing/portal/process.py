"""Runs the portal in a separate process, for tests and the demo."""

import os
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path
from types import TracebackType
from typing import Self

from clerkwork.errors import ApplicationException
from clerkwork.testing.portal import records
from clerkwork.testing.portal.faults import Faults
from clerkwork.testing.portal.records import EnteredOrder


class Portal:
    """A running portal; it ends with the ``with`` block, and with the process that started it.

    Attributes:
        url: Its address, without a trailing slash.
        username: User name for the login.
        password: Password for the login.
        database: Its SQLite file.
    """

    username = "clerk"

    def __init__(
        self,
        database: Path,
        *,
        port: int = 0,
        faults: Faults | None = None,
        seed: int = 1,
        password: str = "portal-demo",  # noqa: S107 - a test target
    ) -> None:
        self.database = database
        self.password = password
        self.url = ""
        self._port = port
        self._faults = faults or Faults()
        self._seed = seed
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> Self:
        """Start the process and wait until it answers; after a kill, on the same port again.

        Raises:
            ApplicationException: ``portal_failed``: it ended at once, for example because its port
                is in use.
        """
        command = [sys.executable, "-m", "clerkwork.testing.portal", "--while-stdin-open"]
        command += ["--port", str(self._port), "--database", str(self.database)]
        command += ["--seed", str(self._seed)]
        path = os.pathsep.join(part for part in sys.path if part)
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": path, "CLERKWORK_PORTAL_PASSWORD": self.password},
        )
        self.url = self._process.stdout.readline().strip() if self._process.stdout else ""
        if not self.url:
            self.kill()
            raise ApplicationException("portal_failed", "The portal did not start.")
        self._port = int(self.url.rpartition(":")[2])
        self.set_faults(self._faults)
        return self

    def kill(self) -> None:
        """Kill the process, as ``kill -9`` does; its database is kept."""
        if self._process is None:
            return
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()
        self._process = None

    def set_faults(self, faults: Faults) -> None:
        """Make the running portal use *faults* from now on."""
        self._faults = faults
        connection = HTTPConnection("127.0.0.1", self._port, timeout=30)
        try:
            headers = {"Content-Type": "application/json"}
            connection.request("POST", "/test/faults", faults.model_dump_json(), headers)
            status = connection.getresponse().status
        finally:
            connection.close()
        if status != 204:
            raise ApplicationException("portal_failed", "The portal refused the fault schedule.")

    def orders(self) -> list[EnteredOrder]:
        """Return the orders in the database, in the order in which they were saved."""
        return records.everything(self.database)
