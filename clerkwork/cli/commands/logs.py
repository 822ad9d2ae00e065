"""Show the run log, and follow it."""

import threading
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel

if TYPE_CHECKING:
    from clerkwork.cli.project import Records
    from clerkwork.model.work.events import Event

panel = Panel.EVERY_DAY
POLL_S = 0.25


def command(
    context: typer.Context,
    about: Annotated[
        str,
        typer.Argument(
            metavar="[RUN|ITEM]", help="Only of this run, or of the item with this number."
        ),
    ] = "",
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Print new lines until Ctrl+C.")
    ] = False,
    tail: Annotated[
        int,
        typer.Option("--tail", min=0, max=100_000, help="Start with this many of the last lines."),
    ] = 50,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object per line.")
    ] = False,
) -> None:
    """Show the run log from the store, which is complete even if a worker was killed."""
    with project.opened_records(context) as records:
        last = 0
        for event in _newest(records, about, tail):
            last = event.number
            _print(event, as_json=as_json)
        if follow:
            _follow(records, about, last, as_json=as_json)


def _newest(records: "Records", about: str, tail: int) -> "list[Event]":
    from clerkwork.store.runs import events

    with records.store.read() as db:
        if not about:
            return events.newest(db, limit=tail)[::-1]
    found: list[Event] = []
    while page := _after(records, about, found[-1].number if found else 0):
        found += page
    return found[-tail:] if tail else []


def _after(records: "Records", about: str, number: int) -> "list[Event]":
    from clerkwork.store.runs import events

    item_id = int(about) if about.isdecimal() else None
    run_id = about if about and item_id is None else None
    with records.store.read() as db:
        return events.after(db, number, item_id=item_id, run_id=run_id)


def _follow(records: "Records", about: str, last: int, *, as_json: bool) -> None:
    from clerkwork.cli import watch
    from clerkwork.store.runs import events

    if last == 0:
        with records.store.read() as db:
            last = events.last_number(db)
    pause = threading.Event()
    while not pause.wait(POLL_S):
        for event in watch.read_patiently(partial(_after, records, about, last), pause) or []:
            last = event.number
            _print(event, as_json=as_json)


def _print(event: "Event", *, as_json: bool) -> None:
    from clerkwork.cli import lines

    if as_json:
        output.print_json_line(event.as_data())
    else:
        lines.print_event(event)
