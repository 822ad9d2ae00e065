"""The reader of documents, as the rest of the toolkit sees it: a file in, an extraction out."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

from clerkwork.children import Child
from clerkwork.config.files.templates import shipped
from clerkwork.config.settings import DocumentSettings
from clerkwork.documents import pipeline
from clerkwork.documents.ocr import cache as stored
from clerkwork.documents.sources import formats, open_document
from clerkwork.errors import ApplicationException, DocumentRejected
from clerkwork.model.documents.extraction import Extraction, PageImage
from clerkwork.model.documents.master_data import Master
from clerkwork.model.project.document_templates import Template
from clerkwork.model.work.time_limit import acquired

SPARE_ADDRESS_SPACE_MB = 1536
START_TIMEOUT = timedelta(seconds=60)  # apart from the document's, which is not to blame for it
OPEN_CPU = timedelta(seconds=8)  # a child is ended a little later, and 10 are promised
PAGE_CPU = timedelta(seconds=1)  # for each further page
PATIENCE = 6  # by the clock, times the processor time: other work may keep the processors busy
WEAR = frozenset({"child_memory", "child_died"})  # of what was read before, it may be
BLAME = {
    "child_cpu": "takes too long to read",
    "child_memory": "needs too much memory to read",
    "child_died": "breaks the program that reads it",
}
T = TypeVar("T")


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
            cache: The folder that readings are kept in, or None to read every time.
            master: Returns the master data as it is now.
            templates: The templates that classify documents; None for those shipped.
        """
        self._settings = settings
        self._cache = cache if settings.cache_mb else None
        self._evidence = evidence
        self._master = master
        self._templates = tuple(shipped() if templates is None else templates)
        self._pages_read = 0  # by the children that there are now
        self._lock = threading.Lock()  # a child holds one open document
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
                takes too much processor time or memory to open.
            ApplicationException: The child process could not be started, or the machine is too
                busy.
        """
        with acquired(self._lock):
            return self._tried(name, lambda: self._open(file, name))

    def read(self, file: Path, name: str) -> Extraction:
        """Return the class of a document and its fields, each with its evidence.

        Raises:
            DocumentRejected: See :meth:`probe`; or reading it takes too much processor time or
                memory, or ends the child process.
            ApplicationException: See :meth:`probe`; or an engine failed.
        """
        with acquired(self._lock):
            if self._pages_read >= self._settings.recycle_pages:
                self._end()  # the memory of engines only grows
            extraction = self._tried(name, lambda: self._read_once(file, name))
        if self._cache is not None:
            stored.clear(self._cache, max_mb=self._settings.cache_mb)
        return extraction

    def draw(self, file: Path, name: str, pages: Sequence[PageImage]) -> list[PageImage]:
        """Return the pages of a document that was read, the missing pictures of them drawn.

        Raises:
            DocumentRejected: See :meth:`probe`.
            ApplicationException: See :meth:`probe`.
        """
        missing = [number for number, page in enumerate(pages) if not page.sha256]
        if not missing:
            return list(pages)

        def draw() -> list[PageImage]:
            self._ready(self._child)
            task = (file, name, self._settings, self._evidence, missing)
            drawn = self._child.call(open_document.draw_pages, *task, **_opening(len(missing)))
            return [found for found in drawn if isinstance(found, PageImage)]

        with acquired(self._lock):
            drawn = dict(zip(missing, self._tried(name, draw), strict=True))
        return [drawn.get(number, page) for number, page in enumerate(pages)]

    def _read_once(self, file: Path, name: str) -> Extraction:
        pages = self._open(file, name)
        self._pages_read += pages
        limit = timedelta(seconds=self._settings.page_timeout_s * pages)
        if pages > 1 and self._helpers:
            self._read_ahead(file, name, pages, limit)
        task = pipeline.Task(
            settings=self._settings,
            evidence=self._evidence,
            cache=self._cache,
            master=self._master(),
            templates=self._templates,
        )
        read: Extraction = self._child.call(
            pipeline.read_file, task, timeout=limit * PATIENCE, cpu=limit
        )
        return read

    def _open(self, file: Path, name: str) -> int:
        """Let the child open the document; return the number of its pages."""
        self._ready(self._child)
        settings = self._settings
        pages: int = self._child.call(open_document.open_file, file, name, settings, **_opening(1))
        every = tuple(range(pages))
        self._child.call(open_document.open_pages, file, name, settings, every, **_opening(pages))
        return pages

    def _ready(self, child: Child) -> None:
        child.call(pipeline.get_ready, timeout=START_TIMEOUT)

    def _read_ahead(self, file: Path, name: str, pages: int, limit: timedelta) -> None:
        """Let every child read its share of the pages into the cache, all at once."""
        children = [self._child, *self._helpers]
        count = min(len(children), pages)

        def work_on(index: int) -> None:
            child, share = children[index], tuple(range(index, pages, count))
            if index:  # the first holds them all
                self._ready(child)
                task = (file, name, self._settings, share)
                child.call(open_document.open_pages, *task, **_opening(len(share)))
            bounds: dict[str, Any] = {"timeout": limit * PATIENCE, "cpu": limit}
            child.call(pipeline.read_ahead, self._settings, self._cache, share, **bounds)

        with ThreadPoolExecutor(count) as pool:
            for done in [pool.submit(copy_context().run, work_on, index) for index in range(count)]:
                done.result()

    def _tried(self, name: str, act: Callable[[], T]) -> T:
        """Act, and retry once in a new child where earlier documents may have caused the failure.

        Raises:
            DocumentRejected: The document ended a new child.
            ApplicationException: Something else failed.
        """
        worn = self._pages_read > 0
        try:
            return act()
        except ApplicationException as error:
            if not worn or error.code not in WEAR:
                _blame(error, name)
                raise
        self._end()
        try:
            return act()
        except ApplicationException as error:
            _blame(error, name)
            raise

    def close(self) -> None:
        """End the child processes."""
        with self._lock:
            self._end()

    def _end(self) -> None:
        self._pages_read = 0
        for child in (self._child, *self._helpers):
            child.close()


def _opening(pages: int) -> dict[str, Any]:
    """Return the limits of a call that opens so many pages."""
    cpu = OPEN_CPU + PAGE_CPU * (pages - 1)
    return {"timeout": cpu * PATIENCE, "cpu": cpu}


def _blame(error: ApplicationException, name: str) -> None:
    """Raise ``DocumentRejected`` when what happened to the child is the document's fault."""
    code = "child_memory" if "MemoryError" in str(error) else error.code
    if code in BLAME:
        raise DocumentRejected(name, "", BLAME[code], formats.SIMPLER) from error
