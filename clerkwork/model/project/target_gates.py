"""The circuit breaker and the freeze windows of a target."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from pydantic import Field, model_validator

from clerkwork.model.project.calendars import DAY, WEEK, Calendar, TimeOfDay, minute_of, zone_of
from clerkwork.model.strict import Name, Seconds, Strict


class Breaker(Strict):
    """Pauses a target that fails repeatedly, so that its items do not fail too."""

    failures: int = Field(
        5,
        ge=1,
        le=1000,
        description="The breaker opens after this many failed lookups or entries in a row, of all "
        "items on all hosts. Failures of the browser or the bot itself do not count.",
    )
    cool_down_s: Seconds = Field(
        300.0,
        description="Seconds that the breaker stays open; then one item tries the target, and if "
        "it succeeds, the others resume.",
    )


class FreezeWindow(Strict):
    """Hours in which bots do not use a target, such as those of its nightly backup."""

    begin: TimeOfDay = Field(description='Local time of its start, in quotes, such as `"22:00"`.')
    end: TimeOfDay = Field(
        description='Local time of its end, such as `"05:30"`; on the next day if not after '
        "`begin`."
    )
    timezone: str = Field("UTC", description="IANA time zone of the times and days.")
    weekdays: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(
        default=["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
        min_length=1,
        description="Days of the week on which it starts.",
    )
    first_day: date | None = Field(None, description="The first day on which it starts, or any.")
    last_day: date | None = Field(None, description="The last day on which it starts, or any.")
    calendar: Name | None = Field(
        None, description="Business calendar for `only_on`, of the project or shipped."
    )
    only_on: Literal["workdays", "days_off"] | None = Field(
        None, description="Start only on workdays, or only on days off, of the calendar."
    )
    reason: str = Field("", description="The reason; postponed items show it.")

    @model_validator(mode="after")
    def _fits_together(self) -> "FreezeWindow":
        zone_of(self.timezone)
        if (self.calendar is None) != (self.only_on is None):
            raise ValueError("`calendar` and `only_on` need each other; write both or none")
        if self.first_day and self.last_day and self.last_day < self.first_day:
            raise ValueError("`last_day` must not be before `first_day`")
        return self

    def end_if_frozen(self, now: datetime, calendars: Mapping[str, Calendar]) -> datetime | None:
        """Return the end of the window that contains *now*, or None."""
        today = now.astimezone(zone_of(self.timezone)).date()
        for day in (today - DAY, today):
            begin, end = self._span(day)
            if begin <= now < end and self._begins_on(day, calendars):
                return end
        return None

    def _span(self, day: date) -> tuple[datetime, datetime]:
        first, last = minute_of(self.begin), minute_of(self.end)
        return self._instant(day, first), self._instant(day if last > first else day + DAY, last)

    def _instant(self, day: date, minute: int) -> datetime:
        local = time(minute // 60, minute % 60)
        return datetime.combine(day, local, zone_of(self.timezone)).astimezone(UTC)

    def _begins_on(self, day: date, calendars: Mapping[str, Calendar]) -> bool:
        if WEEK[day.weekday()] not in self.weekdays:
            return False
        if (self.first_day and day < self.first_day) or (self.last_day and day > self.last_day):
            return False
        if self.calendar is None:
            return True
        return calendars[self.calendar].is_workday(day) == (self.only_on == "workdays")


def frozen_until(
    windows: Sequence[FreezeWindow], now: datetime, calendars: Mapping[str, Calendar]
) -> tuple[datetime, str] | None:
    """Return the end and reason of the freeze at *now*, or None; adjacent windows count as one."""
    instant, reason = now, ""
    while True:
        found = [
            (end, window.reason)
            for window in windows
            if (end := window.end_if_frozen(instant, calendars)) is not None
        ]
        if not found or instant - now > timedelta(days=366):
            return None if instant == now else (instant, reason)
        end, why = max(found, key=lambda one: one[0])
        instant, reason = end, reason or why
