"""Set the thresholds of document fields from the values that people reviewed."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel

if TYPE_CHECKING:
    from clerkwork.insight.tuning import ThresholdProposal

panel = Panel.SET_UP
COLUMNS = (
    "source",
    "field",
    "checked",
    "wrong",
    "threshold",
    "error_at_most",
    "passing",
    "minutes_per_100",
    "needed",
)


def command(
    context: typer.Context,
    target: Annotated[
        float,
        typer.Option(min=0.01, max=20, help="Highest error rate of unreviewed values, in percent."),
    ] = 0.5,
    write: Annotated[
        bool, typer.Option("--write", help="Write the thresholds to config/thresholds.yaml.")
    ] = False,
    as_json: output.JsonOption = False,
) -> None:
    """Show, and with --write set, the confidence from which a field passes without review.

    Each field of each source has its own threshold. The upper bound of the error rate holds with
    95 % confidence. A field with too few reviewed values keeps its threshold; `needed` is the
    number of further correct values that it needs.
    """
    from clerkwork.config.files.thresholds import FILE, load_thresholds, write_thresholds
    from clerkwork.errors import UsageError
    from clerkwork.insight.tuning import propose, tuned
    from clerkwork.store.reviews import samples

    with project.opened_records(context) as records:
        before = load_thresholds(records.root)
        with records.store.read() as db:
            found = propose(db, target / 100)
        ready = [each for each in found if each.threshold is not None]
        output.print_rows(
            [_row(each) for each in found],
            COLUMNS,
            as_json=as_json,
            empty="No reviewed values yet; answer the reviews of documents first.",
        )
        if write and not ready:
            least = min((each.needed for each in found), default=0)
            raise UsageError(
                f"no field has enough reviewed values for {target:g} %; the nearest needs {least} "
                "more correct ones: raise documents.sample_percent, or allow a higher --target"
                if found
                else "no reviewed values yet; answer the reviews of documents first"
            )
        if write:
            write_thresholds(records.root, tuned(before, ready, target / 100))
            with records.store.write() as db:
                for each in ready:
                    samples.settle(db, each.source, each.field)
            typer.echo(f"{FILE}: {len(ready)} thresholds set for {target:g} %", err=True)


def _row(proposal: "ThresholdProposal") -> dict[str, Any]:
    chosen = proposal.threshold
    return {
        "source": proposal.source,
        "field": proposal.field,
        "checked": proposal.checked,
        "wrong": proposal.wrong,
        "threshold": chosen.threshold if chosen else None,
        "error_at_most": _percent(chosen.error_at_most if chosen else None),
        "passing": _percent(proposal.passing if chosen else None),
        "minutes_per_100": None if proposal.minutes is None else round(proposal.minutes, 1),
        "needed": proposal.needed,
    }


def _percent(share: float | None) -> str | None:
    return None if share is None else f"{share:.2%}"
