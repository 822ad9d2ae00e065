"""Commands of several words, such as ``queue show``, that list when called alone."""

from typing import Any

import typer
from typer.core import TyperGroup

LISTING = "ls"


class ListingGroup(TyperGroup):
    """A command whose part ``ls`` is meant when none is named: ``queue --json`` lists too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put ``ls`` in front of arguments that name no part."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [LISTING, *args]
        return super().parse_args(ctx, args)


def listing_group(summary: str) -> typer.Typer:
    """Return an empty command of several words with this help text."""
    return typer.Typer(cls=ListingGroup, help=f"{summary} Without a further word it is `ls`.")
