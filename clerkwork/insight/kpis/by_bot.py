"""Items that bots completed and no person was asked about."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter
from clerkwork.model.work.items import ItemState

KPI = Kpi(
    name="by_bot",
    title="By bots alone",
    title_zh="机器人独立完成",
    unit=Unit.ITEMS,
    better=Better.HIGHER,
    window_days=7,
    numerator=ItemFilter(state=ItemState.DONE, touched=False),
    detail="of {of} arrived",
    detail_zh="共到达 {of} 个",
    order=30,
)
