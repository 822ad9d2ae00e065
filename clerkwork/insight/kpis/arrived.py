"""Items that arrived."""

from clerkwork.insight.kpi import Better, Kpi, Unit

KPI = Kpi(
    name="arrived",
    title="Arrived",
    title_zh="到达",
    unit=Unit.ITEMS,
    better=Better.NEITHER,
    window_days=1,
    detail="all items",
    detail_zh="全部工作项",
    order=20,
)
