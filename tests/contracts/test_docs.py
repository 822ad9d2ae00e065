"""What is documented exists, and what exists is documented."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import BaseModel

from clerkwork.config.settings import Settings
from clerkwork.model.project.calendars import Calendar
from clerkwork.model.project.targets import Target
from clerkwork.model.project.workflows import Workflow

ROOT = Path(__file__).parent.parent.parent
DOCS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
]
REFERENCE = ROOT / "docs" / "reference"
SCAFFOLD = ROOT / "clerkwork" / "cli" / "scaffold"
LINK = re.compile(r"\]\((?!https?://|mailto:|#)([^)#\s]+)")
COMMAND = re.compile(r"(?<!from )\bclerkwork ([a-z]+)(?: ([a-z]+))?")


def load_tool() -> ModuleType:
    file = ROOT / "tools" / "make_reference.py"
    spec = importlib.util.spec_from_file_location("make_reference", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


TOOL = load_tool()
COMMANDS = [path for path, _ in TOOL.all_commands()]


@pytest.mark.parametrize("name", sorted(TOOL.pages()))
def test_reference_page_is_fresh(name):
    """The reference says what the code says; else run `python tools/make_reference.py`."""
    assert (REFERENCE / name).read_text("utf-8") == TOOL.pages()[name]


@pytest.mark.parametrize("path", COMMANDS)
def test_command_is_documented(path):
    """Every command and each of its parts has a heading and says what it does."""
    text = (REFERENCE / "commands.md").read_text("utf-8")
    assert re.search(rf"^## `{re.escape(path)}`\n\n\S", text, re.MULTILINE)


@pytest.mark.parametrize(("path", "command"), list(TOOL.all_commands()))
def test_every_option_has_a_help_text(path, command):
    """Nobody has to guess what an option does."""
    silent = [parameter.name for parameter in command.params if not parameter.help]
    assert silent == []


@pytest.mark.parametrize("model", [Workflow, Target, Calendar])
def test_every_key_is_documented(model: type[BaseModel]):
    """Every key of workflow and target files has a row with a description."""
    text = (REFERENCE / "workflows.md").read_text("utf-8")
    missing = [
        path
        for path, info in TOOL.keys_of(model)
        if not info.description or f"| `{path}` |" not in text
    ]
    assert missing == []


def test_every_setting_is_documented():
    """Every setting has a row with a description, under its section."""
    text = (REFERENCE / "settings.md").read_text("utf-8")
    missing = []
    for section, info in Settings.model_fields.items():
        part = text.partition(f"## `[{section}]`")[2].partition("\n## ")[0]
        for name, field in info.annotation.model_fields.items():
            if not field.description or f"| `{name}` |" not in part:
                missing.append(f"{section}.{name}")
    assert missing == []


def test_every_link_leads_somewhere():
    """A link to a file of the project leads to a file that is there."""
    broken = [
        f"{page.relative_to(ROOT)}: {link}"
        for page in DOCS
        for link in LINK.findall(page.read_text("utf-8"))
        if not (page.parent / link).exists()
    ]
    assert broken == []


def test_every_command_that_is_named_exists():
    """The pages name no command that is not there."""
    strangers = []
    for page in [*DOCS, *SCAFFOLD.rglob("*.md")]:
        for block in re.findall(
            r"`[^`\n]+`|^(?: {4})?clerkwork .+$", page.read_text("utf-8"), re.MULTILINE
        ):
            for first, second in COMMAND.findall(block):
                known = [path for path in COMMANDS if path.split()[1:2] == [first]]
                parts = {path.split()[2] for path in known if len(path.split()) > 2}
                if not known or (parts and second and second not in parts):
                    strangers.append(f"{page.name}: clerkwork {first} {second}".strip())
    assert strangers == []


def test_the_code_that_is_explained_is_run():
    """What `write-a-bot.md` shows is the scaffold's bot and a test's page, to the letter."""
    page = (ROOT / "docs" / "how-to" / "write-a-bot.md").read_text("utf-8")
    shown = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    files = [
        SCAFFOLD / "bots/expenses/bot.py",
        ROOT / "tests/target_pages/wizard_pages.py",
        SCAFFOLD / "tests/test_expenses.py",
    ]
    assert shown == [file.read_text("utf-8") for file in files]


def test_every_dependency_has_its_reason():
    """`libraries.md` names every library the project depends on."""
    page = (ROOT / "docs" / "libraries.md").read_text("utf-8")
    named = set(re.findall(r"^\| `([a-z0-9-]+)` \|", page, re.MULTILINE))
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    dependencies = set(re.findall(r'^  "([a-z0-9-]+)[\[><=]', project, re.MULTILINE))
    assert dependencies - named == set()
