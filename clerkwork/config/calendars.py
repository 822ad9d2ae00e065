"""Business calendars as files: those of the project in ``config/calendars/``, and those shipped.

A file of the project goes before a shipped one of the same name.
"""

from pathlib import Path

from clerkwork.config.yaml_files import YamlFile, parse, read_yaml
from clerkwork.errors import ConfigError
from clerkwork.model.calendars import Calendar

SHIPPED = Path(__file__).parent / "shipped"
FOLDER = Path("config", "calendars")


def load_calendars(root: Path) -> dict[str, Calendar]:
    """Return the calendars that the project in *root* may use, by name.

    Raises:
        ConfigError: The first problem found in ``config/calendars/*.yaml``.
    """
    found, problems = read_calendars(root)
    if problems:
        raise problems[0]
    return found


def read_calendars(root: Path) -> tuple[dict[str, Calendar], list[ConfigError]]:
    """Return each readable calendar, and all problems of all calendar files."""
    shipped, problems = _read(SHIPPED, SHIPPED)
    own, wrong = _read(root / FOLDER, root)
    return shipped | own, problems + wrong


def _read(folder: Path, root: Path) -> tuple[dict[str, Calendar], list[ConfigError]]:
    found: dict[str, Calendar] = {}
    problems: list[ConfigError] = []
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            file = read_yaml(path, root)
        except ConfigError as error:
            problems.append(error)
            continue
        calendar, wrong = parse(Calendar, file)
        problems += [*wrong, *_name_problems(path, file, calendar)]
        if calendar is not None:
            found[calendar.name] = calendar
    return found, problems


def _name_problems(path: Path, file: YamlFile, calendar: Calendar | None) -> list[ConfigError]:
    problems = []
    if path.suffix != ".yaml":
        problems.append(ConfigError(file.name, f"rename it to {path.stem}.yaml"))
    if calendar is not None and calendar.name != path.stem:
        text = f"`name` is {calendar.name!r} but the file is {path.name}; make them the same"
        problems.append(file.problem(["name"], text))
    return problems
