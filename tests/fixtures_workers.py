"""A project with workers that are processes of their own, as on several hosts."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from loguru import logger

from clerkwork.app import App, open_app
from clerkwork.model.work.items import ItemState, NewItem
from clerkwork.store.items import items
from tests.fixtures_project import HOME


@dataclass
class Hosts:
    """A project, and workers on it that are processes of their own."""

    root: Path
    app: App
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def put(self, number: str) -> int:
        new = NewItem(workflow="work", reference=number, payload={"number": number})
        return self.app.engine.submit(new).item_id

    def start(self, *options: str) -> subprocess.Popen[bytes]:
        with (self.root / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "clerkwork", "work", *options],
                cwd=self.root,
                env={**os.environ, "PYTHONPATH": str(HOME)},
                stdout=log,
                stderr=log,
            )
        self.processes.append(process)
        return process

    def turns(self) -> list[str]:
        file = self.root / "turns"
        return file.read_text().split() if file.exists() else []

    def states(self) -> list[ItemState]:
        with self.app.store.read() as db:
            found = items.search(db, items.Filter(workflow="work"))
        return [item.state for item in reversed(found)]


MakeHosts = Callable[[Mapping[str, str]], Hosts]


@pytest.fixture
def make_hosts(tmp_path: Path) -> Iterator[MakeHosts]:
    """Return what makes a project of these files, by path."""
    logger.remove()
    made: list[Hosts] = []

    def make(files: Mapping[str, str]) -> Hosts:
        root = tmp_path / "project"
        for path, text in {"bots/__init__.py": '"""Bots."""\n', **files}.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)
        hosts = Hosts(root=root, app=open_app(root))
        made.append(hosts)
        return hosts

    yield make
    for hosts in made:
        for process in hosts.processes:
            process.kill()
            process.wait()
        hosts.app.close()
        shutil.rmtree(hosts.root / "bots")
