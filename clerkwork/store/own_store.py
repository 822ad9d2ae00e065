"""Opens the project's own store, and detects that it is missing or was replaced.

The id of the store is written to ``stores.json`` in the log folder, by address, when the store is
first opened. The file is not next to the store, because deleting ``var/`` would delete both.
"""

import json
import os
import shutil
import tempfile
from pathlib import Path
from uuid import uuid4

from loguru import logger
from sqlalchemy.engine import make_url

from clerkwork.config.settings import Settings
from clerkwork.errors import ClerkworkError, UsageError
from clerkwork.store.database import Store, exists, open_store

NAME = "stores.json"


def open_own(settings: Settings, root: Path, *, create: bool = True) -> Store:
    """Open the store of the project in *root*.

    Args:
        settings: The project's settings.
        root: The project's folder.
        create: Whether a project that never had a store gets one; if not, it gets an empty
            temporary one that is deleted when it is closed.

    Raises:
        ConfigError: The address is not usable.
        StoreLost: The project's store is gone or was replaced.
    """
    known, there = remembered(settings, root), exists(settings.store.url, root)
    if not create and not known and not there:
        return _open_empty()
    store = open_store(settings.store.url, root, known=known)
    if create and store.id != known:
        try:
            _remember(settings, root, store.id)
        except ClerkworkError as error:
            if not there:  # otherwise the next start would create a new store again
                store.close()
                raise
            logger.warning("{}", error)
    return store


def begin_anew(settings: Settings, root: Path) -> Store:
    """Create an empty store at the address of the project's store.

    Raises:
        UsageError: There is already a store.
    """
    url = settings.store.url
    if exists(url, root):
        raise UsageError(
            f"{_shown(settings)} has a store; if it is no longer needed, move it away or drop it"
        )
    store = open_store(url, root)
    _remember(settings, root, store.id)
    return store


def remembered(settings: Settings, root: Path) -> str:
    """Return the recorded id of the store at the project's address; empty: none."""
    return _ids(_file(settings, root)).get(_shown(settings), "")


def _remember(settings: Settings, root: Path, store_id: str) -> None:
    file = _file(settings, root)
    part = file.with_name(f"{NAME}.{uuid4().hex}.part")  # two processes may write it at once
    try:
        ids = _ids(file) | {_shown(settings): store_id}
        file.parent.mkdir(parents=True, exist_ok=True)
        with part.open("w", encoding="utf-8") as lines:
            lines.write(json.dumps(ids, indent=1) + "\n")
            lines.flush()
            os.fsync(lines.fileno())
        part.replace(file)
    except OSError as error:
        raise ClerkworkError(
            f"{file} cannot be written ({error.strerror}), so the id of the project's store is not "
            "recorded; give the folder to the user that the service runs as"
        ) from error


def _ids(file: Path) -> dict[str, str]:
    try:
        ids: dict[str, str] = json.loads(file.read_text("utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except ValueError as error:
        raise ClerkworkError(
            f"{file}, which records the id of the project's store, is damaged; if the store at its "
            "address is the right one, delete this file"
        ) from error
    return ids


def _file(settings: Settings, root: Path) -> Path:
    return root / settings.folders.logs / NAME


def _shown(settings: Settings) -> str:
    return make_url(settings.store.url).render_as_string(hide_password=True)


def _open_empty() -> Store:
    folder = Path(tempfile.mkdtemp(prefix="clerkwork-no-store-"))
    store = open_store("sqlite:///store.db", folder)
    store.stands_for_none = True
    store.when_closed(lambda: shutil.rmtree(folder, ignore_errors=True))
    return store
