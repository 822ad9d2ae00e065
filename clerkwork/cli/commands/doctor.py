"""Look at this machine and project, and say what to do about what is missing."""

import typer

from clerkwork.cli import output, project
from clerkwork.errors import ExitStatus, UsageError


def command(context: typer.Context, as_json: output.JsonOption = False) -> ExitStatus:
    """Look at this machine and, inside a project, at the project; exits 1 when something fails.

    Looks at Python, SQLite, tesseract and its languages, Chromium, the project's files, whether its
    targets answer, and at what `/health` and the page Today show: store, disks, workers, waiting
    items, stopped targets, schedules, backups.
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
    output.print_rows(rows, columns, as_json=as_json, empty="Nothing to look at.")
    return ExitStatus.FAILED if worst(findings) is State.FAIL else ExitStatus.OK
