"""The reader of documents, as the rest of the toolkit sees it: a file in, an extraction out."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import cast

from clerkwork.children import Child
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import work
from clerkwork.errors import ApplicationException, DocumentRejected
from clerkwork.model.extraction import Extraction

SPARE_ADDRESS_SPACE_MB = 1536
START_TIMEOUT = timedelta(seconds=60)  # apart from the document's, which is not to blame for it


class DocumentReader:
    """Reads documents in a child process with limits on time and memory."""

    def __init__(
        self, settings: DocumentSettings, evidence: Path, cache: Path | None = None
    ) -> None:
        """Prepare a reader; its child is started at the first call.

        Args:
            settings: Limits, languages, and the confidence below which a field is doubtful.
            evidence: The folder that pictures of the pages are kept in.
            cache: The folder that readings are kept in, or None to read anew each time.
        """
        self._settings = settings
        self._cache = cache
        self._evidence = evidence
        self._child = Child(
            "document reader",
            memory_mb=settings.memory_mb,
            address_space_mb=settings.memory_mb + SPARE_ADDRESS_SPACE_MB,
            environment={"OMP_THREAD_LIMIT": "1"},
        )

    def probe(self, file: Path, name: str) -> int:
        """Return the number of pages of a file, called *name* in messages.

        Raises:
            DocumentRejected: It is not a document, is broken, encrypted, empty or too large, or
                took too long or too much memory to open.
            ApplicationException: The child process could not be started.
        """
        limit = timedelta(seconds=self._settings.page_timeout_s)
        self._child.call(work.get_ready, timeout=START_TIMEOUT)
        try:
            pages = self._child.call(work.probe_file, file, name, self._settings, timeout=limit)
        except ApplicationException as error:
            raise DocumentRejected(name, "", *_why(error)) from error
        return cast("int", pages)

    def read(self, file: Path, name: str) -> Extraction:
        """Return the fields of an order or invoice, each with its evidence.

        Raises:
            DocumentRejected: See :meth:`probe`.
            ApplicationException: Reading took too long or too much memory, or tesseract failed.
        """
        return self._read(work.read_file, file, name)

    def read_receipt(self, file: Path, name: str) -> Extraction:
        """Return supplier, address, date and total of a receipt; raises as :meth:`read` does."""
        return self._read(work.read_receipt, file, name)

    def _read(self, how: Callable[..., Extraction], file: Path, name: str) -> Extraction:
        limit = timedelta(seconds=self._settings.page_timeout_s * self.probe(file, name))
        extraction = self._child.call(
            how, file, name, self._settings, self._evidence, self._cache, timeout=limit
        )
        return cast("Extraction", extraction)

    def close(self) -> None:
        """End the child process."""
        self._child.close()


def _why(error: ApplicationException) -> tuple[str, str]:
    """Return problem and remedy of a file that the child failed on."""
    remedy = "Export or scan it again, with fewer pages or a lower resolution."
    if error.code == "child_timeout":
        return "takes too long to open", remedy
    if error.code == "child_memory" or "MemoryError" in str(error):
        return "needs too much memory to open", remedy
    return "cannot be opened", remedy
