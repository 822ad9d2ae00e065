"""What every module in `clerkwork/cli/commands/` has, and what the help makes of it."""

import importlib
import pkgutil
from types import ModuleType

import pytest
import typer

from clerkwork.cli import commands
from clerkwork.cli.groups import Panel
from clerkwork.cli.main import application
from tests.fixtures_cli import call

MODULES = [found.name for found in pkgutil.iter_modules(commands.__path__)]


@pytest.fixture(params=MODULES)
def module(request: pytest.FixtureRequest) -> ModuleType:
    """One module of the folder."""
    return importlib.import_module(f"{commands.__name__}.{request.param}")


def test_a_command_names_its_panel(module: ModuleType) -> None:
    """The help shows every command in one of four groups."""
    assert isinstance(module.panel, Panel)


def test_a_command_has_a_summary_of_one_sentence(module: ModuleType) -> None:
    """The first line of the module is its entry in the help: short enough for two lines."""
    summary = (module.__doc__ or "").split("\n", 1)[0]
    assert (summary.endswith("."), summary.count(". "), len(summary) <= 100) == (True, 0, True)


def test_a_command_explains_itself(module: ModuleType) -> None:
    """`--help` of a command ends with 0 and prints its usage."""
    name = module.__name__.rsplit(".", 1)[1]
    said = call(name, "--help")
    assert (said.status, f"Usage: clerkwork {name}" in said.out, said.err) == (0, True, "")


def test_the_help_has_four_groups_in_order() -> None:
    """Each group is a panel; within a panel, the commands are sorted by name."""
    said = call("--help").out
    places = [said.index(f"─ {panel} ─") for panel in Panel]
    assert places == sorted(places)


def test_names_and_old_names_are_used_once() -> None:
    """No alias hides a command, and aliases are not shown."""
    group = typer.main.get_command(application())
    shown = [name for name, command in group.commands.items() if not command.hidden]  # type: ignore[attr-defined] # a group
    assert sorted(shown) == sorted(MODULES)
