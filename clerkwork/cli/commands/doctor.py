"""Check this machine and project; show the remedy for each problem."""

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel
from clerkwork.errors import ExitStatus, UsageError

panel = Panel.MAINTAIN


def command(context: typer.Context, as_json: output.JsonOption = False) -> ExitStatus:
    """Check this machine and, inside a project, the project; the exit status is 1 on a failure.

    Checks Python, SQLite, tesseract and its languages, Chromium, the project's files and the
    addresses of its targets, and runs the checks of `/health` and the page Today: store, disks,
    workers, waiting items, paused targets, schedules, backups.
    """
    from clerkwork.cli import diagnosis
    from clerkwork.config.settings import Settings, load_settings
    from clerkwork.insight.health import State, worst

    findings = [diagnosis.python(), diagnosis.sqlite()]
    try:
        root = project.find_root(context)
    except UsageError:
        if context.find_object(object) is not None:
            raise
        findings += diagnosis.machine(Settings())
    else:
        settings = load_settings(root)
        findings += diagnosis.machine(settings)
        findings.append(diagnosis.files(project.problems_of(root)))
        findings += diagnosis.running(root)
        findings += diagnosis.targets(root)
    rows = [
        {"check": found.check, "state": found.state, "found": found.found, "remedy": found.remedy}
        for found in findings
    ]
    columns = ("check", "state", "found", "remedy")
    output.print_rows(rows, columns, as_json=as_json, empty="Nothing to check.")
    return ExitStatus.FAILED if worst(findings) is State.FAIL else ExitStatus.OK
