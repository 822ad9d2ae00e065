"""Confidence thresholds from reviewed values, and the review time that each one costs."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.engine import Connection

from clerkwork.model.documents.decision import FieldThreshold, Thresholds, name_of
from clerkwork.model.documents.error_rate import (
    ProbabilityGroup,
    lowest_threshold,
    still_needed,
    upper_bound,
)
from clerkwork.store.items import tallies
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import readings, samples
from clerkwork.store.reviews.readings import Reading

NEWEST = 2000  # latest documents of a source from which the cost is estimated
SECONDS_WITHOUT_REVIEWS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdProposal:
    """The threshold that the reviewed values of one field of one source allow.

    Attributes:
        checked: Number of reviewed values that were allowed to pass.
        wrong: Number of them that a person corrected.
        threshold: The proposal, or None if the sample is too small.
        needed: Number of further correct values that would allow a threshold; 0 with a threshold.
        passing: Share of values in recent documents that would pass; None without documents.
        minutes: Review minutes per 100 documents for this field alone; None without documents.
    """

    source: str
    field: str
    checked: int
    wrong: int
    threshold: FieldThreshold | None
    needed: int
    passing: float | None
    minutes: float | None


def propose(db: Connection, target: float) -> list[ThresholdProposal]:
    """Return a proposal for every field of every source that people reviewed.

    Args:
        db: An open transaction.
        target: Maximum error rate of values that pass, with 95 % confidence.
    """
    median_ms = tallies.handling(db, Filter()).median_ms
    review_s = SECONDS_WITHOUT_REVIEWS if median_ms is None else median_ms / 1000
    steps = samples.passable_steps(db)
    recent = {
        source: readings.latest(db, source, limit=NEWEST)
        for source in sorted({s for s, _ in steps})
    }
    return [
        _proposal(source, field, found, target=target, read=recent[source], review_s=review_s)
        for (source, field), found in sorted(steps.items())
    ]


def tuned(before: Thresholds, proposals: Sequence[ThresholdProposal], target: float) -> Thresholds:
    """Return *before* with the proposed thresholds; fields without a proposal are unchanged."""
    sources = {source: dict(fields) for source, fields in before.sources.items()}
    for proposal in proposals:
        if proposal.threshold is not None:
            sources.setdefault(proposal.source, {})[proposal.field] = proposal.threshold
    return Thresholds(
        target_error=target,
        sources={name: dict(sorted(sources[name].items())) for name in sorted(sources)},
    )


def _proposal(
    source: str,
    field: str,
    steps: Sequence[ProbabilityGroup],
    *,
    target: float,
    read: Sequence[Reading],
    review_s: float,
) -> ThresholdProposal:
    chosen = lowest_threshold(steps, target)
    least = chosen.probability if chosen else None
    passing, asked = _cost(field, least, read)
    return ThresholdProposal(
        source=source,
        field=field,
        checked=sum(step.checked for step in steps),
        wrong=sum(step.wrong for step in steps),
        threshold=_threshold(chosen) if chosen else None,
        needed=still_needed(steps, target),
        passing=passing,
        minutes=None if asked is None else asked * 100 * review_s / 60,
    )


def _threshold(chosen: ProbabilityGroup) -> FieldThreshold:
    return FieldThreshold(
        threshold=chosen.probability,
        checked=chosen.checked,
        wrong=chosen.wrong,
        error_at_most=round(upper_bound(chosen.wrong, chosen.checked), 5),
    )


def _cost(
    field: str, least: float | None, read: Sequence[Reading]
) -> tuple[float | None, float | None]:
    """Return the share of values that pass, and of documents with a value that does not."""
    by_document = [
        [
            least is not None and value.passable and value.probability >= least
            for value in reading.values
            if name_of(value.path) == field
        ]
        for reading in read
    ]
    by_document = [each for each in by_document if each]
    values = [passes for each in by_document for passes in each]
    if not values:
        return None, None
    asked = sum(not all(each) for each in by_document) / len(by_document)
    return sum(values) / len(values), asked
