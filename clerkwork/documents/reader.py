"""The reader of documents, as the rest of the toolkit sees it: a file in, an extraction out."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import cast

from clerkwork.children import Child
from clerkwork.config.settings import DocumentSettings
from clerkwork.config.templates import shipped
from clerkwork.documents import stored, work
from clerkwork.errors import ApplicationException, DocumentRejected
from clerkwork.model.extraction import Extraction
from clerkwork.model.master import Master
from clerkwork.model.templates import Template

SPARE_ADDRESS_SPACE_MB = 1536
START_TIMEOUT = timedelta(seconds=60)  # apart from the document's, which is not to blame for it
OPEN_CPU = timedelta(seconds=10)
OPEN_MB = 300
PATIENCE = 6  # by the clock, times the processor time: other work may keep the processors busy


class DocumentReader:
    """Reads documents in child processes with limits on time and memory."""

    def __init__(
        self,
        settings: DocumentSettings,
        evidence: Path,
        cache: Path | None = None,
        master: Callable[[], Master] = Master,
        templates: Sequence[Template] | None = None,
    ) -> None:
        """Prepare a reader; its children are started when they are needed.

        Args:
            settings: Limits, languages, and the confidence below which a field is doubtful.
            evidence: The folder that pictures of the pages are kept in.
            cache: The folder that readings are kept in, or None to read anew each time.
            master: Returns the master data as it is now.
            templates: The kinds of documents that are told apart; None for those shipped.
        """
        self._settings = settings
        self._cache = cache if settings.cache_mb else None
        self._evidence = evidence
        self._master = master
        self._templates = tuple(shipped() if templates is None else templates)
        self._pages_read = 0
        count = settings.processes if self._cache else 1  # they meet in the cache
        self._child, *self._helpers = [self._new_child() for _ in range(count)]

    def _new_child(self) -> Child:
        return Child(
            "document reader",
            memory_mb=self._settings.memory_mb,
            address_space_mb=self._settings.memory_mb + SPARE_ADDRESS_SPACE_MB,
            environment={"OMP_THREAD_LIMIT": "1", "OMP_NUM_THREADS": "1"},
        )

    def probe(self, file: Path, name: str) -> int:
        """Return the number of pages of a file, called *name* in messages.

        Raises:
            DocumentRejected: It is not a document, is broken, encrypted, empty or too large, or
                took too long or too much memory to open.
            ApplicationException: The child process could not be started.
        """
        limit = min(OPEN_CPU, timedelta(seconds=self._settings.page_timeout_s))
        self._child.call(work.get_ready, timeout=START_TIMEOUT)
        try:
            pages = self._child.call(
                work.probe_file,
                file,
                name,
                self._settings,
                timeout=limit * PATIENCE,
                cpu=limit,
                growth_mb=OPEN_MB,
            )
        except ApplicationException as error:
            raise DocumentRejected(name, "", *_why(error)) from error
        return cast("int", pages)

    def read(self, file: Path, name: str) -> Extraction:
        """Return the class of a document and its fields, each with its evidence.

        Raises:
            DocumentRejected: See :meth:`probe`.
            ApplicationException: Reading took too much time or memory, or tesseract failed.
        """
        return self._read(work.read_file, file, name)

    def read_receipt(self, file: Path, name: str) -> Extraction:
        """Return supplier, address, date and total of a receipt; raises as :meth:`read` does."""
        return self._read(work.read_receipt, file, name)

    def _read(self, how: Callable[..., Extraction], file: Path, name: str) -> Extraction:
        pages = self.probe(file, name)
        self._recycle(pages)
        limit = timedelta(seconds=self._settings.page_timeout_s * pages)
        if pages > 1 and self._helpers:
            self._read_ahead(file, name, pages, limit)
        task = work.Task(
            file=file,
            name=name,
            settings=self._settings,
            evidence=self._evidence,
            cache=self._cache,
            master=self._master(),
            templates=self._templates,
        )
        extraction = self._child.call(how, task, timeout=limit * PATIENCE, cpu=limit)
        if self._cache is not None:
            stored.clear(self._cache, max_mb=self._settings.cache_mb)
        return cast("Extraction", extraction)

    def _read_ahead(self, file: Path, name: str, pages: int, limit: timedelta) -> None:
        """Let every child read its share of the pages into the cache, all at once."""
        children = [self._child, *self._helpers]

        def work_on(index: int) -> None:
            share = tuple(range(index, pages, len(children)))
            children[index].call(work.get_ready, timeout=START_TIMEOUT)
            children[index].call(
                work.read_ahead,
                file,
                name,
                self._settings,
                self._cache,
                share,
                timeout=limit * PATIENCE,
                cpu=limit,
            )

        count = min(len(children), pages)
        with ThreadPoolExecutor(count) as pool:
            for done in [pool.submit(work_on, index) for index in range(count)]:
                done.result()

    def _recycle(self, pages: int) -> None:
        """Start the children anew after so many pages, as the memory of engines only grows."""
        self._pages_read += pages
        if self._pages_read > self._settings.recycle_pages:
            self._pages_read = pages
            self.close()

    def close(self) -> None:
        """End the child processes."""
        for child in (self._child, *self._helpers):
            child.close()


def _why(error: ApplicationException) -> tuple[str, str]:
    """Return problem and remedy of a file that the child failed on."""
    remedy = "Export or scan it again, with fewer pages or a lower resolution."
    if error.code == "child_timeout":
        return "takes too long to open", remedy
    if error.code == "child_memory" or "MemoryError" in str(error):
        return "needs too much memory to open", remedy
    return "cannot be opened", remedy
