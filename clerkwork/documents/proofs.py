"""The vocabulary between extraction and decision: candidates, and proofs for or against them.

A kind of document extracts one candidate for each field. Rules look at the candidates and return
proofs. Neither decides anything; ``confidence.decide`` weighs all of them once, at the end.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from clerkwork.documents.draft import FoundValue
from clerkwork.model.documents.extraction import Proof

PROVEN = 0.99
EXACT = 0.97
AGREED = 0.93
LIKELY = 0.88
HALF = 0.7
GUESS = 0.4
ALONE = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Assessment:
    """What is known about a value from the document alone.

    Attributes:
        confidence: How far the rule behind it is trusted as long as nothing was measured, from
            0.0 to 1.0.
        reason: A sentence for the reviewer, with ``{name}`` for facts.
        facts: The values named in *reason*.
        refuted: Whether a check failed; such a value goes to a person at any confidence.
        evidence: What confirms the value.
        repaired: Whether the value differs from the first reading.
    """

    confidence: float
    reason: str
    facts: dict[str, str] = field(default_factory=dict)
    refuted: bool = False
    evidence: tuple[Proof, ...] = ()
    repaired: bool = False


def assessed(
    confidence: float,
    reason: str,
    *evidence: Proof,
    refuted: bool = False,
    repaired: bool = False,
    **facts: str,
) -> Assessment:
    """Return an assessment, its facts given as keywords."""
    return Assessment(
        confidence=confidence,
        reason=reason,
        facts=facts,
        refuted=refuted,
        evidence=evidence,
        repaired=repaired,
    )


def missing() -> Assessment:
    """Return the assessment of a field that was not found."""
    return assessed(0.0, "Not found in the document.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCandidate:
    """The value extracted for one field.

    Attributes:
        item: The value with its words, or None where nothing was found.
        assessment: What the document says for it and against it.
        alternatives: Other possible values, best first; may repeat or contain *item*'s own.
    """

    item: FoundValue | None
    assessment: Assessment
    alternatives: tuple[str, ...] = ()


def not_found() -> FieldCandidate:
    """Return the candidate of a field that was not found."""
    return FieldCandidate(item=None, assessment=missing())


Candidates = Mapping[str, FieldCandidate]  # by the field's path, in the order of the form


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A fact outside the document confirms the value.

    Attributes:
        path: The field's path, as in every proof.
        value: The confirmed value; it may be spelled differently from what was read.
        confidence: How far the rule is trusted as long as nothing was measured.
        reason: Shown to the reviewer where the value did not pass without this proof.
        proof: The kind of fact.
    """

    path: str
    value: str
    confidence: float
    reason: str
    proof: Proof


@dataclass(frozen=True, slots=True, kw_only=True)
class Repair:
    """Master data has a value that replaces the one read.

    Attributes:
        path: The field's path.
        value: The value of the master data.
        confidence: How far the rule is trusted as long as nothing was measured.
        reason: A sentence with ``{read}`` for the value read.
    """

    path: str
    value: str
    confidence: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Refutation:
    """A check failed: the field goes to a person.

    Attributes:
        path: The field's path.
        reason: A sentence with ``{name}`` for facts.
        facts: The values named in *reason*.
        options: Values to propose to the person, best first.
    """

    path: str
    reason: str
    facts: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Requirement:
    """The field passes only from the probability *least* on."""

    path: str
    least: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Replacement:
    """Another candidate takes the place of the field's own, or adds a field."""

    path: str
    candidate: FieldCandidate


FieldProof = Confirmation | Repair | Refutation | Requirement | Replacement
