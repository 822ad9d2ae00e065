"""Automation rate: items completed without a person, of all completed or sent to a person."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter
from clerkwork.model.work.items import ItemState

KPI = Kpi(
    name="rate",
    title="Automation rate",
    title_zh="自动化率",
    unit=Unit.SHARE,
    better=Better.HIGHER,
    window_days=7,
    numerator=ItemFilter(state=ItemState.DONE, touched=False),
    denominator=(ItemFilter(state=ItemState.DONE, touched=False), ItemFilter(touched=True)),
    detail="{items} by bots alone of {of} done or sent to a person",
    detail_zh="在 {of} 个已完成或转人工的工作项中，{items} 个由机器人独立完成",
    order=10,
)
