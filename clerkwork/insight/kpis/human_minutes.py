"""Minutes that people spent in reviews."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter, review_minutes

KPI = Kpi(
    name="human_minutes",
    title="Time of people",
    title_zh="人工用时",
    unit=Unit.MINUTES,
    better=Better.LOWER,
    window_days=7,
    numerator=ItemFilter(touched=True),
    measure=review_minutes,
    detail="for {items} items sent to a person",
    detail_zh="{items} 个转人工的工作项",
    order=60,
)
