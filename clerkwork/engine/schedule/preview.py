"""Explains in sentences what a schedule will do, and what it did on a day and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby

from clerkwork.config.times.fire_times import Due, DueInstant
from clerkwork.engine.schedule.schedule_clock import next_looks
from clerkwork.errors import fill
from clerkwork.model.work.schedules import PlannedRun, PlannedState

PROVISIONAL = "the calendar of {year} is provisional or missing"
MOST_INSTANTS = 100_000  # more than a run each second has in a day
ALIKE = 3  # more sentences that differ only in their instant are shown as one and a count

ROWS = {
    PlannedState.STARTED: "The run of {time} has been active since {started} (process {worker}).",
    PlannedState.RAN: "The run of {time} ran and added {items} items.",
    PlannedState.LATE: "The run of {time} ran late and added {items} items: {reason}.",
    PlannedState.SKIPPED: "The run of {time} was skipped: {reason}.",
    PlannedState.MERGED: "The run of {time} was not run separately: {reason}.",
    PlannedState.BLOCKED: "The run of {time} is blocked: {reason}.",
}
RAN_ODDLY = "The run of {time} ran and added {items} items: {reason}."
RELEASED = "The run of {time} was blocked and has been released; a scheduler runs it next."
TO_COME = "The run of {time} is still to come."
TO_COME_ODDLY = "The run of {time} is still to come: {reason}."
TO_BE_SKIPPED = "The run of {time} will be skipped: {reason}."
NEVER = "The run of {time} did not run: this schedule never ran. Is a scheduler running?"
NOT_YET = (
    "The run of {time} has not run yet: no scheduler has checked since {last}. "
    "The next one to start decides."
)
NO_ROW = (
    "The run of {time} has no row of its own: it was part of a merged run, or not yet scheduled."
)
MOVED = "{day} is no workday: {reason}. Its runs are moved to {moved}."
NOTHING = "Nothing is due on {day}."
MORE = "The same applies to {count} more, up to that of {time}."
OWN = {"time", "started"}  # facts that differ between sentences of one kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A sentence that can be translated before its values are filled in.

    Attributes:
        message: The sentence, with ``{name}`` for values.
        facts: The values.
    """

    message: str
    facts: dict[str, str]

    def __str__(self) -> str:
        """Return the sentence in English."""
        return fill(self.message, self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A future planned run.

    Attributes:
        planned: The instant.
        local: The local time in the time zone of the schedule.
        offset: The offset of that time from UTC, such as ``+02:00``.
        skipped: Whether it will be skipped.
        note: Any peculiarity, or an empty string.
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
) -> list[Said]:
    """Return sentences about every planned run of *day*, in order of time.

    Many runs that differ only in their instant become one sentence and a count.

    Args:
        due: The schedule.
        day: The day in the time zone of the schedule.
        rows: The recorded planned runs of that day.
        last: The latest instant that has a row, or None if there is no row at all.
        now: The present instant.
    """
    found = {row.planned: _of_row(row, due) for row in rows}
    start = datetime.combine(day, datetime.min.time(), due.zone) - timedelta(milliseconds=1)
    for instant in due.between(start, start + timedelta(hours=49)):
        if instant.astimezone(due.zone).date() != day or len(found) > MOST_INSTANTS:
            break
        if instant not in found:
            found[instant] = _without_row(due, due.look(instant), last=last, now=now)
    lines = _gathered([found[instant] for instant in sorted(found)])
    moved = due.moved_to(day)
    if moved is not None:
        facts = {"day": str(day), "reason": due.reason_off(day), "moved": str(moved)}
        lines.insert(0, Said(message=MOVED, facts=facts))
    return lines or [Said(message=NOTHING, facts={"day": str(day)})]


def _gathered(lines: list[Said]) -> list[Said]:
    gathered: list[Said] = []
    for _, group in groupby(lines, key=_kind):
        alike = list(group)
        if len(alike) < ALIKE:
            gathered += alike
            continue
        facts = {"count": str(len(alike) - 1), "time": alike[-1].facts["time"]}
        gathered += [alike[0], Said(message=MORE, facts=facts)]
    return gathered


def _kind(said: Said) -> tuple[str, dict[str, str]]:
    return said.message, {name: fact for name, fact in said.facts.items() if name not in OWN}


def _of_row(row: PlannedRun, due: Due) -> Said:
    message = ROWS[row.state]
    if row.state is PlannedState.RAN and row.reason:
        message = RAN_ODDLY
    facts = {
        "time": f"{row.planned.astimezone(due.zone):%H:%M:%S}",
        "started": f"{row.started.astimezone(due.zone):%H:%M:%S}",
        "worker": row.worker,
        "items": str(row.items),
        "reason": row.reason,
    }
    return Said(message=RELEASED if row.released else message, facts=facts)


def _without_row(due: Due, look: DueInstant, *, last: datetime | None, now: datetime) -> Said:
    facts = {
        "time": f"{look.instant.astimezone(due.zone):%H:%M:%S}",
        "reason": look.skipped or look.note,
    }
    if look.instant > now:
        odd = TO_COME_ODDLY if look.note else TO_COME
        return Said(message=TO_BE_SKIPPED if look.skipped else odd, facts=facts)
    if last is None:
        return Said(message=NEVER, facts=facts)
    facts["last"] = f"{last.astimezone(due.zone):%Y-%m-%d %H:%M:%S}"
    return Said(message=NOT_YET if look.instant > last else NO_ROW, facts=facts)


def _change(before: timedelta | None, local: datetime) -> str:
    change = (local.utcoffset() or timedelta()) - (before or timedelta())
    hours = abs(change.total_seconds()) / 3600
    way = "forward" if change > timedelta() else "back"
    return f"the clocks went {way} by {hours:g} h before it"


def _offset(local: datetime) -> str:
    text = f"{local:%z}"
    return f"{text[:3]}:{text[3:5]}"
