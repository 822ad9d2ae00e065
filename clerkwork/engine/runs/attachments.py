"""Stores the files that bots produce, addressed by content, in the folder of the evidence."""

import hashlib
import os
import tempfile
from pathlib import Path

from clerkwork.config.disk import used_percent
from clerkwork.engine.runs.execution import Execution
from clerkwork.errors import ApplicationException
from clerkwork.model.work.attachments import Attachment
from clerkwork.model.work.events import Kind


def attach(execution: Execution, step: str, name: str, content: bytes | Path) -> Attachment:
    """Store *content* as a file of the item and log it; see ``Run.attach``.

    Raises:
        ApplicationException: ``file_not_kept``: the content cannot be read or written;
            ``disk_full``: the disk is nearly full.
    """
    core = execution.core
    if used_percent(core.evidence) >= core.full_percent:
        said = "The file {name} is not kept: the disk is nearly full."
        raise ApplicationException("disk_full", said, name=name)
    try:
        data = content.read_bytes() if isinstance(content, Path) else content
        kept = Attachment(name=name, sha256=hashlib.sha256(data).hexdigest(), size=len(data))
        keep(data, kept.below(core.evidence))
    except OSError as error:
        raise ApplicationException(
            "file_not_kept",
            "The file {name} cannot be kept: {error}",
            name=name,
            error=error.strerror or error,
        ) from error
    execution.event(Kind.ATTACHED, "attached {name}", kept.model_dump(), step=step)
    return kept


def keep(data: bytes, file: Path) -> None:
    """Write *data* durably and atomically; an existing file already has the same content."""
    if file.exists():
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=file.parent, prefix=".attached-", delete=False) as part:
        try:
            part.write(data)
            part.flush()
            os.fsync(part.fileno())
        except BaseException:
            Path(part.name).unlink()
            raise
    Path(part.name).replace(file)
