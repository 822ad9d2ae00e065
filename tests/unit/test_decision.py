"""A value passes or goes to a person, and the sentence says why."""

import hashlib

import pytest

from clerkwork.model.documents import decision
from clerkwork.model.documents.decision import decided, is_sampled
from clerkwork.model.documents.extraction import FieldEvidence, Proof


def field(**changes) -> FieldEvidence:
    given = {
        "path": "total",
        "value": "9.50",
        "confidence": 0.9,
        "probability": 0.98,
        "evidence": [Proof.ARITHMETIC],
    }
    return FieldEvidence.model_validate(given | changes)


@pytest.mark.parametrize(
    ("changes", "doubtful", "sentence"),
    [
        ({}, False, decision.PASSES),
        ({"probability": 0.9699}, True, decision.TOO_OFTEN_WRONG),
        ({"probability": 1.0, "evidence": []}, True, decision.UNCONFIRMED),
        ({"probability": 1.0, "refuted": True}, True, decision.CHECK_FAILED),
        ({"value": ""}, True, decision.NOTHING_FOUND),
        ({"probability": None}, True, decision.TOO_OFTEN_WRONG),
    ],
)
def test_a_value_passes_with_evidence_at_its_threshold_only(changes, doubtful, sentence):
    """Nothing passes on confidence alone, and no failed check is outvoted."""
    found = decided(field(**changes), 0.97)
    assert (found.doubtful, found.decision) == (doubtful, sentence)


def test_the_decision_states_both_rates():
    """A person reads how often such values are right and how often they have to be."""
    assert decided(field(), 0.97).decision_facts == {"right": "98.0%", "least": "97.0%"}


def test_the_sample_is_the_share_that_was_asked_for_and_the_same_each_time():
    """The content decides: sending a document again does not draw again."""
    contents = [hashlib.sha256(str(number).encode()).hexdigest() for number in range(20_000)]
    drawn = [is_sampled(sha256, 0.03) for sha256 in contents]
    assert sum(drawn) == pytest.approx(600, abs=75)
    assert drawn == [is_sampled(sha256, 0.03) for sha256 in contents]
    assert not any(is_sampled(sha256, 0.0) for sha256 in contents)
    assert all(is_sampled(sha256, 1.0) for sha256 in contents)
