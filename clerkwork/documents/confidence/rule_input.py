"""What a rule looks at when it looks for proofs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from clerkwork.documents.extract.read_document import ReadDocument
from clerkwork.documents.proofs import FieldProof
from clerkwork.model.documents.extraction import FieldEvidence
from clerkwork.model.documents.master_data import Master


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleInput:
    """The fields as the proofs of earlier rules leave them, and what they are checked against.

    Attributes:
        fields: By path, not decided yet.
        document: The document with its template.
        least: The probability below which a field goes to a person.
        master: What the business knows.
        supplier_rows: Rows that may hold the supplier's name, or empty.
    """

    fields: Mapping[str, FieldEvidence]
    document: ReadDocument
    least: float
    master: Master = field(default_factory=Master)
    supplier_rows: tuple[str, ...] = ()

    @property
    def ratios(self) -> list[float]:
        """Return the height of each page divided by its width."""
        return [page.ratio for page in self.document.pages]


Rule = Callable[[RuleInput], list[FieldProof]]
