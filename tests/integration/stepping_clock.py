"""Runs a schedule clock in a process of its own, so that a test can set that process's clock."""

import sys
import threading
from pathlib import Path

from loguru import logger

from clerkwork.engine.schedule.planned_runs import calls_on
from clerkwork.engine.schedule.schedule_clock import ScheduleClock
from clerkwork.model.project.workflows import Schedule
from clerkwork.store.database import open_store


def main(folder: Path) -> None:
    """Run a schedule of every second until the process is killed."""
    store = open_store("sqlite:///store.db", folder)
    calls = calls_on(store, "w", work=lambda _: 0, report=logger.error, blocked=lambda *_: None)
    ScheduleClock({"orders": Schedule(every_s=1)}, calls).start()
    threading.Event().wait()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
