"""The ``pages.py`` that a target with difficult pages has beside its ``target.yaml``.

It defines what the description cannot say, and only that: ``find``, ``enter`` or ``open_form``. The
rest goes by the description as ever.
"""

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

from clerkwork.errors import ConfigError

_loaded: dict[tuple[Path, int], ModuleType] = {}


def custom_function(pages: Path | None, name: str) -> Callable[..., Any] | None:
    """Return the function *name* of the target's own pages, or None where it has none.

    Raises:
        ConfigError: The file cannot be loaded.
    """
    if pages is None:
        return None
    function = getattr(_module(pages), name, None)
    return function if callable(function) else None


def _module(pages: Path) -> ModuleType:
    key = (pages, pages.stat().st_mtime_ns)  # a browser's process outlives changes of the file
    if key in _loaded:
        return _loaded[key]
    name = f"clerkwork_target_{pages.parent.name}"
    spec = importlib.util.spec_from_file_location(name, pages)
    if spec is None or spec.loader is None:
        raise ConfigError(_shown(pages), "cannot be loaded as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses of its own look themselves up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - whatever the file of a target raises is named
        del sys.modules[name]
        raise ConfigError(_shown(pages), f"cannot be loaded: {error}") from None
    _loaded[key] = module
    return module


def _shown(pages: Path) -> str:
    return "/".join(pages.parts[-4:])
