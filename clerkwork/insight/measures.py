"""What a KPI counts: which items, and what is summed over them.

The measures read the tallies of the report, which the store counts in one statement. A KPI costs
no further statement unless its filter names a reason code or self-healed locators.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from clerkwork.model.work.items import ItemState, Outcome
from clerkwork.store.items.items import Filter
from clerkwork.store.items.tallies import Handling, ItemTally


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemFilter:
    """Which items of the reader's time range and workflow a KPI counts; None means any.

    Attributes:
        touched: Whether the item was sent to a person.
        healed: Whether a locator healed itself on a changed page of the target.
        code: Reason code with which the item was sent to a person.
    """

    state: ItemState | None = None
    outcome: Outcome | None = None
    touched: bool | None = None
    healed: bool | None = None
    code: str | None = None

    @property
    def is_tallied(self) -> bool:
        """Return whether the tallies answer it; if not, it costs one count in the store."""
        return self.healed is None and self.code is None

    def fits(self, tally: ItemTally) -> bool:
        """Return whether the items of *tally* pass the filter."""
        return (
            self.state in {None, tally.state}
            and self.outcome in {None, tally.outcome}
            and self.touched in {None, tally.touched}
        )

    def within(self, wanted: Filter) -> Filter:
        """Return *wanted* narrowed by this filter; lists of items take it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return replace(
            wanted, **{name: value for name, value in values.items() if value is not None}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the store counted for one report.

    Attributes:
        tallies: The items, counted by workflow, state, outcome and whether a person was asked.
        handling: Time that people spent on the answered reviews of these items.
        manual_minutes: Minutes that one item takes without a bot, by workflow.
    """

    tallies: Sequence[ItemTally]
    handling: Handling
    manual_minutes: Mapping[str, float]


Measure = Callable[[Facts, Sequence[ItemTally]], float | None]


def item_count(_facts: Facts, chosen: Sequence[ItemTally]) -> int:
    """Return the number of items."""
    return sum(tally.items for tally in chosen)


def bot_seconds(_facts: Facts, chosen: Sequence[ItemTally]) -> float:
    """Return the seconds that bots worked on the items, over all attempts."""
    return sum(tally.bot_ms for tally in chosen) / 1000


def manual_minutes(facts: Facts, chosen: Sequence[ItemTally]) -> float:
    """Return the minutes that the items would take without bots."""
    return sum(facts.manual_minutes.get(tally.workflow, 0) * tally.items for tally in chosen)


def review_minutes(facts: Facts, _chosen: Sequence[ItemTally]) -> float:
    """Return the minutes that people spent in reviews of the report's items."""
    return facts.handling.total_ms / 60_000


def median_review_seconds(facts: Facts, _chosen: Sequence[ItemTally]) -> float | None:
    """Return the median seconds of one review of the report's items; None without a review."""
    median_ms = facts.handling.median_ms
    return None if median_ms is None else median_ms / 1000
