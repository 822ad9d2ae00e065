"""Creates stores with very many rows, by copying the rows of one item of the engine."""

from pathlib import Path

import sqlalchemy as sa

from benchmarks.engines import Project, highest_id, start_worker, submit, wait_done
from clerkwork.store.database import Store

RUN = "'item-' || (1 + n) || '-1'"
EARLIER = "arrived_ms - n * 2500"  # a million arrivals in a month
CHANGES = {
    "item": {"id": "id + n", "reference": "reference || '-' || n", "arrived_ms": EARLIER},
    "event": {"item_id": "item_id + n", "run_id": RUN},
    "workflow_status": {"workflow_uuid": RUN},
    "workflow_input": {
        "workflow_uuid": RUN,
        "inputs": "replace(inputs, '[1]', '[' || (1 + n) || ']')",
    },
    "workflow_output": {"workflow_uuid": RUN},
    "operation_outputs": {"workflow_uuid": RUN},
}


def fill(root: Path, count: int, *, finished: bool, rest_s: float = 0) -> Project:
    """Return a project with *count* items, all finished or all waiting.

    With *rest_s*, each of them has a step.
    """
    root.mkdir(parents=True)
    project = Project(root=root)
    with project.engine() as made:
        submit(made, 0, 1, rest_s)
        if finished:
            start_worker(made, poll_s=0.05)
            wait_done(made.core.store, 1)
        copy(made.core.store, highest_id(made.core.store), count)
    return project


def copy(store: Store, first: int, count: int) -> None:
    """Copy the only item, with all its rows, *count* times."""
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
