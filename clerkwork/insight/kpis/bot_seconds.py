"""Seconds that bots worked, over all attempts."""

from clerkwork.insight.kpi import Better, Kpi, Unit
from clerkwork.insight.measures import bot_seconds

KPI = Kpi(
    name="bot_seconds",
    title="Bot time",
    title_zh="机器人用时",
    unit=Unit.SECONDS,
    better=Better.NEITHER,
    window_days=7,
    measure=bot_seconds,
    detail="over all attempts",
    detail_zh="含全部尝试",
    order=70,
)
