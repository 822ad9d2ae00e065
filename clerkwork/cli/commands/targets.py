"""List the targets and what keeps items from them; stop one for all hosts, or let it go."""

from typing import Annotated, Any

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import listing_group
from clerkwork.errors import ExitStatus, UsageError

commands = listing_group(__doc__)
COLUMNS = ("target", "state", "until", "at_work", "limit", "failures", "reason")
FINDINGS = ("key", "words", "found", "remark")
NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="The target's name.")]
Why = Annotated[str, typer.Option("--why", help="The reason, kept in the run log.")]
STATES = {"target_frozen": "frozen", "target_held": "stopped", "breaker_open": "open"}


@commands.command("ls")
def list_targets(context: typer.Context, as_json: output.JsonOption = False) -> None:
    """List the targets: ready, frozen by a window, stopped by a person, or breaker open."""
    with project.opened_app(context) as app:
        rows = [_row(app, name) for name in sorted(app.targets)]
    output.print_rows(rows, COLUMNS, as_json=as_json, empty="No targets yet.")


@commands.command("stop")
def stop(context: typer.Context, name: NameArgument, why: Why = "") -> None:
    """Stop a target: its items wait, on all hosts, until somebody lets it go."""
    from clerkwork.engine import target_gate

    with project.opened_readable(context) as app:
        if not target_gate.hold(app.engine, name, who=app.settings.console.user, why=why):
            raise UsageError(f"the target {name!r} is stopped already; `clerkwork targets` lists")
    typer.echo(f"Stopped {name}; `clerkwork targets go {name}` lets it go.")


@commands.command("go")
def go(context: typer.Context, name: NameArgument, why: Why = "") -> None:
    """Let a stopped target go, and close its circuit breaker; its items go on at once."""
    from clerkwork.engine import target_gate

    with project.opened_readable(context) as app:
        if not target_gate.release(app.engine, name, who=app.settings.console.user, why=why):
            raise UsageError(
                f"the target {name!r} is neither stopped nor is its breaker open; "
                "a freeze window ends by itself, or by a change of its target.yaml"
            )
    typer.echo(f"{name} goes on.")


@commands.command("check")
def check(
    context: typer.Context, name: NameArgument, as_json: output.JsonOption = False
) -> ExitStatus:
    """Look on a target's pages for what its target.yaml names; nothing is stored there.

    Logs in, looks up a reference of nobody, opens the empty form, adds a line and leaves. Exits 1
    where the pages do not have what is named.
    """
    from clerkwork.browser.records.dry_run import dry_run

    with project.opened_readable(context) as app:
        if name not in app.targets:
            known = ", ".join(sorted(app.targets)) or "none"
            raise UsageError(f"there is no target {name!r}; there are: {known}")
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
        obstacle, known = target_gate.state_of(app.engine, db, name)
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
