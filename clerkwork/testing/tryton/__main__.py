"""Install Tryton if it is missing, seed it, and serve it: ``make tryton``."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from rich.console import Console

from clerkwork.errors import ClerkworkError
from clerkwork.testing.tryton.install import PASSWORD, USER, Place, install
from clerkwork.testing.tryton.process import Tryton

FOLDER = Path("var/tryton")


def main() -> int:
    """Serve Tryton until Ctrl+C; return the exit status."""
    options = _parser().parse_args()
    screen = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends the server too, as Ctrl+C
    place = Place(options.folder.absolute())
    try:
        install(place, lambda part: screen.print(f"[bold]==>[/] {part}"))
        if options.install_only:
            screen.print(f"Tryton is installed and seeded in {place.folder}.")
            return 0
        served = place.folder / "served"
        tryton = Tryton(place, served, port=options.port)
        if options.reset:
            tryton.database.unlink(missing_ok=True)
        with tryton:
            screen.print(f"Tryton:   {tryton.url}/#po ({USER} / {PASSWORD})")
            screen.print(f"Database: {tryton.database} (a reset: `make tryton RESET=1`)")
            screen.print("It stays up until Ctrl+C.")
            threading.Event().wait()
    except KeyboardInterrupt:
        screen.print("Ended.")
    except ClerkworkError as error:
        screen.print(f"[red]{error}[/]", soft_wrap=True)
        return int(error.exit_status)
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make tryton", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where it is installed")
    parser.add_argument("--port", type=int, default=8802, help="the server's port; 0: a free one")
    parser.add_argument("--install-only", action="store_true", help="do not start it")
    parser.add_argument("--reset", action="store_true", help="begin with the seeded database")
    return parser


if __name__ == "__main__":
    sys.exit(main())
