"""Documents: one work item for each file; the bot reads it, or a person if no bot can."""

from typing import Any

from clerkwork.discover import dotted_name
from clerkwork.errors import DocumentRejected, rejection
from clerkwork.intake.contract import FileContent, FileReader, Incoming, OpenReader
from clerkwork.intake.stored_file import Stored
from clerkwork.model.orders import Document
from clerkwork.model.project.sources import ReaderKeys
from clerkwork.model.work.reviews import NewReview, plain_fields


class DocumentFiles(OpenReader):
    """Makes one work item of each file; a person is asked about one that is no document."""

    def read(self, incoming: Incoming) -> FileContent:
        """Return the one item of a document, named by its content."""
        stored = incoming.stored
        path, root = stored.path, self.context.root
        shown = path.relative_to(root) if path.is_relative_to(root) else path
        payload = {"file": shown.as_posix(), "name": stored.first_name}
        item = incoming.item(stored.sha256[:16], payload)
        return FileContent(arrivals=[(item, self._refusal(stored, payload))])

    def _refusal(self, stored: Stored, payload: dict[str, Any]) -> NewReview | None:
        """Return what a person is asked about a document that cannot be read, or None."""
        try:
            self.context.documents.probe(stored.path, stored.name)
        except DocumentRejected as error:
            why = rejection(error)
            return NewReview(
                step=None,
                code=why.code,
                message=why.message,
                facts=why.facts,
                model=dotted_name(Document),
                shown=payload,
                fields=plain_fields(payload, ()),
            )
        return None


READER: FileReader[ReaderKeys] = FileReader(
    name="document",
    summary="one item per file, a PDF or a picture",
    gives=Document,
    open=DocumentFiles,
    many=False,
)
