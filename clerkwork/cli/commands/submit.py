"""Add the items of a file to a workflow, for the workers."""

from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel
from clerkwork.errors import ClerkworkError, ExitStatus, UsageError

if TYPE_CHECKING:
    from clerkwork.model.work.items import Terms
    from clerkwork.model.work.queues import Batch

panel = Panel.EVERY_DAY
aliases = ("put",)
INSTANT = "INSTANT"
COLUMNS = ("reference", "became", "item")


def command(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="The workflow's name.")],
    file: Annotated[Path, typer.Argument(help="A file of the workflow's format.")],
    batch: Annotated[
        str | None, typer.Option(help="Add all items or none, as the batch of this name.")
    ] = None,
    expect_count: Annotated[
        int | None, typer.Option(min=0, help="Number of items that the sender declared.")
    ] = None,
    expect_sum: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD=SUM", help="Sum of a field that the sender declared."),
    ] = None,
    priority: Annotated[
        int | None,
        typer.Option(min=1, max=1000, help="Priority of the items, from 1 (first) to 1000."),
    ] = None,
    due: Annotated[
        str | None,
        typer.Option(metavar=INSTANT, help="Deadline of the items; without an offset, UTC."),
    ] = None,
    not_before: Annotated[
        str | None,
        typer.Option(metavar=INSTANT, help="Start them no earlier; without an offset, UTC."),
    ] = None,
    as_json: output.JsonOption = False,
) -> ExitStatus:
    """Add the items of one file to a workflow; the file stays where it is.

    Prints the result for each item: new, merged (the item exists, or the workflow keeps the known
    content), reopened (it had been returned), superseded (the new content replaces the known one),
    conflict (it exists with other content: a person decides), refused (the same, but the workflow
    drops it), or person (its data is invalid: a person corrects it). The exit status is 1 if an
    item is refused or the whole file is rejected. A batch is added completely or, with status 1,
    not at all; the same batch a second time adds nothing, with status 0.
    """
    if not file.is_file():
        raise UsageError(f"{file}: no such file")
    declared = _batch(batch, expect_count, expect_sum or [])
    terms = _terms(priority, _instant("--due", due), _instant("--not-before", not_before))
    with project.opened_app(context) as app:
        app.engine.core.workflow(workflow)
        if reason := app.no_intake():
            raise ClerkworkError(reason)
        reader = app.reader()
        intake = app.intake(reader)
        try:
            taken = intake.put(file, workflow, declared, terms)
        finally:
            intake.close()
            reader.close()
    rows: list[dict[str, Any]] = [
        {
            "reference": reference,
            "became": "person" if reference in taken.to_person else answer.added,
            "item": answer.item_id,
        }
        for reference, answer in taken.submissions
    ]
    rows += [
        {"reference": reference, "became": "merged", "item": None} for reference in taken.duplicates
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="The file contains no items.")
    refused = any(answer.added == "refused" for _, answer in taken.submissions)
    return ExitStatus.FAILED if refused else ExitStatus.OK


def _terms(priority: int | None, due: datetime | None, not_before: datetime | None) -> "Terms":
    from clerkwork.model.work.items import Terms

    return Terms(priority=priority, due=due, not_before=not_before)


def _instant(option: str, text: str | None) -> datetime | None:
    """Return the typed instant; without an offset it is in UTC."""
    from clerkwork import clock

    if text is None:
        return None
    try:
        return clock.parsed(text)
    except ValueError:
        raise UsageError(f"{option} {text}: write an instant, such as 2026-11-02T09:00Z") from None


def _batch(name: str | None, count: int | None, sums: list[str]) -> "Batch | None":
    from clerkwork.model.work.queues import Batch

    if name is None:
        if count is not None or sums:
            raise UsageError("--expect-count and --expect-sum need --batch NAME")
        return None
    totals: dict[str, Decimal] = {}
    for text in sums:
        field, _, total = text.partition("=")
        try:
            totals[field] = Decimal(total)
        except InvalidOperation:
            raise UsageError(
                f"--expect-sum {text}: write FIELD=SUM, such as total=120.50"
            ) from None
    return Batch(id=name, count=count, sums=totals)
