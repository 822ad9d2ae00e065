"""Minutes that the items done would take without bots, by the workflow's `manual_minutes`."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter, manual_minutes
from clerkwork.model.work.items import ItemState

KPI = Kpi(
    name="manual_minutes",
    title="Work without bots",
    title_zh="无机器人的工作量",
    unit=Unit.MINUTES,
    better=Better.HIGHER,
    window_days=7,
    numerator=ItemFilter(state=ItemState.DONE),
    measure=manual_minutes,
    detail="the same {items} items done by people alone",
    detail_zh="同样的 {items} 个工作项全部由人工完成",
    order=90,
)
