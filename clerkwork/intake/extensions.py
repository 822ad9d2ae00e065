"""Finds the sources and readers, and builds the model of workflow files from their keys."""

import types
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, Field, create_model

from clerkwork.discover import modules_in, project_modules
from clerkwork.errors import ConfigError
from clerkwork.intake import readers, sources
from clerkwork.intake.contract import FileReader, Source
from clerkwork.model.project.sources import InboxKeys, SourceKeys
from clerkwork.model.project.workflows import Workflow

SOURCES = "sources"
READERS = "readers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Extensions:
    """The sources and readers that a project can use.

    Attributes:
        sources: By their key in a workflow file.
        readers: By name.
        workflow: ``Workflow`` with the keys of all of them.
        problems: What is wrong with those of the project that cannot be used.
    """

    sources: Mapping[str, Source[Any]]
    readers: Mapping[str, FileReader[Any]]
    workflow: type[Workflow]
    problems: list[ConfigError] = field(default_factory=list)

    @property
    def reads(self) -> dict[str, type[BaseModel]]:
        """Return the model that a reader gives, by its name; without those that give any model."""
        return {name: reader.gives for name, reader in self.readers.items() if reader.gives}


@cache
def shipped() -> Extensions:
    """Return the sources and readers of the toolkit alone."""
    return _extensions(
        {module.SOURCE.key: module.SOURCE for module in modules_in(sources)},
        {module.READER.name: module.READER for module in modules_in(readers)},
    )


def find_extensions(root: Path) -> Extensions:
    """Return the sources and readers of the toolkit and of the project in *root*."""
    source_modules, problems = project_modules(root, SOURCES)
    reader_modules, more = project_modules(root, READERS)
    problems += more
    if not source_modules and not reader_modules:
        return replace(shipped(), problems=problems)
    found, known = dict(shipped().sources), dict(shipped().readers)
    for module in source_modules:
        source: Any = getattr(module, "SOURCE", None)
        if text := _source_problem(source, found):
            problems.append(_problem(module, root, text))
        else:
            found[source.key] = source
    for module in reader_modules:
        reader: Any = getattr(module, "READER", None)
        if text := _reader_problem(reader, known):
            problems.append(_problem(module, root, text))
        else:
            known[reader.name] = reader
    return replace(_extensions(found, known), problems=problems)


def load_extensions(root: Path) -> Extensions:
    """Return the sources and readers of the toolkit and of the project in *root*.

    Raises:
        ConfigError: The first problem found in ``extensions/``.
    """
    found = find_extensions(root)
    if found.problems:
        raise found.problems[0]
    return found


def _extensions(
    found: Mapping[str, Source[Any]], known: Mapping[str, FileReader[Any]]
) -> Extensions:
    model = _workflow_model(found, [reader for _, reader in sorted(known.items())])
    return Extensions(sources=found, readers=known, workflow=model)


def _source_problem(source: Any, known: Mapping[str, Source[Any]]) -> str:
    if not isinstance(source, Source):
        return "declares no SOURCE; add `SOURCE = Source(...)`"
    if source.key in known:
        return f"the source `{source.key}` exists already; choose another key"
    if source.key in Workflow.model_fields:
        return f"`{source.key}` is a key of every workflow; choose another key"
    return ""


def _reader_problem(reader: Any, known: Mapping[str, FileReader[Any]]) -> str:
    if not isinstance(reader, FileReader):
        return "declares no READER; add `READER = FileReader(...)`"
    if reader.name in known:
        return f"the reader `{reader.name}` exists already; choose another name"
    if any(
        reader.name in source.keys.model_fields
        for source in shipped().sources.values()
        if issubclass(source.keys, InboxKeys)
    ):
        return f"`{reader.name}` is a key of every folder; choose another name"
    return ""


def _problem(module: types.ModuleType, root: Path, text: str) -> ConfigError:
    file = Path(str(module.__file__))
    root = root.resolve()
    name = file.relative_to(root) if file.is_relative_to(root) else file
    return ConfigError(str(name), text)


def _workflow_model(
    found: Mapping[str, Source[Any]], known: list[FileReader[Any]]
) -> type[Workflow]:
    """Return ``Workflow`` with one optional key for each source."""
    fields: dict[str, Any] = {
        key: (_with_readers(source.keys, known) | None, Field(None, description=source.summary))
        for key, source in found.items()
    }
    return create_model("Workflow", __base__=Workflow, __doc__=Workflow.__doc__, **fields)


def _with_readers(keys: type[SourceKeys], known: list[FileReader[Any]]) -> type[SourceKeys]:
    """Return the keys of a source of files with the names and the keys of all readers."""
    if not issubclass(keys, InboxKeys):
        return keys
    said = "; ".join(f"`{reader.name}`: {reader.summary}" for reader in known)
    fields: dict[str, Any] = {
        reader.name: (reader.keys | None, Field(None, description=f"Keys of `{reader.name}`."))
        for reader in known
        if reader.keys is not None
    }
    names: Any = Literal.__getitem__(tuple(reader.name for reader in known))
    fields["reader"] = (names, Field(description=f"{said}."))
    return create_model(keys.__name__, __base__=keys, __doc__=keys.__doc__, **fields)
