"""How far a found value is believed, and the sentence that says why.

No value is believed because an engine is sure of it. Amounts are believed when the sums hold;
words from a text layer when a label or a column names them; words of a scan when independent
readings agree. Everything else is doubtful, and a person looks at it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clerkwork.documents.found import Found
from clerkwork.documents.witness import Witness, folded
from clerkwork.documents.words import box_of
from clerkwork.model.extraction import FieldEvidence

PROVEN = 0.99
EXACT = 0.97
AGREED = 0.93
LIKELY = 0.88
HALF = 0.7
GUESS = 0.4
ALONE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Why a value is believed or not.

    Attributes:
        confidence: From 0.0 to 1.0.
        reason: A sentence with ``{name}`` for facts.
        facts: The values named in *reason*.
        refuted: Whether a check failed, which makes the field doubtful at any confidence.
    """

    confidence: float
    reason: str
    facts: dict[str, str]
    refuted: bool = False


def verdict(confidence: float, reason: str, *, refuted: bool = False, **facts: str) -> Verdict:
    """Return a verdict with its facts as keywords."""
    return Verdict(confidence=confidence, reason=reason, facts=facts, refuted=refuted)


class Scribe:
    """Writes the evidence of fields, with the ratios of the pages and the limit of doubt."""

    def __init__(self, ratios: Sequence[float], min_confidence: float) -> None:
        self._ratios = ratios
        self._min_confidence = min_confidence

    def write(
        self, path: str, item: Found | None, judged: Verdict, candidates: Iterable[str] = ()
    ) -> FieldEvidence:
        """Return the evidence of one field."""
        value = item.value if item else ""
        tokens = item.tokens if item else ()
        others = [other for other in dict.fromkeys(candidates) if other and other != value]
        return FieldEvidence(
            path=path,
            value=value,
            raw=item.raw if item else "",
            confidence=round(judged.confidence, 3),
            box=box_of(tokens, self._ratios[tokens[0].page]) if tokens else None,
            reason=judged.reason,
            facts=judged.facts,
            doubtful=judged.refuted or not value or judged.confidence < self._min_confidence,
            candidates=others[:5],
        )


def missing() -> Verdict:
    """Return the verdict on a field that was not found."""
    return verdict(0.0, "Not found in the document.")


def place(item: Found) -> Verdict:
    """Return the verdict on an exact value from where it stands."""
    if item.label:
        return verdict(EXACT, "Stands with the label “{label}”.", label=item.label)
    return verdict(EXACT, "Stands in its column of the table.")


def agreement(item: Found, witness: Witness, *, numeric: bool = False) -> Verdict:
    """Return the verdict on a value by how many independent readings agree with the first."""
    if witness.exact(item.tokens):
        return place(item)
    mine = folded(item.raw)
    others = [*witness.others(item.tokens), witness.again(item.tokens, numeric=numeric)]
    agree = sum(1 for text in others if folded(text) == mine)
    if agree >= 2:
        return verdict(AGREED, "{count} independent readings agree.", count=str(agree + 1))
    different = [text for text in dict.fromkeys(others) if text and folded(text) != mine]
    shown = "; ".join(different)[:120]
    if agree == 1:
        reason = "Only one other reading agrees; others: {others}."
        return verdict(HALF, reason, others=shown or "-")
    return verdict(GUESS, "The readings differ: {others}.", others=shown or "-")
