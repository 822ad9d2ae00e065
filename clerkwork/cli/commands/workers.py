"""List the workers that are alive, on all hosts."""

import typer

from clerkwork.cli import output, project

COLUMNS = ("worker", "host", "pid", "labels", "queues", "at_work", "started", "beat")


def command(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the workers that gave a sign of life within their lease, with what they do."""
    from datetime import timedelta

    from clerkwork import clock
    from clerkwork.store.items import restored_lookups
    from clerkwork.store.runs import workers

    with project.opened_records(context) as records, records.store.read() as db:
        lease = timedelta(seconds=records.settings.worker.lease_s)
        found = workers.alive(db, since=clock.now() - lease)
        at_work = workers.at_work(db)
        held = len(restored_lookups.left(db)) if restored_lookups.is_held(db) else None
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
    if held is not None:
        said = f"Since the restore everything waits until {held} items are looked up."
        typer.echo(f"{said} `clerkwork doctor` names them.", err=True)
