"""Stores with very many rows, made by copying the rows of one item that the engine made."""

from pathlib import Path

import sqlalchemy as sa

from benchmarks.engines import Project, highest_id, start_worker, submit, wait_done
from clerkwork.store.database import Store

CHANGES = {
    "item": {"id": "id + n", "reference": "reference || '-' || n"},
    "event": {"item_id": "item_id + n", "run_id": "'item-' || (item_id + n) || '-1'"},
    "workflow_status": {"workflow_uuid": "'item-' || (1 + n) || '-1'"},
    "operation_outputs": {"workflow_uuid": "'item-' || (1 + n) || '-1'"},
}


def fill(root: Path, count: int, *, finished: bool) -> Project:
    """Return a project with *count* items that are finished, or that all wait."""
    root.mkdir(parents=True)
    project = Project(root=root)
    with project.engine() as made:
        submit(made, 0, 1)
        if finished:
            start_worker(made, poll_s=0.05)
            wait_done(made.store, 1)
        copy(made.store, highest_id(made.store), count)
    return project


def copy(store: Store, first: int, count: int) -> None:
    """Copy the only item and all that belongs to it *count* times."""
    if first != 1:
        raise ValueError("the store must hold one item")
    with store.write() as db:
        names = set(sa.inspect(db).get_table_names())
        for table, changes in CHANGES.items():
            if table in names:
                columns = [column["name"] for column in sa.inspect(db).get_columns(table)]
                kept = [c for c in columns if (table, c) != ("event", "number")]
                values = ", ".join(changes.get(c, f'"{c}"') for c in kept)
                into = ", ".join(f'"{c}"' for c in kept)
                db.exec_driver_sql(
                    "WITH RECURSIVE many(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM many"  # noqa: S608 - names of tables and columns
                    f' WHERE n < {count}) INSERT INTO "{table}" ({into})'
                    f' SELECT {values} FROM "{table}", many'
                )
    with store.write() as db:
        db.exec_driver_sql("ANALYZE")
