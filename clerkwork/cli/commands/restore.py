"""Restore the store from a backup."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clerkwork.cli import project
from clerkwork.cli.groups import Panel

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clerkwork.config.settings import Settings
    from clerkwork.engine.operate.after_restore import Carried
    from clerkwork.model.project.workflows import Workflow
    from clerkwork.store.database import Store
    from clerkwork.store.maintenance.recovery import Restored, Touched

panel = Panel.MAINTAIN


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy written by `backup`, with FILE.sha256.")],
) -> None:
    """Replace the store with a backup; the current store is kept under another name.

    First end every process of the project. Orders that were entered after the backup are not
    entered again: before workers start other work or new items are accepted, each item that was in
    progress since the backup is looked up in its target. Items that arrived since are copied from
    the current store if it can be read, and files accepted since return to the inbox. Decisions
    that a person made since must be made again.
    """
    from clerkwork import clock
    from clerkwork.config.files.workflows import load_workflows
    from clerkwork.config.settings import load_settings
    from clerkwork.intake.extensions import load_extensions
    from clerkwork.intake.requeue_files import put_back
    from clerkwork.store.instants import Milestone, reached
    from clerkwork.store.maintenance import backup
    from clerkwork.store.maintenance.recovery import mark_restored
    from clerkwork.store.own_store import remembered

    root = project.find_root(context)
    project.refuse_problems(root)  # first: the workflows must accept the items since the backup
    settings = load_settings(root)
    workflows = load_workflows(root, load_extensions(root).workflow)
    now, before = clock.now(), remembered(settings, root)

    def prepare(store: "Store") -> "tuple[Restored, Carried]":
        with store.read() as db:
            since = reached(db, Milestone.BACKED_UP)
        known = None if since is None else _touched(settings, root, since)
        with store.write() as db:
            entering = _entering(root, workflows)
            marked = mark_restored(db, now=now, touched=known, workflows=entering, succeeds=before)
        return marked, _carry_over(root, store, known or ())

    restored, carried = backup.restore(
        settings.store.url,
        root,
        file.resolve(),
        prepare=prepare,
        lease=timedelta(seconds=settings.worker.lease_s),
        now=now,
    )
    moved = []
    if (since := restored.backed_up) is not None:
        moved = put_back(root / settings.folders.inbox, workflows.values(), since=since)
    _print_result(restored, carried)
    for moved_file in moved:
        typer.echo(f"Returned to the inbox: {moved_file.relative_to(root)}")


def _entering(root: Path, workflows: "dict[str, Workflow]") -> set[str]:
    """Return the workflows that enter data in a target."""
    from clerkwork.discover import load_bots

    bots = load_bots(root)
    return {
        name
        for name, plan in workflows.items()
        if any(step.bot and bots[step.bot].target for step in plan.steps)
    }


def _print_result(restored: "Restored", carried: "Carried") -> None:
    if restored.backed_up is not None:
        typer.echo(f"The store is as it was on {restored.backed_up:%Y-%m-%d at %H:%M:%S} UTC.")
    typer.echo(
        f"{restored.open_items} items are open, and {restored.to_look_up} of them are looked up in "
        "their targets before any other work starts; "
        f"{restored.unconfirmed} effects are unconfirmed; "
        f"{restored.reviews} reviews are open; those answered since the backup need a new answer."
    )
    for name in carried.added:
        typer.echo(f"Arrived after the backup and was added again: {name}")
    for name, reason in carried.to_person.items():
        typer.echo(f"In review again: {name}: {reason}")
    for name in carried.left:
        typer.echo(f"Arrived after the backup, but its workflow does not exist: {name}", err=True)


def _touched(settings: "Settings", root: Path, since: datetime) -> "list[Touched] | None":
    """Return the changes in the current store since the backup, or None if it cannot be read."""
    from sqlalchemy.exc import SQLAlchemyError

    from clerkwork.errors import ClerkworkError
    from clerkwork.store.database import exists, open_store
    from clerkwork.store.maintenance.recovery import touched_since
    from clerkwork.store.own_store import remembered

    url = settings.store.url
    try:
        if not exists(url, root):
            typer.echo(f"There is no current store at {url}.", err=True)
            return None
        current = open_store(url, root, known=remembered(settings, root))
    except ClerkworkError as error:
        typer.echo(f"The current store cannot be opened: {error}", err=True)
        return None
    try:
        with current.read() as db:
            return touched_since(db, since)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        typer.echo(f"The current store cannot be read completely: {reason}", err=True)
        return None
    finally:
        current.close()


def _carry_over(root: Path, store: "Store", touched: "Sequence[Touched]") -> "Carried":
    """Copy the items since the backup before the stores are swapped, so that a crash loses none."""
    from clerkwork.app import open_app
    from clerkwork.engine.operate.after_restore import carry_over

    with project.quiet_log(root):
        engine = open_app(root, store).engine
        try:
            return carry_over(engine, touched)
        finally:
            engine.close()
