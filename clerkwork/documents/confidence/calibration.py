"""How often values were right, by reason, as measured on documents with known answers.

``calibration.yaml`` holds counts: for every reason, and in it for every field, how many values
were right of how many. ``benchmarks/calibrate_documents.py`` writes it. Counts of a
rare reason are mixed with the confidence of its rule, and those of a field with its reason, so that
three right values of three do not give certainty.
"""

from collections.abc import Mapping
from pathlib import Path

import yaml

from clerkwork.model.documents.decision import name_of

FILE = Path(__file__).with_suffix(".yaml")
RULE_WEIGHT = 4  # values that a rule's own confidence counts for
REASON_WEIGHT = 8  # values that the rate of all fields counts for
Counts = Mapping[str, Mapping[str, tuple[int, int]]]


class Calibration:
    """Probabilities from counts."""

    def __init__(self, counts: Counts) -> None:
        """Take the right values and all values by reason and by field."""
        self._counts = counts
        self._sums = {
            reason: (sum(right for right, _ in fields.values()), sum(n for _, n in fields.values()))
            for reason, fields in counts.items()
        }

    def probability(self, path: str, reason: str, confidence: float) -> float:
        """Return how likely a value is right.

        Args:
            path: The field's path.
            reason: The sentence that confirms or refutes the value.
            confidence: How far the rule is trusted as long as nothing was measured.
        """
        right, seen = self._sums.get(reason, (0, 0))
        of_reason = (right + RULE_WEIGHT * confidence) / (seen + RULE_WEIGHT)
        right, seen = self._counts.get(reason, {}).get(name_of(path), (0, 0))
        return (right + REASON_WEIGHT * of_reason) / (seen + REASON_WEIGHT)


def shipped() -> Calibration:
    """Return the calibration that comes with the toolkit."""
    data = yaml.safe_load(FILE.read_text("utf-8"))
    return Calibration(
        {
            reason: {name: (int(right), int(seen)) for name, (right, seen) in fields.items()}
            for reason, fields in data["reasons"].items()
        }
    )
