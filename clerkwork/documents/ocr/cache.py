"""Readings kept in files by the content of their picture, so that none is paid for twice.

A stored reading is only ever a copy of what an engine would say again: a file that is missing,
cut off or of another shape counts as absent.
"""

import contextlib
import hashlib
import os
from collections.abc import Sequence
from pathlib import Path

from PIL import Image
from pydantic import TypeAdapter, ValidationError

from clerkwork.documents.ocr.contract import Layout, OcrEngine, OcrWord

FORMAT = "1"
ROOM_AFTER_CLEARING = 0.8
_READING = TypeAdapter(list[OcrWord])


def key(picture: Image.Image, *words: str) -> str:
    """Return the address of a reading of a picture; *words* are the engine and its settings."""
    head = "\0".join([FORMAT, picture.mode, str(picture.size), *words])
    return hashlib.sha256(head.encode() + b"\0" + picture.tobytes()).hexdigest()


def load(file: Path) -> list[OcrWord] | None:
    """Return a stored reading, None where there is none that can be read."""
    try:
        return _READING.validate_json(file.read_bytes())
    except (OSError, ValidationError):
        return None


def save(file: Path, words: Sequence[OcrWord]) -> None:
    """Store a reading, whole or not at all."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}.part")
    part.write_bytes(_READING.dump_json(list(words)))
    part.replace(file)


class CachedEngine:
    """An engine that reads a picture only once.

    Attributes:
        name: The engine's.
        rank: The engine's.
    """

    def __init__(self, engine: OcrEngine, folder: Path) -> None:
        """Keep what *engine* reads in *folder*."""
        self.name, self.rank = engine.name, engine.rank
        self._engine = engine
        self._folder = folder

    def missing(self) -> str | None:
        """Return what the engine lacks."""
        return self._engine.missing()

    def version(self) -> str:
        """Return the engine's version."""
        return self._engine.version()

    def read(self, picture: Image.Image, *, languages: str, layout: Layout) -> Sequence[OcrWord]:
        """Return the words of a picture, from the folder when they are there."""
        address = key(picture, self.name, self.version(), languages, layout)
        file = self._folder / address[:2] / f"{address}.json"
        found = load(file)
        if found is not None:
            with contextlib.suppress(OSError):
                os.utime(file)  # what is used stays
            return found
        words = self._engine.read(picture, languages=languages, layout=layout)
        save(file, words)
        return words


def clear(folder: Path, *, max_mb: float) -> None:
    """Delete the readings used longest ago once all together have more than *max_mb*."""
    files = []
    for file in folder.glob("*/*"):
        with contextlib.suppress(OSError):
            info = file.stat()
            files.append((info.st_mtime_ns, info.st_size, file))
    size = sum(length for _, length, _ in files)
    if size <= max_mb * 2**20:
        return
    for _, length, file in sorted(files):
        if size <= ROOM_AFTER_CLEARING * max_mb * 2**20:
            return
        with contextlib.suppress(OSError):
            file.unlink()
            size -= length
