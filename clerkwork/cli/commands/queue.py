"""List the fallback queue; show, claim and answer reviews."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import ExitStatus, UsageError

if TYPE_CHECKING:
    from clerkwork.model.work.reviews import Review
    from clerkwork.review.queue import ReviewQueue

commands = listing_group(__doc__)
panel = Panel.EVERY_DAY
NumberArgument = Annotated[int, typer.Argument(metavar="NUMBER", help="The review's number.")]
COLUMNS = ("number", "workflow", "reference", "code", "reason", "due", "claimed_by")


class Choice(StrEnum):
    """The decisions of a review; the options of ``answer``."""

    CORRECT = "correct"
    RETURN = "return"
    BY_HAND = "by_hand"
    REJECT = "reject"


@commands.command("ls")
def list_reviews(
    context: typer.Context,
    workflow: Annotated[str, typer.Option(help="Only of this workflow.")] = "",
    code: Annotated[str, typer.Option(help="Only with this reason code.")] = "",
    limit: output.LimitOption = 200,
    as_json: output.JsonOption = False,
) -> None:
    """List the open reviews, the oldest first."""
    from clerkwork.store.reviews import reviews

    with project.opened_records(context) as records, records.store.read() as db:
        found = reviews.open_reviews(db, workflow=workflow, code=code, limit=limit)
    rows = [_row(review) for review in found]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="Nothing waits for a person.")


@commands.command("show")
def show(
    context: typer.Context, number: NumberArgument, as_json: output.JsonOption = False
) -> None:
    """Show a review: its reason and the values that a person may correct."""
    with project.opened_app(context) as app:
        _print_review(_queue(app), number, as_json=as_json)


@commands.command("claim")
def claim(
    context: typer.Context, number: NumberArgument, as_json: output.JsonOption = False
) -> None:
    """Claim a review for ten minutes and show it; nobody else can answer it meanwhile."""
    with project.opened_app(context) as app:
        who, queue = app.settings.console.user, _queue(app)
        review = queue.open_review(number, who=who)
        if review.claimed_by != who:
            reason = f"{review.claimed_by} has claimed it" if review.claimed_by else "it is closed"
            raise UsageError(f"review {number} cannot be claimed: {reason}")
        _print_review(queue, number, as_json=as_json)


@commands.command("answer")
def answer(
    context: typer.Context,
    number: NumberArgument,
    correct: Annotated[
        bool, typer.Option("--correct", help="The data is correct now; the bot resumes with it.")
    ] = False,
    reject: Annotated[bool, typer.Option("--reject", help="The item must not be done.")] = False,
    return_: Annotated[bool, typer.Option("--return", help="Back to the sender.")] = False,
    by_hand: Annotated[bool, typer.Option("--by-hand", help="A person has done it.")] = False,
    values: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="PATH=VALUE", help="Correct one value; repeatable."),
    ] = None,
    note: Annotated[str, typer.Option(help="The reason, kept in the run log.")] = "",
) -> ExitStatus:
    """Answer a review with one of --correct, --reject, --return and --by-hand."""
    from clerkwork.model.work.reviews import Decision

    chosen = {
        Choice.CORRECT: correct or bool(values),
        Choice.REJECT: reject,
        Choice.RETURN: return_,
        Choice.BY_HAND: by_hand,
    }
    decisions = [choice for choice, taken in chosen.items() if taken]
    if len(decisions) != 1:
        raise UsageError(
            "choose one of --correct, --reject, --return and --by-hand; --set implies --correct"
        )
    changes = dict(_pair(text) for text in values or ())
    with project.opened_app(context) as app:
        who, queue = app.settings.console.user, _queue(app)
        review = queue.open_review(number, who=who)
        leaves = {field.path: field.value for field in queue.form(review).fields()}
        _refuse_unknown(changes, leaves)
        decision = Decision(decisions[0].value)
        made = queue.submit(number, decision, leaves | changes, note, who)
    for change in made:
        typer.echo(f"{change.path}: {change.before or '(nothing)'} -> {change.after}")
    typer.echo(f"Review {number} is answered: {decision.value}.")
    return ExitStatus.OK


def _queue(app: Any) -> "ReviewQueue":
    from clerkwork.discover import load_model
    from clerkwork.review.queue import ReviewQueue

    return ReviewQueue(app.store, app.engine.answer, load_model)


def _print_review(queue: "ReviewQueue", number: int, *, as_json: bool) -> None:
    review = queue.get(number)
    fields = [
        {"path": field.path, "value": field.value, "doubtful": field.wants_eyes}
        for field in queue.form(review).fields()
    ]
    if as_json:
        output.print_json({**_row(review), "fields": fields})
        return
    output.print_fields(_row(review), as_json=False)
    typer.echo("")
    output.print_rows(fields, ("path", "value", "doubtful"), as_json=False, empty="No values.")


def _row(review: "Review") -> dict[str, Any]:
    from clerkwork.errors import fill

    return {
        "number": review.number,
        "item": review.item_id,
        "workflow": review.workflow,
        "reference": review.reference,
        "state": review.state,
        "code": review.code,
        "reason": fill(review.message, review.facts),
        "created": review.created,
        "due": review.due,
        "claimed_by": review.claimed_by,
        "decision": review.decision,
        "note": review.note,
        "who": review.who,
    }


def _pair(text: str) -> tuple[str, str]:
    path, sign, value = text.partition("=")
    if not sign or not path.strip():
        raise UsageError(f"--set {text}: write PATH=VALUE, such as total=120.50")
    return path.strip(), value


def _refuse_unknown(changes: dict[str, str], leaves: dict[str, str]) -> None:
    """Refuse a path that the review does not have; a new path inside a list adds a line."""
    heads = {path.split(".")[0] for path in leaves if "." in path}
    for path in changes:
        if path not in leaves and not ("." in path and path.split(".")[0] in heads):
            known = ", ".join(leaves)
            raise UsageError(f"the review has no value {path!r}; it has {known}")
