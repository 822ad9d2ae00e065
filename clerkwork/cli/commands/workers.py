"""List the live workers on all hosts."""

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel

panel = Panel.EVERY_DAY
COLUMNS = ("worker", "host", "pid", "labels", "queues", "at_work", "started", "beat")


def command(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the workers with a heartbeat within their lease, and the items they process."""
    from datetime import timedelta

    from clerkwork import clock
    from clerkwork.store.items import restored_lookups
    from clerkwork.store.runs import workers

    with project.opened_records(context) as records, records.store.read() as db:
        lease = timedelta(seconds=records.settings.worker.lease_s)
        found = workers.alive(db, since=clock.now() - lease)
        at_work = workers.at_work(db)
        pending = len(restored_lookups.left(db)) if restored_lookups.is_held(db) else None
    rows = [
        {
            "worker": worker.name,
            "host": worker.host,
            "pid": worker.pid,
            "labels": ", ".join(worker.labels),
            "queues": ", ".join(worker.queues),
            "at_work": ", ".join(at_work.get(worker.name, ())),
            "started": worker.started,
            "beat": worker.beat,
        }
        for worker in found
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No worker is alive.")
    if pending is not None:
        typer.echo(
            f"After the restore, work is paused until {pending} items are looked up; "
            "`clerkwork doctor` lists them.",
            err=True,
        )
