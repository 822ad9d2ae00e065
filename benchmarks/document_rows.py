"""Shared by the parts of the document benchmark: settings, readers, and rows of the table."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import DocumentReader
from clerkwork.model.documents.master_data import Master
from clerkwork.model.project.document_templates import Template

Row = dict[str, Any]
Rows = Iterator[tuple[str, Row]]


def settings(**others: Any) -> DocumentSettings:
    """Return the default settings, with day-first dates and longer timeouts for a busy machine."""
    return DocumentSettings(date_order="dmy", cache_mb=2000, page_timeout_s=900, **others)


class Readers:
    """Creates readers that share a cache folder, and closes them."""

    def __init__(self, evidence: Path, cache: Path) -> None:
        """Keep the folders: of pictures, and of readings made before."""
        self._evidence = evidence
        self._cache = cache
        self._made: list[DocumentReader] = []

    def __call__(
        self,
        master: Callable[[], Master] = Master,
        templates: Sequence[Template] | None = None,
    ) -> DocumentReader:
        """Return a reader with this master data and these templates, None for those shipped."""
        known = {"master": master, "templates": templates}
        self._made.append(DocumentReader(settings(), self._evidence, self._cache, **known))
        return self._made[-1]

    def close(self) -> None:
        """End the children of all readers."""
        for reader in self._made:
            reader.close()


def row(figure: str, wanted: str, met: bool, how: str) -> Row:
    """Return one row of the table."""
    return {"figure": figure, "wanted": wanted, "met": "yes" if met else "**no**", "how": how}
