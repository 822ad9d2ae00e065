"""The weight of a candidate and its proofs: value, evidence and measured probability."""

from collections.abc import Iterable, Sequence
from functools import cache

from clerkwork.documents.confidence.calibration import Calibration, shipped
from clerkwork.documents.proofs import (
    Candidates,
    Confirmation,
    FieldCandidate,
    FieldProof,
    Refutation,
    Repair,
    Replacement,
    Requirement,
)
from clerkwork.documents.tokens import boxes_of
from clerkwork.model.documents.decision import passes
from clerkwork.model.documents.extraction import FieldEvidence, Proof

MOST_CANDIDATES = 5  # shown to a person for one field


def weigh(
    candidates: Candidates, proofs: Iterable[FieldProof], *, ratios: Sequence[float], least: float
) -> dict[str, FieldEvidence]:
    """Return the fields by path with all proofs applied in order, not decided yet.

    Args:
        candidates: What was extracted.
        proofs: What the rules returned.
        ratios: The height of each page divided by its width.
        least: The probability from which on a field passes.
    """
    fields = {path: _evidence(path, each, ratios) for path, each in candidates.items()}
    for proof in proofs:
        if isinstance(proof, Replacement):
            fields[proof.path] = _evidence(proof.path, proof.candidate, ratios)
        else:
            field = fields[proof.path]
            fields[proof.path] = field.model_copy(update=_changes(field, proof, least))
    return fields


def _evidence(path: str, candidate: FieldCandidate, ratios: Sequence[float]) -> FieldEvidence:
    item, known = candidate.item, candidate.assessment
    value = item.value if item else ""
    others = [text for text in dict.fromkeys(candidate.alternatives) if text and text != value]
    chance = _calibration().probability(path, known.reason, known.confidence) if value else 0.0
    return FieldEvidence(
        path=path,
        value=value,
        raw=item.raw if item else "",
        confidence=round(known.confidence, 3),
        boxes=boxes_of(item.tokens if item else (), ratios),
        reason=known.reason,
        facts=known.facts,
        evidence=list(known.evidence),
        refuted=known.refuted,
        repaired=known.repaired,
        candidates=others[:MOST_CANDIDATES],
        probability=round(chance, 4),
    )


def _changes(
    field: FieldEvidence,
    proof: Confirmation | Repair | Refutation | Requirement,
    least: float,
) -> dict[str, object]:
    """Return the attributes of a field that a proof changes."""
    match proof:
        case Confirmation():
            return _confirmed(field, proof, least)
        case Repair():
            return _repaired(field, proof)
        case Refutation():
            options = [*proof.options, *field.candidates][:MOST_CANDIDATES]
            doubt = {"reason": proof.reason, "facts": proof.facts, "refuted": True}
            return {**doubt, "candidates": options}
        case Requirement():
            return {"least": proof.least}


def _confirmed(field: FieldEvidence, proof: Confirmation, least: float) -> dict[str, object]:
    """Return the changes of a confirmation.

    A field that a check refuted stays refuted, and one that passes anyway keeps its reason.
    """
    changes: dict[str, object] = {
        "value": proof.value,
        "evidence": [*field.evidence, proof.proof],
    }
    if not field.refuted and not passes(field, least):
        changes |= {"reason": proof.reason, "facts": {}, **_trusted(field, proof)}
    return changes


def _repaired(field: FieldEvidence, proof: Repair) -> dict[str, object]:
    others = [field.value, *(text for text in field.candidates if text != proof.value)]
    return {
        "value": proof.value,
        "raw": field.raw or field.value,
        "repaired": True,
        "evidence": [Proof.MASTER_DATA],
        "reason": proof.reason,
        "facts": {"read": field.value or "-"},
        "candidates": [text for text in others if text][:MOST_CANDIDATES],
        **_trusted(field, proof),
    }


def _trusted(field: FieldEvidence, proof: Confirmation | Repair) -> dict[str, object]:
    chance = _calibration().probability(field.path, proof.reason, proof.confidence)
    return {"confidence": proof.confidence, "probability": round(chance, 4)}


@cache
def _calibration() -> Calibration:
    return shipped()
