"""Reads `config/master_data.yaml`, which lists the sources of master data."""

import os
from collections.abc import Iterator
from pathlib import Path

from clerkwork.config.files.yaml_files import YamlFile, parse, read_yaml
from clerkwork.errors import ConfigError
from clerkwork.model.documents.master_data import COLUMNS, Kind, MasterFile, MasterSource

FILE = Path("config", "master_data.yaml")


def read_master_file(root: Path) -> tuple[MasterFile, YamlFile | None, list[ConfigError]]:
    """Return the content of `config/master_data.yaml`, the file itself, and its problems."""
    path = root / FILE
    if not path.exists():
        return MasterFile(), None, []
    try:
        file = read_yaml(path, root)
    except ConfigError as error:
        return MasterFile(), None, [error]
    found, problems = parse(MasterFile, file)
    found = found or MasterFile()
    for kind, source in sources_in(found):
        problems += _source_problems(kind, source, file, root)
    return found, file, problems


def sources_in(found: MasterFile) -> Iterator[tuple[Kind, MasterSource]]:
    """Yield each kind of list in the file with its source."""
    for kind in COLUMNS:
        source = getattr(found, kind)
        if source is not None:
            yield kind, source


def _source_problems(
    kind: Kind, source: MasterSource, file: YamlFile, root: Path
) -> list[ConfigError]:
    problems = []
    known, needed = COLUMNS[kind], COLUMNS[kind][0]
    if needed not in source.columns or not set(source.columns) <= set(known):
        text = f"`columns` needs {needed!r} and may have {', '.join(known)}; correct it"
        problems.append(file.problem([kind, "columns"], text))
    if source.file and not (root / source.file).is_file():
        text = f"there is no file {source.file} in the project; add it or correct the name"
        problems.append(file.problem([kind, "file"], text))
    elif source.file and Path(source.file).suffix.lower() not in {".csv", ".xlsx"}:
        text = f"{source.file} is neither .csv nor .xlsx; export it as one of them"
        problems.append(file.problem([kind, "file"], text))
    if source.url_variable and not os.environ.get(source.url_variable):
        text = f"the environment variable {source.url_variable} is not set; set it before you start"
        problems.append(file.problem([kind, "url_variable"], text))
    return problems
