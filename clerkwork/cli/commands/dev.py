"""Start console, scheduler and worker in one process."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from clerkwork.cli import project, scheduling, stopping
from clerkwork.cli.groups import Panel
from clerkwork.errors import ClerkworkError, ConfigError
from clerkwork.model.work.events import Event, Kind, Level

if TYPE_CHECKING:
    from clerkwork.app import App
    from clerkwork.engine.workers.worker import Worker

panel = Panel.START
POLL_S = 0.5
SHOWN = frozenset({Kind.RUN_ENDED, Kind.FILE_TAKEN, Kind.REVIEW_ANSWERED, Kind.TAKEN_OVER})


def command(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(min=0, max=65535, help="The console's port; 0 chooses a free one."),
    ] = None,
    worker: Annotated[bool, typer.Option(help="Run a worker in this process.")] = True,
    scheduler: Annotated[
        bool, typer.Option(help="Run sources and schedules in this process.")
    ] = True,
) -> None:
    """Start console, scheduler and worker in one process; Ctrl+C or SIGTERM ends them."""
    with (
        project.opened_app(context) as app,
        stopping.stop_signals(app.settings.worker.drain_s) as stop,
        ExitStack() as stack,
    ):
        name = stopping.new_name()
        address, alive = stack.enter_context(_console(app, port))
        if worker:
            stack.push(partial(stopping.end, _start_worker(app, name)))
        if scheduler:
            stack.enter_context(scheduling.running(app, name))
        typer.secho(f"Console: {address}", bold=True)
        typer.echo("Ctrl+C ends it.")
        _watch(app, stop, alive)
        typer.echo("Ending after the items in progress; Ctrl+C again ends at once.")


@contextmanager
def _console(app: "App", port: int | None) -> Iterator[tuple[str, Callable[[], bool]]]:
    from clerkwork.web.console import create_console, make_server

    settings = app.settings.console
    server = make_server(create_console(app), settings.host, settings.port)
    listener = _listen(settings.host, settings.port if port is None else port)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="console", daemon=True
    )
    thread.start()
    try:
        yield f"http://{settings.host}:{listener.getsockname()[1]}", thread.is_alive
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


def _start_worker(app: "App", name: str) -> "Worker":
    worker = app.worker(name)
    worker.start()
    typer.echo(f"Worker {name} works on {', '.join(worker.queues)}.")
    return worker


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen()  # a request before the console is up waits instead of being refused
    except OSError as error:
        listener.close()
        problem = f"{port} cannot be used ({error.strerror}); choose another with --port"
        raise ConfigError("setting console.port", problem) from None
    return listener


def _watch(app: "App", stop: threading.Event, console_alive: Callable[[], bool]) -> None:
    """Print a line for each important event until *stop* is set."""
    from clerkwork.cli import lines, watch
    from clerkwork.store.runs import events

    def fresh_events() -> "list[Event]":
        with app.store.read() as db:
            return events.after(db, last)

    with app.store.read() as db:
        last = events.last_number(db)
    while not stop.wait(POLL_S):
        if not console_alive():
            raise ClerkworkError("the console ended unexpectedly; logs/errors.log says why")
        app.store.check()
        for event in watch.read_patiently(fresh_events, stop) or []:
            last = event.number
            if _is_important(event):
                lines.print_event(event)


def _is_important(event: Event) -> bool:
    return event.kind in SHOWN or event.level is not Level.INFO
