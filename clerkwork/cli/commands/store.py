"""Create an empty store where the project's store is missing."""

import typer

from clerkwork.cli import project
from clerkwork.cli.groups import Panel, SuggestingGroup

commands = typer.Typer(cls=SuggestingGroup, no_args_is_help=True, help=__doc__)
panel = Panel.MAINTAIN


@commands.callback()
def group() -> None:
    """Create an empty store where the project's store is missing."""


@commands.command("new")
def new(context: typer.Context) -> None:
    """Create an empty store where the project's store is missing.

    The first store of a project is created automatically. If it is missing later, that is an error:
    an empty store does not know which orders were entered, so an order that arrives again is
    entered again unless the lookup finds it in the target.
    """
    from clerkwork.config.settings import load_settings
    from clerkwork.store.own_store import begin_anew

    root = project.find_root(context)
    store = begin_anew(load_settings(root), root)
    store.close()
    typer.echo(f"An empty store is at {store.url}.")
