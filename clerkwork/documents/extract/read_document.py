"""What a kind of document gets to extract from, and what it returns."""

from collections.abc import Sequence
from dataclasses import dataclass

from clerkwork.documents.ocr.second_opinion import Witness
from clerkwork.documents.proofs import Candidates
from clerkwork.documents.tokens import PageWords
from clerkwork.model.project.document_templates import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadDocument:
    """A document after OCR.

    Attributes:
        pages: The words of each page.
        witness: Second readings of any place on the pages.
        template: The template that classified it, or None.
        date_order: ``dmy`` or ``mdy``, or empty where dates in digits may be either.
    """

    pages: Sequence[PageWords]
    witness: Witness
    template: Template | None = None
    date_order: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extracted:
    """What a kind of document extracted.

    Attributes:
        candidates: A candidate for each field, by its path, in the order of the form.
        kind: The kind as the document's own title says, used where no template classified it.
        supplier_rows: Rows that may hold the supplier's name where no label does, else empty.
    """

    candidates: Candidates
    kind: str
    supplier_rows: tuple[str, ...] = ()
