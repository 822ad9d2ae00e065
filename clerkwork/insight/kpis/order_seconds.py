"""Mean bot time of an item that is done."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter, bot_seconds
from clerkwork.model.work.items import ItemState

KPI = Kpi(
    name="order_seconds",
    title="Bot time per item done",
    title_zh="每个已完成工作项的机器人用时",
    unit=Unit.SECONDS,
    better=Better.LOWER,
    window_days=7,
    numerator=ItemFilter(state=ItemState.DONE),
    denominator=(ItemFilter(state=ItemState.DONE),),
    measure=bot_seconds,
    detail="mean of {items} items done",
    detail_zh="{items} 个已完成工作项的平均值",
    order=80,
)
