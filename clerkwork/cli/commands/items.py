"""List and show work items; cancel, edit, requeue or expire them."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import ExitStatus, UsageError
from clerkwork.model.work.items import ItemState

if TYPE_CHECKING:
    from clerkwork.engine.operate.operations import Operations
    from clerkwork.model.work.items import WorkItem
    from clerkwork.store.items.items import Filter

commands = listing_group(__doc__)
panel = Panel.EVERY_DAY
REASONS = 20  # at most so many refused items are listed with their reason
COLUMNS = ("item", "workflow", "reference", "state", "outcome", "reason", "arrived")

Numbers = Annotated[
    list[int] | None, typer.Argument(metavar="[NUMBER]...", help="Items by number; or use options.")
]
OfWorkflow = Annotated[str | None, typer.Option("--workflow", help="Items of this workflow.")]
InState = Annotated[ItemState | None, typer.Option("--state", help="Items in this state.")]
WithCode = Annotated[str | None, typer.Option("--code", help="Items with this reason code.")]
Since = Annotated[
    datetime | None,
    typer.Option("--since", help="Items that arrived then or later; without an offset, UTC."),
]
Until = Annotated[datetime | None, typer.Option("--until", help="Items that arrived earlier.")]
WithText = Annotated[
    str | None, typer.Option("--text", help="Items whose reference contains this text.")
]
OfBatch = Annotated[str | None, typer.Option("--batch", help="Items of this batch.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the run log.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do it. Without --yes, only list the items.")]


@commands.command("ls")
def list_items(
    context: typer.Context,
    workflow: Annotated[str | None, typer.Option(help="Only of this workflow.")] = None,
    state: Annotated[
        ItemState | None, typer.Option(help=f"Only in one of {', '.join(ItemState)}.")
    ] = None,
    text: Annotated[str, typer.Option(help="Only if the reference contains this text.")] = "",
    batch: Annotated[str | None, typer.Option(help="Only of this batch.")] = None,
    code: WithCode = None,
    since: Since = None,
    until: Until = None,
    limit: output.LimitOption = 50,
    as_json: output.JsonOption = False,
) -> None:
    """List the latest items, newest first."""
    from clerkwork.store.items import items

    wanted = items.Filter(
        workflow=workflow,
        state=state,
        reason=code,
        since=_instant(since),
        until=_instant(until),
        text=text or None,
        batch=batch,
    )
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
    from clerkwork.store.items import items
    from clerkwork.store.runs import events

    with project.opened_records(context) as records, records.store.read() as db:
        found = items.get(db, number)
        if found is None:
            raise UsageError(f"there is no item {number}; `clerkwork items` lists them")
        parent = None if found.parent_id is None else items.get(db, found.parent_id)
        children = items.children(db, number)
        files = events.attached(db, found.run_id)
        evidence = records.root / records.settings.folders.evidence
    more = {
        "cause": found.cause,
        "caused_by": None if parent is None else _relative(parent),
        "caused": [_relative(child) for child in children],
        "source": found.source,
        "payload": found.payload,
        "result": found.result,
        "files": [{**file.model_dump(), "path": str(file.below(evidence))} for file in files],
    }
    output.print_fields({**_row(found), **more}, as_json=as_json)


@commands.command("cancel")
def cancel(
    context: typer.Context,
    numbers: Numbers = None,
    workflow: OfWorkflow = None,
    state: InState = None,
    code: WithCode = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    batch: OfBatch = None,
    why: Why = "",
    yes: Yes = False,
) -> ExitStatus:
    """Cancel items that wait or are in review; a running item ends at its next step."""
    wanted = _filter(
        numbers, workflow, state, code, since=since, until=until, text=text, batch=batch
    )
    return _each(context, wanted, "cancel", why, yes, lambda them, number: them.cancel(number))


@commands.command("expire")
def expire(
    context: typer.Context,
    numbers: Numbers = None,
    workflow: OfWorkflow = None,
    state: InState = None,
    code: WithCode = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    batch: OfBatch = None,
    why: Why = "",
    yes: Yes = False,
) -> ExitStatus:
    """Close items that wait or are in review as expired."""
    wanted = _filter(
        numbers, workflow, state, code, since=since, until=until, text=text, batch=batch
    )
    return _each(context, wanted, "expire", why, yes, lambda them, number: them.expire(number))


@commands.command("requeue")
def requeue(
    context: typer.Context,
    numbers: Numbers = None,
    workflow: OfWorkflow = None,
    state: InState = None,
    code: WithCode = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    batch: OfBatch = None,
    step: Annotated[str | None, typer.Option(help="Begin with this step of the run.")] = None,
    why: Why = "",
    yes: Yes = False,
) -> ExitStatus:
    """Process items again or at once, except items in progress and items that are done.

    An item in review, or closed but not done, gets a new run. An item that waits or is postponed,
    or whose worker died, resumes now at the step where it stopped.
    """
    wanted = _filter(
        numbers, workflow, state, code, since=since, until=until, text=text, batch=batch
    )
    return _each(
        context,
        wanted,
        "requeue",
        why,
        yes,
        lambda them, number: them.requeue(number, step),
        alone=lambda them, item: them.asks_dbos(item, step),
    )


@commands.command("edit")
def edit(
    context: typer.Context,
    values: Annotated[
        list[str], typer.Option("--set", metavar="PATH=VALUE", help="Change one value; repeatable.")
    ],
    numbers: Numbers = None,
    workflow: OfWorkflow = None,
    state: InState = None,
    code: WithCode = None,
    since: Since = None,
    until: Until = None,
    text: WithText = None,
    batch: OfBatch = None,
    why: Why = "",
    yes: Yes = False,
) -> ExitStatus:
    """Change the data of items that wait or are in review; each gets a new run."""
    changes = dict(_pair(value) for value in values)
    wanted = _filter(
        numbers, workflow, state, code, since=since, until=until, text=text, batch=batch
    )

    def change(them: "Operations", number: int) -> bool:
        made = them.edit(number, changes)
        if made == {}:
            typer.echo(f"{number}: nothing changed")
        if made is None:
            return False
        for path, (before, after) in made.items():
            typer.echo(f"{number}: {path}: {before or '(nothing)'} -> {after}")
        return True

    return _each(context, wanted, "edit", why, yes, change)


def _pair(text: str) -> tuple[str, str]:
    path, equals, value = text.partition("=")
    if not equals:
        raise UsageError(f"--set {text}: write PATH=VALUE")
    return path, value


def _filter(
    numbers: list[int] | None,
    workflow: str | None,
    state: ItemState | None,
    code: str | None,
    *,
    since: datetime | None,
    until: datetime | None,
    text: str | None,
    batch: str | None,
) -> "Filter":
    from clerkwork.store.items.items import Filter

    wanted = Filter(
        ids=tuple(numbers) if numbers else None,
        workflow=workflow,
        state=state,
        reason=code,
        since=_instant(since),
        until=_instant(until),
        text=text,
        batch=batch,
    )
    if wanted == Filter():
        raise UsageError("name the items: by number, or by an option such as --batch")
    return wanted


def _instant(given: datetime | None) -> datetime | None:
    """Return the typed instant; without an offset it is in UTC."""
    if given is None or given.tzinfo is not None:
        return given
    return given.replace(tzinfo=UTC)


def _each(
    context: typer.Context,
    wanted: "Filter",
    verb: str,
    why: str,
    yes: bool,
    act: 'Callable[["Operations", int], bool]',
    *,
    alone: 'Callable[["Operations", WorkItem], bool]' = lambda *_: False,
) -> ExitStatus:
    """Call *act* for each item that matches; without *yes* only list them."""
    from clerkwork.engine.operate.operations import Operations
    from clerkwork.store.items import items

    with project.opened_readable(context) as app:
        with app.store.read() as db:
            fitting = items.search(db, wanted, limit=items.count(db, wanted))
        _refuse_unknown(wanted, fitting)
        if not yes:
            _preview(verb, fitting)
            return ExitStatus.OK
        lease = timedelta(seconds=app.settings.worker.lease_s)
        them = Operations(app.engine.core, who=app.settings.console.user, why=why, lease=lease)
        refused: dict[int, str] = {}
        for single in (False, True):
            numbers = [item.id for item in fitting if alone(them, item) is single]
            refused |= them.each(numbers, act, alone=single)
    for number, reason in list(refused.items())[:REASONS]:
        typer.echo(f"{number}: refused: {reason}", err=True)
    done = len(fitting) - len(refused)
    typer.echo(f"{verb}: {done} done, {len(refused)} refused.")
    if them.asked:
        typer.echo(
            f"{len(them.asked)} of them are in progress: they end at their next step, unless data "
            "was sent to the target before."
        )
    return ExitStatus.FAILED if refused and not done else ExitStatus.OK


def _refuse_unknown(wanted: "Filter", fitting: "list[WorkItem]") -> None:
    """Refuse a number without an item, unless another option may have excluded it."""
    from clerkwork.store.items.items import Filter

    if wanted != Filter(ids=wanted.ids):
        return
    unknown = set(wanted.ids or ()) - {item.id for item in fitting}
    if unknown:
        numbers = ", ".join(str(number) for number in sorted(unknown))
        raise UsageError(f"there is no item {numbers}; `clerkwork items` lists them")


def _preview(verb: str, fitting: "list[WorkItem]") -> None:
    """Print the items that a command would change, at most `REASONS`, and their states."""
    states = Counter(item.state.value for item in fitting)
    parts = ", ".join(f"{count} {state}" for state, count in states.most_common())
    for item in fitting[:REASONS]:
        typer.echo(f"{item.id}: {item.workflow} {item.reference} ({item.state.value})")
    if len(fitting) > REASONS:
        typer.echo(f"... and {len(fitting) - REASONS} more")
    counted = f"{len(fitting)} items match ({parts})" if fitting else "0 items match"
    typer.echo(f"{counted}; add --yes to {verb} them.")


def _relative(item: "WorkItem") -> dict[str, Any]:
    return {
        "item": item.id,
        "workflow": item.workflow,
        "reference": item.reference,
        "state": item.state,
    }


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
        "batch": item.batch_id,
        "priority": item.priority,
        "due": item.due,
        "not_before": item.not_before,
        "arrived": item.arrived,
        "finished": item.finished,
        "bot_ms": item.bot_ms,
    }
