"""Reads the targets: one folder each in ``config/targets/``, with the target's name."""

import ast
import os
from collections.abc import Collection, Mapping
from pathlib import Path

from clerkwork.config.files.calendars import read_calendars
from clerkwork.config.files.yaml_files import YamlFile, expanded, parse, read_yaml
from clerkwork.errors import ConfigError
from clerkwork.model.project.targets import Target

FOLDER = Path("config", "targets")
FILE = "target.yaml"
PAGES = "pages.py"
OWN = ("find", "enter", "open_form")  # what a target's own pages may define
Read = tuple[dict[str, tuple[Target, YamlFile]], list[ConfigError]]


def load_targets(root: Path, environment: Mapping[str, str] | None = None) -> dict[str, Target]:
    """Return the targets of the project in *root* by name.

    Args:
        root: The project's folder.
        environment: Used for ``${VARIABLE}`` instead of the environment of the process.

    Raises:
        ConfigError: The first problem found in ``config/targets/*/target.yaml``.
    """
    found, problems = read_targets(root, environment)
    if problems:
        raise problems[0]
    return {name: target for name, (target, _) in found.items()}


def read_targets(root: Path, environment: Mapping[str, str] | None = None) -> Read:
    """Return each readable target with its file, and all problems of all target folders."""
    variables = os.environ if environment is None else environment
    found: dict[str, tuple[Target, YamlFile]] = {}
    problems = _misplaced(root)
    calendars, _ = read_calendars(root)
    for path in sorted((root / FOLDER).glob(f"*/{FILE}")):
        try:
            file, unset = expanded(read_yaml(path, root), variables)
        except ConfigError as error:
            problems.append(error)
            continue
        target, wrong = parse(Target, file)
        problems += [*unset, *wrong]
        if target is None:
            continue
        problems += _freeze_problems(target, file, calendars)
        own, wrong_pages = _own_functions(path.with_name(PAGES), root)
        problems += [*wrong_pages, *_search_problems(target, file, own)]
        name = path.parent.name
        found[name] = (target, file)
        if target.name != name:
            text = f"`name` is {target.name!r} but the folder is {name}; make them the same"
            problems.append(file.problem(["name"], text))
    return found, problems


def _freeze_problems(
    target: Target, file: YamlFile, calendars: Collection[str]
) -> list[ConfigError]:
    return [
        file.problem(
            ["freeze", number, "calendar"],
            f"there is no calendar {window.calendar!r}; known: {', '.join(sorted(calendars))}",
        )
        for number, window in enumerate(target.freeze)
        if window.calendar is not None and window.calendar not in calendars
    ]


def custom_pages(root: Path, target: str) -> Path | None:
    """Return the ``pages.py`` of *target*, or None if it has none."""
    file = (root / FOLDER / target / PAGES).absolute()
    return file if file.exists() else None


def _own_functions(file: Path, root: Path) -> tuple[set[str], list[ConfigError]]:
    """Return the names that a ``pages.py`` defines, without running it, and its problems."""
    if not file.exists():
        return set(), []
    name = str(file.relative_to(root))
    try:
        tree = ast.parse(file.read_text(encoding="utf-8"))
    except (SyntaxError, ValueError, OSError) as error:
        line = getattr(error, "lineno", None)
        problem = f"is not valid Python: {getattr(error, 'msg', error)}"
        return set(OWN), [ConfigError(name, problem, line)]
    defined = {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    if defined.isdisjoint(OWN):
        text = f"defines none of {', '.join(OWN)}; define one, or delete the file"
        return defined, [ConfigError(name, text)]
    return defined, []


def _search_problems(target: Target, file: YamlFile, own: Collection[str]) -> list[ConfigError]:
    """Return a problem if the target promises lookups but does not describe `search`."""
    if target.form is None or target.search is not None or "find" in own:
        return []
    if target.guarantee == "blind":
        return []
    text = (
        f"`search` is missing: with `guarantee: {target.guarantee}` a record is looked up before"
        " and after it is entered; describe `search`, define `find` in pages.py, or, if the"
        " system has no search, write `guarantee: blind`"
    )
    return [file.problem(["form"], text)]


def _misplaced(root: Path) -> list[ConfigError]:
    """Return a problem for each file that is not read and each folder without a target.yaml."""
    problems = []
    for path in sorted((root / FOLDER).glob("*")):
        name = str(path.relative_to(root))
        if path.suffix in {".yaml", ".yml"}:
            place = FOLDER / path.stem / FILE
            problems.append(ConfigError(name, f"is not read here; move it to {place}"))
        elif path.is_dir() and not (path / FILE).exists():
            problems.append(ConfigError(name, f"has no {FILE}; write it, or delete the folder"))
    return problems
