"""Items for which a locator healed itself on a changed page of the target."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import ItemFilter

KPI = Kpi(
    name="healed",
    title="Fields found on a changed page",
    title_zh="在有变动的页面上找到字段",
    unit=Unit.ITEMS,
    better=Better.LOWER,
    window_days=30,
    numerator=ItemFilter(healed=True),
    detail="of {of} items",
    detail_zh="共 {of} 个工作项",
    order=110,
)
