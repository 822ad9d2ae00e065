"""Review locators that self-healed on changed pages; accept the new fingerprint."""

from typing import TYPE_CHECKING, Annotated

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import UsageError

if TYPE_CHECKING:
    from clerkwork.browser.locate.fingerprints import FingerprintProposal, FingerprintStore

commands = listing_group(__doc__)
panel = Panel.SET_UP
COLUMNS = ("target", "field", "kind", "score", "times")
TargetArgument = Annotated[str, typer.Argument(help="The target's name.")]
FieldArgument = Annotated[str | None, typer.Argument(help="The field's label; without it, all.")]


@commands.command("ls")
def list_proposals(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the fields whose new fingerprint waits for a decision."""
    from clerkwork.browser.locate.fingerprints import FingerprintStore

    proposals = FingerprintStore(project.find_root(context)).proposals()
    rows = [
        {
            "target": target,
            "field": words,
            "kind": "new" if proposal.was is None else "changed",
            "score": proposal.score,
            "times": proposal.times,
        }
        for (target, words), proposal in proposals.items()
    ]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No field waits for a decision.")


@commands.command("show")
def show(context: typer.Context, target: TargetArgument, field: FieldArgument = None) -> None:
    """Show the differences, one line per fact: - as accepted, + as found."""
    from clerkwork.browser.locate.fingerprints import FingerprintStore

    store = FingerprintStore(project.find_root(context))
    for words, proposal in _chosen(store, target, field).items():
        typer.echo(f"{target}: {words}")
        for line in proposal.changes:
            typer.echo(f"  {line}")


@commands.command("accept")
def accept(context: typer.Context, target: TargetArgument, field: FieldArgument = None) -> None:
    """Write the new fingerprints to config/targets/TARGET/fingerprints.yaml."""
    from clerkwork.browser.locate.fingerprints import FingerprintStore

    store = FingerprintStore(project.find_root(context))
    for words in _chosen(store, target, field):
        store.accept(target, words)
        typer.echo(f"Accepted: {target}: {words}")


@commands.command("refuse")
def refuse(context: typer.Context, target: TargetArgument, field: FieldArgument = None) -> None:
    """Delete proposals; a field that is found with the new fingerprint again is proposed again."""
    from clerkwork.browser.locate.fingerprints import FingerprintStore

    store = FingerprintStore(project.find_root(context))
    for words in _chosen(store, target, field):
        store.refuse(target, words)
        typer.echo(f"Refused: {target}: {words}")


def _chosen(
    store: "FingerprintStore", target: str, field: str | None
) -> "dict[str, FingerprintProposal]":
    found = {words: one for (name, words), one in store.proposals().items() if name == target}
    if field is not None:
        found = {words: one for words, one in found.items() if words == field}
    if not found:
        of_field = f" of its field {field!r}" if field else ""
        raise UsageError(
            f"no proposal for {target}{of_field} is open; `clerkwork heal` lists the open ones"
        )
    return found
