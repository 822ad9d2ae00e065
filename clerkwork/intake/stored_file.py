"""Keeps a copy of an incoming file under its content's address; the copy never changes."""

import contextlib
import hashlib
import os
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from clerkwork.errors import ClerkworkError, InputRejected
from clerkwork.intake.email.letter import origin_of
from clerkwork.intake.printable_names import printable_name

BLOCK = 2**20


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A kept file.

    Attributes:
        path: Where it is kept.
        sha256: Its content address.
        name: The file's name as it came in, printable.
        first_name: The name under which the same content came in for the first time.
        origin: Which mail brought it, for people; empty when none did.
    """

    path: Path
    sha256: str
    name: str
    first_name: str
    origin: dict[str, str]


class StillChanging(ClerkworkError):
    """The file is written to while it is read; it must be taken later."""


def keep(file: Path, evidence: Path, *, max_mb: int) -> Stored:
    """Copy *file* to ``<evidence>/<first two digits>/<sha256><suffix>`` and return the copy.

    A file ``<sha256>.name`` next to it keeps the name under which the content came in first.

    Raises:
        InputRejected: It is larger than *max_mb*.
        StillChanging: Another program writes to it.
        OSError: It cannot be read, or the copy cannot be written.
    """
    name = printable_name(file.name)
    evidence.mkdir(parents=True, exist_ok=True)
    with (
        file.open("rb") as source,
        tempfile.NamedTemporaryFile(dir=evidence, prefix=".incoming-", delete=False) as copy,
    ):
        partial = Path(copy.name)
        try:
            sha256 = _copy(source, copy, name, max_mb)
        except BaseException:
            partial.unlink()
            raise
    folder = evidence / sha256[:2]
    folder.mkdir(exist_ok=True)
    first = _first_name(folder, sha256, name)
    place = folder / (sha256 + suffix(first))
    partial.replace(place)
    _make_durable(folder)
    return Stored(path=place, sha256=sha256, name=name, first_name=first, origin=origin_of(file))


def _make_durable(folder: Path) -> None:
    """Make the names in *folder* survive a power cut: the store will refer to them."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _first_name(folder: Path, sha256: str, name: str) -> str:
    """Return the name that this content had first, so that equal content gives equal payloads."""
    memo = folder / f"{sha256}.name"
    with contextlib.suppress(FileExistsError), memo.open("x", encoding="utf-8") as stream:
        stream.write(name)
    return memo.read_text("utf-8") or name


def _copy(source: IO[bytes], copy: IO[bytes], name: str, max_mb: int) -> str:
    before = os.fstat(source.fileno())
    digest = hashlib.sha256()
    size = 0
    while block := source.read(BLOCK):
        size += len(block)
        if size > max_mb * 2**20:
            problem = f"the file is larger than {max_mb} MB"
            raise InputRejected(name, "", problem, "Split it or make it smaller.")
        digest.update(block)
        copy.write(block)
    after = os.fstat(source.fileno())
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise StillChanging(f"{name} is still being written; take it again when it is complete.")
    copy.flush()
    os.fsync(copy.fileno())
    return digest.hexdigest()


def suffix(name: str) -> str:
    """Return the file's ending in small letters if it is a plain one, else nothing."""
    ending = Path(name).suffix.lower()
    return ending if re.fullmatch(r"\.[a-z0-9]{1,8}", ending) else ""
