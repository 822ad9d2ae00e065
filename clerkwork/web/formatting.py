"""Values as text: instants in the readers' time zone, durations, shares, amounts."""

from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup, escape

from clerkwork.insight.kpi import Unit
from clerkwork.insight.metrics import KpiFigure
from clerkwork.web.i18n import gettext as _

MINUTE, HOUR, DAY = 60, 3600, 86_400


def stamp(instant: datetime, zone: ZoneInfo) -> str:
    """Return date and time to the minute in *zone*."""
    return instant.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def time_of_day(instant: datetime, zone: ZoneInfo) -> str:
    """Return the time to the second in *zone*."""
    return instant.astimezone(zone).strftime("%H:%M:%S")


def span(seconds: float) -> str:
    """Return a duration in its two largest units at most: ``2.1 s``, ``3 min``, ``2 h 5 min``."""
    seconds = abs(seconds)
    if seconds < 10:
        return _("%(n)s s") % {"n": f"{seconds:.1f}"}
    if seconds < 100:
        return _("%(n)s s") % {"n": f"{seconds:.0f}"}
    if seconds < HOUR:
        return _("%(n)s min") % {"n": round(seconds / MINUTE)}
    if seconds < DAY:
        whole, rest = divmod(round(seconds / MINUTE), 60)
        return _("%(n)s h %(m)s min") % {"n": whole, "m": rest}
    return _("%(n)s d") % {"n": round(seconds / DAY)}


def span_ms(milliseconds: float) -> str:
    """Return a duration given in milliseconds."""
    return span(milliseconds / 1000)


def age(delta: timedelta) -> str:
    """Return a duration."""
    return span(delta.total_seconds())


def share(value: float | None) -> str:
    """Return a share from 0.0 to 1.0 as a percentage, or a dash."""
    return "–" if value is None else f"{value * 100:.1f} %"


def number(value: float | None) -> str:
    """Return a number with thousands separators and at most one decimal, or a dash."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if float(value).is_integer() or abs(value) >= 100 else f"{value:,.1f}"


def kpi_value(figure: KpiFigure) -> str:
    """Return the value of a KPI in its unit, or a dash."""
    if figure.value is None or figure.kpi.unit is Unit.ITEMS:
        return number(figure.value)
    if figure.kpi.unit is Unit.SHARE:
        return share(figure.value)
    if figure.kpi.unit is Unit.MINUTES:
        return _("%(n)s min") % {"n": number(figure.value)}
    return span(figure.value)


def amount(data: dict[str, Any]) -> str:
    """Return the total of an order's payload with its currency, or an empty string."""
    try:
        total = Decimal(str(data["total"]))
    except (KeyError, InvalidOperation):
        return ""
    return f"{total:,.2f} {data.get('currency') or ''}".strip() if total.is_finite() else ""


def step_name(step: str | None) -> str:
    """Return a step's name without the name of its bot."""
    return (step or "").rpartition(": ")[2]


def prose(text: str) -> Markup:
    """Return an escaped sentence with the words in backticks as code."""
    parts = [
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part)
        for place, part in enumerate(text.split("`"))
    ]
    return Markup("").join(parts)
