"""List targets and what blocks them; pause or resume one on all hosts."""

from typing import Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel, listing_group
from clerkwork.errors import ExitStatus, UsageError

commands = listing_group(__doc__)
panel = Panel.EVERY_DAY
COLUMNS = ("target", "state", "until", "at_work", "limit", "failures", "reason")
FINDINGS = ("key", "words", "found", "remark")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The target's name.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the run log.")]
STATES = {"target_frozen": "frozen", "target_held": "paused", "breaker_open": "open"}


@commands.command("ls")
def list_targets(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the targets: ready, in a freeze window, paused by a person, or circuit breaker open."""
    with project.opened_app(context) as app:
        rows = [_row(app, name) for name in sorted(app.targets)]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No targets yet.")


@commands.command("stop", hidden=True)
@commands.command("pause")
def pause(context: typer.Context, name: NameArgument, why: Why = "") -> None:
    """Pause a target on all hosts: its items wait until it is resumed."""
    from clerkwork.engine import target_gate

    with project.opened_readable(context) as app:
        if not target_gate.hold(app.engine.core, name, who=app.settings.console.user, why=why):
            raise UsageError(
                f"the target {name!r} is already paused; `clerkwork targets` shows the reason"
            )
    typer.echo(f"Paused {name}; `clerkwork targets resume {name}` resumes it.")


@commands.command("go", hidden=True)
@commands.command("resume")
def resume(context: typer.Context, name: NameArgument, why: Why = "") -> None:
    """Resume a paused target, or close its circuit breaker; its items resume at once."""
    from clerkwork.engine import target_gate

    with project.opened_readable(context) as app:
        if not target_gate.release(app.engine.core, name, who=app.settings.console.user, why=why):
            raise UsageError(
                f"the target {name!r} is not paused and its circuit breaker is closed; "
                "a freeze window ends at its time, or by a change of target.yaml"
            )
    typer.echo(f"Resumed {name}.")


@commands.command("check")
def check(
    context: typer.Context, name: NameArgument, as_json: output.JsonOption = False
) -> ExitStatus:
    """Dry run of a target description: locate every named element, save nothing.

    Logs in, looks up a reference that does not exist, opens the empty form, adds a line and leaves.
    The exit status is 1 if an element of target.yaml is not on the pages.
    """
    from clerkwork.browser.records.dry_run import dry_run

    with project.opened_readable(context) as app:
        if name not in app.targets:
            known = ", ".join(sorted(app.targets)) or "none"
            raise UsageError(f"there is no target {name!r}; known: {known}")
        host = app.browser("check")
        try:
            findings = host.call(app.targets[name], dry_run)
        finally:
            host.close()
    rows = [
        {
            "key": one.key,
            "words": one.words,
            "found": None if one.note else not one.problem,
            "remark": one.problem or one.note,
        }
        for one in findings
    ]
    output.print_rows(rows, FINDINGS, as_json=as_json, empty="Nothing is described.")
    failed = any(row["found"] is False for row in rows)
    return ExitStatus.FAILED if failed else ExitStatus.OK


def _row(app: Any, name: str) -> dict[str, Any]:
    from clerkwork import clock
    from clerkwork.engine import target_gate
    from clerkwork.store.items import login_slots

    target = app.targets[name]
    with app.store.read() as db:
        obstacle, known = target_gate.state_of(app.engine.core, db, name)
        at_work = login_slots.holders(db, target.account, now=clock.now())
    return {
        "target": name,
        "state": "ready" if obstacle is None else STATES[obstacle.code],
        "until": None if obstacle is None or obstacle.code == target_gate.HELD else obstacle.until,
        "at_work": at_work if target.limit is not None else None,
        "limit": target.limit,
        "failures": 0 if known is None else known.failures,
        "reason": "" if obstacle is None else obstacle.reason,
        "login": target.account,
    }
