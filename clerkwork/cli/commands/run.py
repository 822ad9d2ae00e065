"""Add one item and process it here, until it is done or waits for a person."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project, stopping
from clerkwork.cli.groups import Panel
from clerkwork.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from clerkwork.app import App
    from clerkwork.model.work.events import Event
    from clerkwork.model.work.items import WorkItem

panel = Panel.START
COLUMNS = ("item", "workflow", "reference", "state", "outcome", "reason", "result")


def command(
    context: typer.Context,
    workflow: Annotated[str, typer.Argument(help="The workflow's name.")],
    given: Annotated[
        str,
        typer.Argument(
            metavar="FILE|JSON",
            help="The item's payload as JSON, a .json file with the payload, or a file of the "
            "workflow's format.",
        ),
    ],
    as_json: output.JsonOption = False,
) -> ExitStatus:
    """Add one item, process it in this process and show its steps.

    Items that it causes in other workflows are processed too, as are other items that wait in the
    queues meanwhile. The exit status is 0 if all are done, 1 if one was rejected or returned, 3 if
    one waits for a person.
    """
    from clerkwork.cli import lines, progress, watch
    from clerkwork.store.runs import events

    def show(event: "Event") -> None:
        if not as_json:
            lines.print_event(event)

    with (
        project.opened_app(context) as app,
        stopping.stop_signals(app.settings.worker.drain_s) as stop,
    ):
        _refuse_labels(app, workflow)
        with app.store.read() as db:
            last = events.last_number(db)
        numbers = _put(app, workflow, given)
        worker = app.worker(stopping.new_name())
        worker.start()
        try:
            with progress.settling(shown=not as_json) as advance:
                found = watch.until_settled(
                    app.store, numbers, after=last, show=show, advance=advance, stop=stop
                )
        finally:
            worker.stop()
        if stop.is_set():
            raise KeyboardInterrupt
    rows = [_row(item) for item in found]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="Nothing was added.")
    return watch.status_of(found)


def _row(item: "WorkItem") -> dict[str, Any]:
    return {
        "item": item.id,
        "workflow": item.workflow,
        "reference": item.reference,
        "state": item.state,
        "outcome": item.outcome,
        "reason_code": item.reason_code,
        "reason": item.reason,
        "result": item.result,
    }


def _put(app: "App", workflow: str, given: str) -> list[int]:
    from clerkwork.intake.printable_names import printable_name

    text = given.lstrip()
    if text.startswith("{"):
        return [_submit(app, workflow, text, "the command line")]
    file = Path(given)
    if not file.is_file():
        raise UsageError(f"{given}: neither an existing file nor a JSON object")
    if file.suffix == ".json":
        return [_submit(app, workflow, file.read_bytes(), printable_name(file.name))]
    reader = app.reader()
    intake = app.intake(reader)
    try:
        taken = intake.put(file, app.engine.core.workflow(workflow).name)
    finally:
        intake.close()
        reader.close()
    return [answer.item_id for _, answer in taken.submissions]


def _submit(app: "App", workflow: str, text: str | bytes, place: str) -> int:
    from pydantic import ValidationError

    from clerkwork.model.work.items import NewItem
    from clerkwork.model.work.reviews import NotStorable
    from clerkwork.model.work.storable import parsed, problem_of

    bot = app.engine.core.first_bot(workflow)
    plan = app.engine.core.workflow(workflow)
    try:
        payload: dict[str, Any] = bot.takes.model_validate_json(text).model_dump(mode="json")
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in problem["loc"]) or "payload"
        raise UsageError(f"{place}: {field}: {problem['msg']}") from None
    if found := problem_of(parsed(text)):
        raise UsageError(f"{place}: {' '.join(found)}; nothing was added")
    new = NewItem(
        workflow=workflow,
        reference=str(payload[plan.reference]),
        payload=json.loads(json.dumps(payload)),
        source={"command": "run", "file": place},
    )
    try:
        return app.engine.submit(new).item_id
    except NotStorable as error:
        raise UsageError(f"{place}: {error.field} {error.problem}; nothing was added") from None


def _refuse_labels(app: "App", workflow: str) -> None:
    from clerkwork.model.work.queues import needed_labels

    missing = needed_labels(app.engine.core.queue_of(workflow)) - set(app.settings.worker.labels)
    if missing:
        raise UsageError(
            f"the workflow {workflow!r} needs a worker with the labels "
            f"{', '.join(sorted(missing))}; run it on such a host, or add them to worker.labels"
        )
