"""Begin with an empty store."""

import typer

from clerkwork.cli import project

commands = typer.Typer(no_args_is_help=True, help=__doc__)


@commands.callback()
def group() -> None:
    """Begin with an empty store."""


@commands.command("new")
def new(context: typer.Context) -> None:
    """Begin an empty store where the project's is missing.

    A project gets its first store by itself. A later one that is missing is an error, because what
    was entered before is not known to an empty one: an order that comes again is entered again,
    unless its target is looked into first and it is found there.
    """
    from clerkwork.config.settings import load_settings
    from clerkwork.store.own_store import begin_anew

    root = project.find_root(context)
    store = begin_anew(load_settings(root), root)
    store.close()
    typer.echo(f"An empty store is at {store.url}.")
