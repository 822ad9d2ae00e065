"""Reads and writes `config/thresholds.yaml`, the thresholds that `clerkwork tune` sets."""

from pathlib import Path

import yaml

from clerkwork.config.files.yaml_files import parse, read_yaml
from clerkwork.errors import ConfigError
from clerkwork.model.documents.decision import Thresholds

FILE = Path("config", "thresholds.yaml")
HEAD = """\
# The probability from which a value passes without review, by source and field.
# `clerkwork tune --write` sets it from the values that people reviewed.
"""


def load_thresholds(root: Path) -> Thresholds:
    """Return the thresholds of the project in *root*; empty before the first tuning.

    Raises:
        ConfigError: The file cannot be read or a value is wrong; names the line.
    """
    thresholds, problems = read_thresholds(root)
    if problems:
        raise problems[0]
    return thresholds


def read_thresholds(root: Path) -> tuple[Thresholds, list[ConfigError]]:
    """Return the thresholds of the project in *root*, and all problems of their file."""
    path = root / FILE
    if not path.exists():
        return Thresholds(), []
    try:
        found, problems = parse(Thresholds, read_yaml(path, root))
    except ConfigError as error:
        return Thresholds(), [error]
    return found or Thresholds(), problems


def write_thresholds(root: Path, thresholds: Thresholds) -> Path:
    """Replace the file, with a stable order of keys so that a diff shows only the changes."""
    path = root / FILE
    text = yaml.safe_dump(thresholds.model_dump(mode="json"), allow_unicode=True, sort_keys=False)
    part = path.with_name(f".{path.name}.part")
    part.write_text(HEAD + text, "utf-8")
    part.replace(path)
    return path
