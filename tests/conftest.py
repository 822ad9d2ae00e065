"""Fixtures of every test; the fixtures of each package are in `fixtures_*.py`."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).parent
MEMORY = Path("/dev/shm")  # noqa: S108 - pytest makes a folder of its own in it
if os.access(MEMORY, os.W_OK):  # waiting for the disk is half of the time that tests take
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))
pytest_plugins = sorted(f"tests.{file.stem}" for file in HERE.glob("fixtures_*.py"))


@pytest.fixture(autouse=True)
def own_bots() -> Iterator[None]:
    """Let ``bots`` mean the same after each test, also after one that opened another project."""
    modules = {name: module for name, module in sys.modules.items() if _is_bots(name)}
    path = list(sys.path)
    yield
    for name in [name for name in sys.modules if _is_bots(name)]:
        del sys.modules[name]
    sys.modules.update(modules)
    sys.path[:] = path


def _is_bots(name: str) -> bool:
    return name.split(".", maxsplit=1)[0] == "bots"
