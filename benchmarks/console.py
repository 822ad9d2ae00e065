"""Measures the response times of the console's pages on a store with very many events."""

import statistics
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import httpx

from benchmarks.engines import PAUSE, Project, say
from clerkwork.config.settings import Settings
from clerkwork.engine.facade import Engine
from clerkwork.model.project.workflows import Workflow
from clerkwork.store.database import Store
from clerkwork.web.console import create_console, make_server

PAGES = ("/", "/runs", "/items", "/metrics", "/items/2", "/runs/item-2-1")
VISITS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The part of a project that the console needs."""

    root: Path
    settings: Settings
    workflows: dict[str, Workflow]
    store: Store
    engine: Engine
    evidence: Path


def page_times_ms(root: Path) -> dict[str, float]:
    """Return the median time of each page, in milliseconds, from the request to the last byte."""
    with Project(root=root).engine() as made:
        project = Shown(
            root=root,
            settings=Settings(),
            workflows=made.core.workflows,
            store=made.core.store,
            engine=made,
            evidence=root / "evidence",
        )
        server = make_server(create_console(project), "127.0.0.1", 0)
        threading.Thread(target=server.run, daemon=True).start()
        while not server.started:
            PAUSE.wait(0.02)
        host, port = server.servers[0].sockets[0].getsockname()
        with httpx.Client(base_url=f"http://{host}:{port}", timeout=120) as client:
            return {page: _median_ms(client, page) for page in PAGES}


def _median_ms(client: httpx.Client, page: str) -> float:
    times = []
    for _ in range(VISITS):
        started = time.monotonic()
        client.get(page).raise_for_status()
        times.append((time.monotonic() - started) * 1000)
    say(f"  {page}: {statistics.median(times):.0f} ms")
    return statistics.median(times)
