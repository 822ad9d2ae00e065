"""The error of the values that passed, as the sample shows it."""

from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from clerkwork.model.documents.error_rate import lower_bound, upper_bound
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import samples
from clerkwork.store.reviews.samples import Raised


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredError:
    """The error of the values of one field of one source that passed.

    Attributes:
        checked: Sampled values that a person looked at.
        wrong: How many of them were changed.
        low: The error rate that is reached with 95 % confidence.
        high: The error rate that is not exceeded with 95 % confidence.
        items: Number of sampled items; the list that *wanted* opens holds them.
        raised: The threshold that these errors drove up, or None.
    """

    source: str
    field: str
    checked: int
    wrong: int
    low: float
    high: float
    items: int
    wanted: Filter
    raised: Raised | None

    @property
    def rate(self) -> float:
        """Return the share of wrong values in the sample."""
        return self.wrong / self.checked


def measured_errors(db: Connection, wanted: Filter) -> list[MeasuredError]:
    """Return the measured error of each field of each source among the items that fit."""
    raised = {(each.source, each.field): each for each in samples.raised(db)}
    sampled = replace(wanted, code="sample")
    return [
        MeasuredError(
            source=tally.source,
            field=tally.field,
            checked=tally.checked,
            wrong=tally.wrong,
            low=lower_bound(tally.wrong, tally.checked),
            high=upper_bound(tally.wrong, tally.checked),
            items=tally.items,
            wanted=sampled,
            raised=raised.get((tally.source, tally.field)),
        )
        for tally in samples.sampled_tallies(db, wanted)
    ]
