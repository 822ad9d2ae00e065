"""Go back to a copy of the store."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from clerkwork.cli import project


def command(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="A copy that `backup` wrote, its checksum beside.")],
) -> None:
    """Put a copy in the place of the store; the present store is kept under another name.

    Every process of the project must be ended. Orders that were entered after the backup are not
    entered again: each open item waits until its target has settled and looks there first. Files
    that were accepted after the backup go back into the inbox.
    """
    from clerkwork import clock
    from clerkwork.config.files import load_workflows
    from clerkwork.config.settings import load_settings
    from clerkwork.intake.again import put_back
    from clerkwork.store import backup
    from clerkwork.store.database import Store
    from clerkwork.store.recovery import Restored, mark_restored

    root = project.find_root(context)
    settings, workflows = load_settings(root), load_workflows(root)
    now = clock.now()

    def prepare(store: Store) -> Restored:
        with store.write() as db:
            return mark_restored(db, now=now)

    restored = backup.restore(
        settings.store.url,
        root,
        file.resolve(),
        prepare=prepare,
        lease=timedelta(seconds=settings.worker.lease_s),
        now=now,
    )
    since = restored.backed_up
    moved = []
    if since is not None:
        moved = put_back(root / settings.folders.inbox, workflows.values(), since=since)
        typer.echo(f"The store is as it was on {since:%Y-%m-%d at %H:%M:%S} UTC.")
    typer.echo(
        f"{restored.open_items} open items look in their target first; "
        f"{restored.unconfirmed} effects are unconfirmed; "
        f"{restored.reviews} reviews are open, those answered since need their answer again."
    )
    for moved_file in moved:
        typer.echo(f"Back in the inbox: {moved_file.relative_to(root)}")
