"""Median time of one review, from its first opening to the answer."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter, median_review_seconds

KPI = Kpi(
    name="median_review_s",
    title="Median review",
    title_zh="复核用时中位数",
    unit=Unit.SECONDS,
    better=Better.LOWER,
    window_days=7,
    numerator=ItemFilter(touched=True),
    measure=median_review_seconds,
    detail="of {items} items sent to a person",
    detail_zh="{items} 个转人工的工作项",
    order=100,
)
