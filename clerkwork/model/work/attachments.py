"""Files that a bot made and that belong to its item."""

import re
from pathlib import Path, PurePosixPath

from pydantic import BaseModel, ConfigDict, Field

SUFFIX = re.compile(r"\.[a-z0-9]{1,8}")


class Attachment(BaseModel):
    """A kept file."""

    model_config = ConfigDict(frozen=True)

    name: str = Field(description="What the bot calls it, with its suffix.")
    sha256: str = Field(description="The address of its content.")
    size: int = Field(description="Its length in bytes.")

    def below(self, evidence: Path) -> Path:
        """Return where the file lies in the folder of evidence; an odd suffix is left out."""
        suffix = PurePosixPath(self.name).suffix.lower()
        known = suffix if SUFFIX.fullmatch(suffix) else ""
        return evidence / self.sha256[:2] / f"{self.sha256}{known}"
