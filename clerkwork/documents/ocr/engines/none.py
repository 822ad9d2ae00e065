"""No engine: only text layers are read, and every scan goes to a person with empty fields."""

from collections.abc import Sequence

from PIL import Image

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents.ocr.contract import Layout, OcrWord


class NoOcr:
    """Reads nothing."""

    name = "none"
    rank = 0

    def __init__(self, settings: DocumentSettings) -> None:
        """Need nothing of *settings*."""

    def missing(self) -> str | None:
        """Return None: it needs nothing."""
        return None

    def version(self) -> str:
        """Return the same always."""
        return "1"

    def read(
        self,
        picture: Image.Image,  # noqa: ARG002 - the contract of every engine
        *,
        languages: str,  # noqa: ARG002 - the contract of every engine
        layout: Layout,  # noqa: ARG002 - the contract of every engine
    ) -> Sequence[OcrWord]:
        """Return no words."""
        return []


ENGINE = NoOcr
