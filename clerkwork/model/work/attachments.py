"""Files that a bot attaches to its item."""

import re
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class Attachment(BaseModel):
    """An attached file."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="The bot's name for it, with its suffix.")
    sha256: str = Field(description="The SHA-256 of its content, which is its address.")
    size: int = Field(description="Its size in bytes.")

    def below(self, evidence: Path) -> Path:
        """Return the file's path in the evidence folder; an unusual suffix is dropped."""
        suffix = PurePosixPath(self.name).suffix.lower()
        known = suffix if SUFFIX.fullmatch(suffix) else ""
        return evidence / self.sha256[:2] / f"{self.sha256}{known}"
