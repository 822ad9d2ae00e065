"""Start the portal: ``python -m clerkwork.testing.portal --port 8801 --database portal.db``."""

import argparse
import os
import socket
import sys
import threading
from pathlib import Path

import uvicorn
from pydantic import ValidationError

from clerkwork.testing.portal.application import create
from clerkwork.testing.portal.connections import KnownConnections
from clerkwork.testing.portal.faults import Faults

PASSWORD_VARIABLE = "CLERKWORK_PORTAL_PASSWORD"  # noqa: S105 - the variable's name
DEFAULT_PASSWORD = "portal-demo"  # noqa: S105 - a test target


def main() -> None:
    """Serve the portal until the process is stopped; print its address as the first line."""
    options = _options()
    try:
        text = options.faults.read_text("utf-8") if options.faults else "{}"
        faults = Faults.model_validate_json(text)
    except (OSError, ValidationError) as error:
        sys.exit(f"portal: the fault schedule {options.faults} cannot be used: {error}")
    password = os.environ.get(PASSWORD_VARIABLE) or DEFAULT_PASSWORD
    app = create(options.database, password=password, faults=faults, seed=options.seed)
    listener = _listen(options.port)
    if options.while_stdin_open:
        threading.Thread(target=_end_with_stdin, daemon=True).start()
    sys.stdout.write(f"http://127.0.0.1:{listener.getsockname()[1]}\n")
    sys.stdout.flush()
    config = uvicorn.Config(app, http=KnownConnections, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="clerkwork.testing.portal", description=__doc__)
    parser.add_argument("--port", type=int, default=8801, help="port; 0 for a free one")
    parser.add_argument("--database", type=Path, required=True, help="SQLite file")
    parser.add_argument("--faults", type=Path, help="a fault schedule as JSON")
    parser.add_argument("--seed", type=int, default=1, help="seed that decides which requests fail")
    parser.add_argument(
        "--while-stdin-open", action="store_true", help="end when standard input is closed"
    )
    return parser.parse_args()


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind(("127.0.0.1", port))
    except OSError:
        sys.exit(f"portal: port {port} is in use; choose another with --port")
    listener.listen(128)
    return listener


def _end_with_stdin() -> None:
    sys.stdin.buffer.read()
    os._exit(0)


if __name__ == "__main__":
    main()
