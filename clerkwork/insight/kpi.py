"""What a KPI declares, and how all KPIs are found.

Each module in the folder ``kpis`` is a KPI: its constant ``KPI`` is a ``Kpi`` with the name of the
file, and the first line of its docstring says what it means. Console, command line, export and
reference show every KPI of the folder; nothing is registered anywhere.
"""

import inspect
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cache

from clerkwork.discover import modules_in
from clerkwork.insight import kpis
from clerkwork.insight.measures import (
    ItemFilter,
    Measure,
    item_count,
    median_review_seconds,
    review_minutes,
)

OF_REVIEWS = (review_minutes, median_review_seconds)


class Unit(StrEnum):
    """The unit of a KPI's value."""

    SHARE = "share"  # from 0.0 to 1.0
    ITEMS = "items"
    SECONDS = "seconds"
    MINUTES = "minutes"


class Better(StrEnum):
    """Which direction of a KPI is an improvement."""

    HIGHER = "higher"
    LOWER = "lower"
    NEITHER = "neither"  # a volume, such as the items that arrived


@dataclass(frozen=True, slots=True, kw_only=True)
class Kpi:
    """A key performance indicator: *measure* of the numerator, per item of the denominator.

    Attributes:
        name: Name of its file; the key in exports.
        title: Title in English, and *title_zh* in Chinese.
        better: Direction of an improvement.
        window_days: Days that one value covers where the reader chooses no time range.
        numerator: Items that are measured; the figure opens the list of them.
        denominator: Items that the value is divided by. An item counts once when it passes one
            filter or more. Empty: the value is not divided.
        measure: What is summed over the numerator; the number of items by default.
        detail: Sentence below the figure. ``{items}`` is the number of items in the numerator,
            ``{of}`` that in the denominator, or of all items where there is no denominator.
        order: Position among the KPIs, lowest first; equal positions are ordered by name.
        meaning: First line of the module's docstring; discovery fills it in.

    Raises:
        ValueError: The report's statements cannot answer it: ``healed`` or ``code`` with a measure
            other than ``item_count`` or in a denominator of several filters; the time of reviews
            for anything but all items sent to a person.
    """

    name: str
    title: str
    title_zh: str
    unit: Unit
    better: Better
    window_days: int
    numerator: ItemFilter = field(default_factory=ItemFilter)
    denominator: tuple[ItemFilter, ...] = ()
    measure: Measure = item_count
    detail: str = "{items} of {of} items"
    detail_zh: str = "{of} 个工作项中的 {items} 个"
    order: int = 500
    meaning: str = ""

    def __post_init__(self) -> None:
        """Refuse what the statements of the report cannot answer."""
        if not self.numerator.is_tallied and self.measure is not item_count:
            raise ValueError(f"{self.name}: `healed` and `code` work with `item_count` only")
        if len(self.denominator) > 1 and not all(each.is_tallied for each in self.denominator):
            raise ValueError(f"{self.name}: `healed` and `code` need a denominator of one filter")
        if self.measure in OF_REVIEWS and self.numerator != ItemFilter(touched=True):
            raise ValueError(f"{self.name}: review times need ItemFilter(touched=True)")


@cache
def find_kpis() -> dict[str, Kpi]:
    """Return every KPI by its name, in the order in which people see them."""
    found = [
        replace(module.KPI, meaning=inspect.cleandoc(module.__doc__ or "").split("\n", 1)[0])
        for module in modules_in(kpis)
    ]
    found.sort(key=lambda kpi: (kpi.order, kpi.name))
    return {kpi.name: kpi for kpi in found}
