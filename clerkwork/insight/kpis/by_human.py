"""Items sent to a person, with any outcome."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter

KPI = Kpi(
    name="by_human",
    title="Sent to a person",
    title_zh="转人工",
    unit=Unit.ITEMS,
    better=Better.LOWER,
    window_days=7,
    numerator=ItemFilter(touched=True),
    detail="of {of} arrived",
    detail_zh="共到达 {of} 个",
    order=40,
)
