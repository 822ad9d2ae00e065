"""Custom page functions: the ``pages.py`` next to the ``target.yaml`` of a difficult target.

It defines ``find``, ``enter`` or ``open_form`` where the description is not enough. Everything else
still follows the description.
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
    """Return the function *name* of the target's custom pages, or None if there is none.

    Raises:
        ConfigError: The file cannot be loaded.
    """
    if pages is None:
        return None
    function = getattr(_module(pages), name, None)
    return function if callable(function) else None


def _module(pages: Path) -> ModuleType:
    key = (pages, pages.stat().st_mtime_ns)  # the file may change while this process runs
    if key in _loaded:
        return _loaded[key]
    name = f"clerkwork_target_{pages.parent.name}"
    spec = importlib.util.spec_from_file_location(name, pages)
    if spec is None or spec.loader is None:
        raise ConfigError(_shown(pages), "cannot be loaded as a module")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # its dataclasses look themselves up there
    try:
        spec.loader.exec_module(module)
    except Exception as error:  # noqa: BLE001 - any error of the file is reported
        del sys.modules[name]
        raise ConfigError(_shown(pages), f"cannot be loaded: {error}") from None
    _loaded[key] = module
    return module


def _shown(pages: Path) -> str:
    return "/".join(pages.parts[-4:])
