"""Check settings, workflows, targets and bots; list every problem."""

import typer

from clerkwork.cli import output, project
from clerkwork.cli.groups import Panel
from clerkwork.errors import ExitStatus

panel = Panel.START


def command(context: typer.Context, as_json: output.JsonOption = False) -> ExitStatus:
    """Check settings, workflows, targets and bots; print one line per problem.

    The exit status is 2 if there are problems.
    """
    problems = project.problems_of(project.find_root(context))
    if as_json:
        output.print_json(
            [
                {"file": problem.file, "line": problem.line, "problem": problem.problem}
                for problem in problems
            ]
        )
    else:
        for problem in problems:
            typer.echo(str(problem))
        if not problems:
            typer.echo("No problems found.")
    return ExitStatus.USAGE if problems else ExitStatus.OK
