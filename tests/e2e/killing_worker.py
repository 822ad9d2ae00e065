"""A worker that kills itself with SIGKILL right after the n-th event of one item.

Usage: killing_worker.py ROOT ITEM N. It exits with status 9 when the item's run is over before
its n-th event, so that a test knows when it has seen every boundary.
"""

import os
import signal
import sys
import threading
from pathlib import Path
from uuid import uuid4

from clerkwork.app import open_app
from clerkwork.engine.run_log import RunLog
from clerkwork.model.work.events import Event, Kind

root, item_id, last = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
show = RunLog.show
seen: list[Event] = []
over = threading.Event()


def show_and_die(log: RunLog, event: Event) -> None:
    show(log, event)
    if event.item_id == item_id:
        seen.append(event)
        if len(seen) == last:
            os.kill(os.getpid(), signal.SIGKILL)
        if event.kind is Kind.RUN_ENDED and event.data.get("end") != "postponed":
            over.set()


RunLog.show = show_and_die
worker = open_app(root).worker(f"killing-{uuid4()}")
worker.start()
over.wait()
os._exit(9)
