"""List the work items, or show one."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import listing_group
from clerkwork.errors import UsageError
from clerkwork.model.items import ItemState

if TYPE_CHECKING:
    from clerkwork.model.items import WorkItem

commands = listing_group(__doc__)
COLUMNS = ("item", "workflow", "reference", "state", "outcome", "reason", "arrived")


@commands.command("ls")
def list_items(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    state: Annotated[
        ItemState | None, typer.Option(help=f"Only in one of {', '.join(ItemState)}.")
    ] = None,
    text: Annotated[str, typer.Option(help="Only whose reference holds this text.")] = "",
    limit: output.LimitOption = 50,
    as_json: output.JsonOption = False,
) -> None:
    """List the newest items, the newest first."""
    from clerkwork.store import items

    wanted = items.Filter(workflow=workflow, state=state, text=text or None)
    with project.opened_records(context) as records, records.store.read() as db:
        found = items.search(db, wanted, limit=limit)
    rows = [_row(item) for item in found]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No items yet.")


@commands.command("show")
def show(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="NUMBER", help="The item's number.")],
    as_json: output.JsonOption = False,
) -> None:
    """Show one item with its payload and result."""
    from clerkwork.store import items

    with project.opened_records(context) as records, records.store.read() as db:
        found = items.get(db, number)
    if found is None:
        raise UsageError(f"there is no item {number}; `clerkwork items` lists them")
    more = {"source": found.source, "payload": found.payload, "result": found.result}
    output.print_fields({**_row(found), **more}, as_json=as_json)


def _row(item: "WorkItem") -> dict[str, Any]:
    return {
        "item": item.id,
        "workflow": item.workflow,
        "reference": item.reference,
        "queue": item.queue,
        "state": item.state,
        "outcome": item.outcome,
        "reason_code": item.reason_code,
        "reason": item.reason,
        "attempt": item.attempt,
        "worker": item.worker,
        "run": item.run_id,
        "parent": item.parent_id,
        "arrived": item.arrived,
        "finished": item.finished,
        "bot_ms": item.bot_ms,
    }
