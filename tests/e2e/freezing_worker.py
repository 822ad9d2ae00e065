"""A worker that freezes itself just before the request that enters an order is sent.

Usage: freezing_worker.py ROOT. A test that wakes it, and writes the file `woken` in ROOT, sees what
a worker does whose item was taken over after its last check of the fence.
"""

import os
import signal
import socket
import sys
import threading
from pathlib import Path
from uuid import uuid4

from clerkwork.app import open_app
from clerkwork.browser.process.proxy import EgressProxy

send = EgressProxy._send
frozen, pause = threading.Event(), threading.Event()
woken = Path(sys.argv[1]) / "woken"


def freeze_and_send(proxy: EgressProxy, upstream: socket.socket, data: bytes) -> int:
    if b"POST /orders " not in data or frozen.is_set():
        return send(proxy, upstream, data)
    frozen.set()
    with app.store.write():
        pass  # frozen inside a write of another thread, it would hold up every other worker
    os.kill(os.getpid(), signal.SIGSTOP)
    while not woken.exists():  # the signal may stop this thread a moment later than the others
        pause.wait(0.02)
    try:
        return send(proxy, upstream, data)
    finally:
        sys.stderr.write("tried to send it\n")


EgressProxy._send = freeze_and_send  # type: ignore[method-assign]  # the one place where it is held up
EgressProxy.close = lambda _proxy: None  # type: ignore[method-assign]  # only the fence is left
os.environ["CLERKWORK_WORKER__SWEEP_S"] = "3600"
app = open_app(Path(sys.argv[1]))
worker = app.worker(f"freezing-{uuid4()}")
worker.start()
threading.Event().wait()
