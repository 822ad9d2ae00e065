"""How commands are grouped: the panels of the help, and commands with subcommands."""

import difflib
from enum import StrEnum
from typing import Any

import typer
from typer.core import TyperGroup

LISTING = "ls"


class Panel(StrEnum):
    """The group of the help that a command is shown in, in the order of the help."""

    START = "Start"
    EVERY_DAY = "Every day"
    SET_UP = "Set up"
    MAINTAIN = "Maintain"


class SuggestingGroup(TyperGroup):
    """A command with subcommands that suggests the nearest one for an unknown name."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the subcommand that the arguments name.

        Raises:
            typer.TyperException: There is no such subcommand; suggests the nearest one.
        """
        try:
            return super().resolve_command(ctx, args)
        except typer.TyperException as error:
            if args[0] not in self.commands and not args[0].startswith("-"):
                error.message = self._unknown(ctx, args[0])
            raise

    def _unknown(self, ctx: Any, name: str) -> str:
        shown = [other for other, command in self.commands.items() if not command.hidden]
        near = difflib.get_close_matches(name, shown, n=1)
        remedy = f"did you mean `{near[0]}`?" if near else f"`{ctx.command_path} --help` lists them"
        return f"no command {name!r}; {remedy}"


class MainGroup(SuggestingGroup):
    """The command ``clerkwork``: lists its subcommands by panel, then by name."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Return the names of the subcommands in the order of the help."""
        panels = list(Panel)

        def place(name: str) -> tuple[int, str]:
            command = self.commands[name]
            return panels.index(getattr(command, "rich_help_panel", Panel.MAINTAIN)), name

        return sorted(super().list_commands(ctx), key=place)


class ListingGroup(SuggestingGroup):
    """A command whose default subcommand is ``ls``: ``queue --json`` lists too."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Insert ``ls`` before arguments that name no subcommand."""
        if not args or (args[0].startswith("-") and args[0] not in ctx.help_option_names):
            args = [LISTING, *args]
        return super().parse_args(ctx, args)


def listing_group(summary: str) -> typer.Typer:
    """Return a command without subcommands yet, with this help text."""
    return typer.Typer(cls=ListingGroup, help=f"{summary} The default subcommand is `ls`.")


def usage_message(error: typer.TyperException) -> str:
    """Return the sentence for a usage error; for an unknown option it suggests the nearest one."""
    option, context = getattr(error, "option_name", None), getattr(error, "ctx", None)
    if option is None or context is None or not hasattr(error, "possibilities"):
        return error.format_message()
    near = error.possibilities
    remedy = f"did you mean `{near[0]}`?" if near else f"`{context.command_path} --help` lists them"
    return f"no option '{option}'; {remedy}"
