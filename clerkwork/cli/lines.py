"""Events of the run log as lines on a terminal."""

import typer

from clerkwork.cli.output import text_of
from clerkwork.errors import fill
from clerkwork.model.work.events import Event, Level

COLORS = {Level.INFO: None, Level.WARNING: typer.colors.YELLOW, Level.ERROR: typer.colors.RED}


def print_event(event: Event) -> None:
    """Print one event as one line: instant, run, step, sentence."""
    where = event.run_id or (f"item-{event.item_id}" if event.item_id else "system")
    parts = [f"{event.at:%H:%M:%S}", f"{where:<10}", sentence_of(event)]
    duration_ms = event.data.get("ms")
    if isinstance(duration_ms, int):
        parts.append(f"({duration_ms} ms)")
    typer.secho("  ".join(parts), fg=COLORS[event.level])


def sentence_of(event: Event) -> str:
    """Return the event's sentence, in one line, with the code where it has one."""
    sentence = text_of(fill(event.message, event.data)) or event.kind.value
    code = event.data.get("code")
    return f"[{text_of(code)}] {sentence}" if code else sentence
