"""The error rate of values that passed without a person, measured on sampled documents."""

from dataclasses import dataclass, replace

from sqlalchemy.engine import Connection

from clerkwork.model.documents.error_rate import lower_bound, upper_bound
from clerkwork.store.items.items import Filter
from clerkwork.store.reviews import samples
from clerkwork.store.reviews.samples import Raised


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasuredError:
    """The measured error rate of one field of one source.

    Attributes:
        checked: Number of sampled values that a person checked.
        wrong: Number of them that the person changed.
        low: Lower bound of the error rate, with 95 % confidence.
        high: Upper bound of the error rate, with 95 % confidence.
        items: Number of sampled items; *wanted* selects them.
        raised: The threshold that was raised because of these errors, or None.
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
    """Return the measured error rate of each field of each source, for items that pass *wanted*."""
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
