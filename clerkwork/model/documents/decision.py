"""The decision on a value that was read: it passes, or a person reviews it, with the reason.

Confidence alone is not enough. A value passes if it has a proof other than its engine, no check
failed, and values with the same evidence were correct often enough when this was measured.
"""

import hashlib

from pydantic import BaseModel, ConfigDict, Field

from clerkwork.model.documents.extraction import FieldEvidence

PASSES = "Passes: of such values {right} were right, at least {least} are asked for."
TOO_OFTEN_WRONG = "To a person: of such values {right} were right, at least {least} are asked for."
NOTHING_FOUND = "To a person: nothing was found."
CHECK_FAILED = "To a person: a check failed."
UNCONFIRMED = "To a person: nothing but the engine that read it speaks for it."


class FieldThreshold(BaseModel):
    """The threshold of one field of one source, and the sample that it is based on.

    Attributes:
        threshold: A value with a lower probability goes to a person.
        checked: Number of reviewed values at or above the threshold.
        wrong: How many of them a person corrected.
        error_at_most: Upper bound of their error rate, with 95 % confidence.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    threshold: float = Field(ge=0, le=1)
    checked: int = Field(ge=0)
    wrong: int = Field(ge=0)
    error_at_most: float = Field(ge=0, le=1)


class Thresholds(BaseModel):
    """The content of ``config/thresholds.yaml``, which ``clerkwork tune`` writes.

    Attributes:
        target_error: The highest allowed error rate of passed values.
        sources: By source, such as ``form_extraction/text_layer``, and by field.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    target_error: float = Field(0.005, gt=0, lt=1)
    sources: dict[str, dict[str, FieldThreshold]] = Field(default_factory=dict)

    def least(self, source: str, field: str) -> float | None:
        """Return the threshold of a field of a source, or None if it has none."""
        found = self.sources.get(source, {}).get(field)
        return None if found is None else found.threshold


def passable(field: FieldEvidence) -> bool:
    """Return whether the value can pass at any threshold."""
    return bool(field.value and field.evidence) and not field.refuted


def passes(field: FieldEvidence, least: float) -> bool:
    """Return whether the value passes at the threshold *least* and at the field's own."""
    return passable(field) and (field.probability or 0.0) >= max(least, field.least)


def decided(field: FieldEvidence, least: float) -> FieldEvidence:
    """Return the field with its decision at the threshold *least*, and the reason."""
    good = passes(field, least)
    required = max(least, field.least)
    facts = {"right": _percent(field.probability or 0.0), "least": _percent(required)}
    return field.model_copy(
        update={
            "doubtful": not good,
            "decision": _sentence(field, good),
            "decision_facts": facts,
        }
    )


def _sentence(field: FieldEvidence, passes: bool) -> str:
    if passes:
        return PASSES
    if not field.value:
        return NOTHING_FOUND
    if field.refuted:
        return CHECK_FAILED
    return TOO_OFTEN_WRONG if field.evidence else UNCONFIRMED


def _percent(share: float) -> str:
    return f"{share:.1%}"


def name_of(path: str) -> str:
    """Return a path without line numbers: ``lines.code`` for ``lines.0.code``."""
    return ".".join(part for part in path.split(".") if not part.isdigit())


def is_sampled(sha256: str, share: float) -> bool:
    """Return whether a document is sampled for review although all its values passed.

    Only the content decides, so that the same document is always or never sampled, even if it is
    sent several times or under several names.

    Args:
        sha256: Content address of the document.
        share: From 0.0 (no document) to 1.0 (every document).
    """
    drawn = hashlib.sha256(f"sample {sha256}".encode()).digest()
    return int.from_bytes(drawn[:8]) < share * 2**64
