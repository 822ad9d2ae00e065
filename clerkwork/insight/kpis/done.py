"""Items that are done, by bots or by people."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter
from clerkwork.model.work.items import ItemState

KPI = Kpi(
    name="done",
    title="Done",
    title_zh="已完成",
    unit=Unit.ITEMS,
    better=Better.HIGHER,
    window_days=1,
    numerator=ItemFilter(state=ItemState.DONE),
    detail="of {of} arrived",
    detail_zh="共到达 {of} 个",
    order=50,
)
