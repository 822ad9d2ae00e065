"""Check settings, workflows, targets and bots, and name every problem."""

import typer

from clerkwork.cli import output, project
from clerkwork.errors import ExitStatus


def command(context: typer.Context, as_json: output.JsonOption = False) -> ExitStatus:
    """Check settings, workflows, targets and bots; prints a line per problem, exits 2 if any."""
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
