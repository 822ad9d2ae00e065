"""Says in words what a schedule will do, and what it did on a day and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from clerkwork.config.triggers import Due, Look
from clerkwork.engine.schedule import next_looks
from clerkwork.model.schedules import PlannedRun, PlannedState

PROVISIONAL = "the calendar of {year} is provisional or missing"
MOST_LINES = 200

SENTENCES = {
    PlannedState.STARTED: "is at work since {started} (process {worker})",
    PlannedState.RAN: "ran and added {items} items",
    PlannedState.LATE: "ran late and added {items} items",
    PlannedState.SKIPPED: "was skipped",
    PlannedState.MERGED: "was not run by itself",
    PlannedState.BLOCKED: "is blocked",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """One planned run to come.

    Attributes:
        planned: The instant.
        local: The wall clock of the schedule's time zone then.
        offset: Its distance from UTC, such as ``+02:00``.
        skipped: Whether it will not run.
        note: What is special about it, or an empty string.
    """

    planned: datetime
    local: str
    offset: str
    skipped: bool
    note: str


def preview(due: Due, after: datetime, count: int) -> list[Coming]:
    """Return the next *count* planned runs later than *after*."""
    found = []
    before = after.astimezone(due.zone).utcoffset()
    for look in next_looks(due, after, count):
        local = look.instant.astimezone(due.zone)
        notes = [f"skipped: {look.skipped}"] if look.skipped else []
        notes += [look.note] if look.note else []
        notes += [_change(before, local)] if local.utcoffset() != before else []
        if due.is_provisional(local.date()):
            notes.append(PROVISIONAL.format(year=local.year))
        before = local.utcoffset()
        found.append(
            Coming(
                planned=look.instant,
                local=f"{local:%a %Y-%m-%d %H:%M:%S}",
                offset=_offset(local),
                skipped=bool(look.skipped),
                note="; ".join(notes),
            )
        )
    return found


def explained(
    due: Due, day: date, rows: Sequence[PlannedRun], *, last: datetime | None, now: datetime
) -> list[str]:
    """Return sentences on every planned run of *day*, in order of time.

    Args:
        due: The schedule.
        day: The day in the schedule's time zone.
        rows: Its planned runs of that day, as they are recorded.
        last: The latest instant of all that has a row, or None if there never was one.
        now: The present instant.
    """
    found = [(row.planned, _of_row(row, due)) for row in rows]
    known = {row.planned for row in rows}
    start = datetime.combine(day, datetime.min.time(), due.zone) - timedelta(milliseconds=1)
    for instant in due.between(start, start + timedelta(hours=49)):
        if instant.astimezone(due.zone).date() != day or len(found) > MOST_LINES:
            break
        if instant not in known:
            found.append((instant, _without_row(due, due.look(instant), last=last, now=now)))
    lines = [text for _, text in sorted(found)]
    return [*_of_day(due, day), *lines] or [f"Nothing is due on {day}."]


def _of_day(due: Due, day: date) -> list[str]:
    moved = due.moved_to(day)
    if moved is not None:
        return [f"{day} is no workday: {due.reason_off(day)}. Its runs are moved to {moved}."]
    return []


def _of_row(row: PlannedRun, due: Due) -> str:
    local = row.planned.astimezone(due.zone)
    said = SENTENCES[row.state].format(
        started=f"{row.started.astimezone(due.zone):%H:%M:%S}", worker=row.worker, items=row.items
    )
    reason = f": {row.reason}" if row.reason else ""
    released = " A person released it; a scheduler takes it next." if row.released else ""
    return f"The run of {local:%H:%M:%S} {said}{reason}.{released}"


def _without_row(due: Due, look: Look, *, last: datetime | None, now: datetime) -> str:
    start = f"The run of {look.instant.astimezone(due.zone):%H:%M:%S}"
    if look.instant > now:
        will = f"will be skipped: {look.skipped}" if look.skipped else "is still to come"
        return f"{start} {will}{f': {look.note}' if look.note else ''}."
    if last is None:
        return f"{start} did not run: this schedule never ran; is a scheduler started?"
    if look.instant > last:
        return (
            f"{start} has not run yet: no scheduler looked since "
            f"{last.astimezone(due.zone):%Y-%m-%d %H:%M:%S}. The next start settles it."
        )
    return f"{start} has no row of its own: it was part of a merged run, or not yet scheduled."


def _change(before: timedelta | None, local: datetime) -> str:
    change = (local.utcoffset() or timedelta()) - (before or timedelta())
    hours = abs(change.total_seconds()) / 3600
    way = "forward" if change > timedelta() else "back"
    return f"the clocks went {way} by {hours:g} h before it"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"
