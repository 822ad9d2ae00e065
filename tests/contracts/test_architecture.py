"""The diagrams in ``architecture.md`` show the layers that the import contract checks."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
PAGE = ROOT / "docs" / "explanation" / "architecture.md"
PACKAGE = ROOT / "clerkwork"
NODE = re.compile(r"\b\w+\[([^\]]+)\]")


def diagrams() -> list[str]:
    """Return the Mermaid diagrams of the page, in their order."""
    return re.findall(r"```mermaid\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


def layers() -> list[set[str]]:
    """Return the rows of the import contract, the top one first."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    whole = next(one for one in contracts if one["containers"] == ["clerkwork"])
    return [set(re.split(r"\s*[|:]\s*", row)) for row in whole["layers"]]


def parts() -> set[str]:
    """Return the names of the folders and modules right below the package."""
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    return folders | modules - {"__init__", "__main__"}


def test_the_diagram_of_layers_is_the_import_contract():
    """Each row of the first diagram names the packages of that row of the contract."""
    rows = [set(re.split(r"[ ·]+", label)) for label in NODE.findall(diagrams()[0])]
    assert rows == layers()


def test_the_diagram_of_layers_names_every_folder():
    """A folder or module of the package is in the first diagram, and nothing else is."""
    named = {word for label in NODE.findall(diagrams()[0]) for word in re.split(r"[ ·]+", label)}
    assert named == parts()


def test_the_path_of_an_item_names_folders():
    """Each station of the second diagram is a folder of the package."""
    stations = [label.split("<br>")[0] for label in NODE.findall(diagrams()[1])]
    missing = [name for name in stations if not (PACKAGE / name / "__init__.py").exists()]
    assert (missing, len(stations) >= 8) == ([], True)
